/** The option `tiers`: memories in front of an engine whose entries outlive the process. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acache, bcache, ConfigurationError, closeCaches, ucache, withCache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

const lines = collectLog();
let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-tiers-"));
});
afterEach(async () => {
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});

describe("a list of tiers", () => {
  it("is the engine, with memories in front that keep their own bounds and times", async () => {
    const clock = createFakeClock();
    let runs = 0;
    const options = { cacheDir, folderName: "tiers", name: "tiered", version: 1, engineTimeout: "30s", clock } as const;
    const tiered = acache(async (n: number) => `${n}, run ${++runs}`, {
      ...options,
      tiers: [{ engine: "map", maxSize: 2, ttl: "1s" }, { engine: "lru", ttl: "1h" }, { engine: "sqlite" }],
    });
    expect([await tiered(1), await tiered(1), tiered.cache.engine]).toEqual(["1, run 1", "1, run 1", "sqlite"]);
    await tiered.cache.close();
    // Nothing but the last one outlives it.
    const again = acache(async (n: number) => `${n}, run ${++runs}`, {
      ...options,
      tiers: [{ engine: "lru", maxSize: 2, ttl: "1s" }, { engine: "sqlite" }],
    });
    expect(await again(1)).toBe("1, run 1");
    // What is put in reaches all of them.
    await again.cache.set([1], "put in");
    expect([await again(1), await again(1)]).toEqual(["put in", "put in"]);
    clock.advance("2s");
    expect(await again(1)).toBe("put in");
    expect([await again.cache.delete(1), await again.cache.has(1)]).toEqual([true, false]);
    expect(lines).toEqual([]);
  });

  it("is what memory and engine say, in one", async () => {
    const common = { cacheDir, folderName: "long", version: 1, engineTimeout: "30s" } as const;
    const long = bcache(async (n: number) => n, {
      ...common,
      name: "long",
      tiers: [{ engine: "lru" }, { engine: "file" }],
    });
    const short = bcache(async (n: number) => n, { ...common, name: "short", memory: true, engine: "file" });
    for (const fn of [long, short]) {
      expect([await fn(1), await fn(1), fn.cache.engine]).toEqual([1, 1, "file"]);
      expect(fn.cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    }
    const either = ucache((n: number) => n * 2, {
      ...common,
      name: "either",
      tiers: [{ engine: "lru" }, { engine: "sqlite" }],
    });
    expect(await either(2)).toBe(4);
  });

  it("works in blocks", async () => {
    const tiers = [{ engine: "lru" }, { engine: "sqlite" }] as const;
    await withCache({ cacheDir, folderName: "block", name: "block", engineTimeout: "30s", tiers }, async (cache) => {
      await cache.set("k", { a: 1 });
      expect([await cache.get("k"), cache.engine]).toEqual([{ a: 1 }, "sqlite"]);
    });
  });

  it.runIf(hasRedis)("ends on a server, and keeps the time that an entry has left", async () => {
    const server = await RedisServer.start();
    try {
      let runs = 0;
      const clock = createFakeClock();
      const fn = acache(async (n: number) => `${n}, run ${++runs}`, {
        redis: server.url,
        name: "far",
        version: 1,
        engineTimeout: "30s",
        clock,
        ttl: "10s",
        tiers: [{ engine: "lru", ttl: "1h" }, { engine: "redis" }],
      });
      await fn(1);
      clock.advance("6s");
      // From the server into the memory, where it has four seconds left.
      expect(await fn(1)).toBe("1, run 1");
      clock.advance("5s");
      expect(await fn(1)).toBe("1, run 2");
    } finally {
      await closeCaches();
      await server.remove();
    }
  });

  it.each([
    [[], /tiers: expected memories .*; got one tier/],
    [[{ engine: "sqlite" }], /got one tier/],
    [[{ engine: "file" }, { engine: "sqlite" }], /got a tier before the last one that is no memory/],
    [[{ engine: "lru" }, { engine: "map" }], /got a memory as the last one/],
    [[{ engine: "lru" }, { engine: "sqlite", maxSize: 5 }], /got bounds of the last one/],
    [[{ engine: "lru", size: 5 }, { engine: "sqlite" }], /tiers: expected a list of tiers/],
    ["lru", /tiers: expected a list of tiers/],
  ])("%o is refused at decoration", (tiers, message) => {
    const decorate = (): unknown => bcache(async (n: number) => n, { name: "refused", tiers: tiers as never });
    expect(decorate).toThrow(ConfigurationError);
    expect(decorate).toThrow(message);
  });

  it("stands without engine, memory and sync", () => {
    const tiers = [{ engine: "lru" }, { engine: "sqlite" }] as const;
    const decorate = (more: object) => (): unknown =>
      bcache((n: number) => n, { name: "refused", tiers, ...more } as never);
    expect(decorate({ engine: "file" })).toThrow(/engine: expected none beside tiers/);
    expect(decorate({ memory: true })).toThrow(/memory: expected none beside tiers/);
    expect(decorate({ sync: true })).toThrow(/memory: expected no memory in front of an engine that answers at once/);
    const far = [{ engine: "lru" }, { engine: "redis" }] as const;
    expect(decorate({ tiers: far, maxSize: 5 })).toThrow(
      /maxSize: expected none, since a server has bounds of its own/,
    );
  });
});
