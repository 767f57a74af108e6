/**
 * The ten laws, each as a promise of the README. The files named beside them prove the details; here stands, for each
 * law, the one thing that must never fail.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acache, bcache, CacheOperationError, clearCacheDir, getStats, mcache } from "../src/index.js";
import { chaosEngine, createFakeClock } from "../src/testing/index.js";
import { node } from "./support/build.js";
import { defer, settle } from "./support/deferred.js";
import { thirdPartySync } from "./support/engines.js";
import { collectLog } from "./support/log.js";

const lines = collectLog();
const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("the ten laws", () => {
  it("1. a hit equals a miss (wrap/sync, wrap/promises, ground/values)", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const values = [
      undefined,
      null,
      Number.NaN,
      -0,
      1n,
      new Date(1),
      new Map(),
      new Error("e", { cause: 1 }),
      /a/g,
      cyclic,
      Buffer.from("b"),
      new (class A {})(),
    ];
    for (const value of values) {
      const sync = mcache(() => value);
      const async = acache(async () => value);
      expect(Object.is(sync(), value) && Object.is(sync(), value)).toBe(true);
      expect(Object.is(await async(), value) && Object.is(await async(), value)).toBe(true);
      expect([sync.cache.stats().hits, async.cache.stats().hits]).toEqual([1, 1]);
    }
  });

  it("2. different calls never share an entry (keys/table, keys/property)", () => {
    const show = mcache((...args: unknown[]) => args);
    const calls = [
      [1],
      ["1"],
      [[1]],
      ["[1]"],
      [1n],
      [true],
      [undefined],
      [],
      [null],
      [{}],
      [new Map()],
      ["a", "bc"],
      ["ab", "c"],
      [0],
      [-0],
    ];
    for (const args of calls) show(...args);
    for (const args of calls) expect(show(...args)).toEqual(args);
    expect(show.cache.stats().misses).toBe(calls.length);
  });

  it("3. the cache never breaks the function (wrap/failing-engine)", () => {
    let runs = 0;
    const error = new Error("its own");
    const read = mcache(
      (n: number) => {
        runs += 1;
        if (n < 0) throw error;
        return n;
      },
      {
        ...open,
        engine: chaosEngine(thirdPartySync, { faults: ["throw", "garbage"] }),
        key: (n) => {
          if (n === 5) throw new Error("no key");
          return n;
        },
        onMiss() {
          throw new Error("bad hook");
        },
      },
    );
    expect([read(1), read(1), read(5)]).toEqual([1, 1, 5]);
    expect(() => read(-1)).toThrow(error);
    expect(runs, "at most once for each miss").toBe(4);
  });

  it("4. invalidation wins (wrap/promises, wrap/failing-engine)", async () => {
    const load = defer<string>();
    let runs = 0;
    const read = acache(() => (++runs === 1 ? load.promise : "new"));
    const early = read();
    read.cache.clear();
    load.resolve("old");
    expect([await early, await read()]).toEqual(["old", "new"]);
    // A function that invalidates while it runs synchronously is fenced too.
    const self = mcache((n: number): number => {
      self.cache.delete(n);
      return ++runs;
    });
    expect(self(1)).not.toBe(self(1));
    const stuck = mcache((n: number) => n, { ...open, engine: chaosEngine(thirdPartySync, { operations: ["clear"] }) });
    stuck(1);
    expect(() => stuck.cache.clear(), "what could not be carried out is reported").toThrow(CacheOperationError);
    expect(stuck.cache.has(1), "and not served").toBe(false);
  });

  it("5. sync stays sync, async stays single (wrap/promises, config)", async () => {
    process.env.TWAT_CACHE_ENGINE = "nosuch";
    try {
      expect(mcache((n: number) => n)(5)).toBe(5);
      expect(acache((n: number) => n)(5)).toBeInstanceOf(Promise);
    } finally {
      delete process.env.TWAT_CACHE_ENGINE;
    }
    let runs = 0;
    const read = mcache(async () => {
      await settle();
      return ++runs;
    });
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => read())))).toEqual(new Set([1]));
  });

  it("6. bounded by default (lifecycle, logging)", () => {
    const read = mcache((n: number) => n);
    for (let i = 1; i <= 1_500; i += 1) read(i);
    expect(read.cache.stats().size).toBe(1_000);
  });

  it("7. nothing keeps the process alive, or starts at import (lifecycle)", async () => {
    const program = 'import { mcache } from "twat-cache"; mcache((n) => n, { ttl: "1h" })(1);';
    expect(await node(["--input-type=module", "--eval", program], { timeout: 10_000 })).toMatchObject({
      code: 0,
      stderr: "",
    });
  });

  it("8. pay for what you use (package/import, bench)", () => {
    const read = mcache((n: number) => n, {
      clock: {
        now() {
          throw new Error("a hit without a TTL read the clock");
        },
      },
    });
    expect([read(1), read(1)]).toEqual([1, 1]);
    expect(mcache(() => 1).cache.stats().engine, "a store is made at the first call").toBeUndefined();
  });

  it("9. nothing outside our own folders is read, followed or deleted (disk/permissions, package/import)", async () => {
    const base = mkdtempSync(join(tmpdir(), "twat-cache-law-"));
    const cacheDir = join(base, "cache");
    const neighbour = join(base, "neighbour");
    try {
      mkdirSync(cacheDir);
      writeFileSync(neighbour, "somebody's");
      writeFileSync(join(cacheDir, "theirs"), "somebody's");
      symlinkSync(base, join(cacheDir, "linked"));
      mcache((n: number) => n)(1);
      expect(readdirSync(cacheDir).sort()).toEqual(["linked", "theirs"]);
      for (const folderName of ["ours", "linked"]) {
        const read = bcache(async (n: number) => n, { cacheDir, folderName, name: `law nine ${folderName}` });
        expect([await read(1), await read(1)]).toEqual([1, 1]);
        await read.cache.close();
      }
      await clearCacheDir("ours", { cacheDir });
      await clearCacheDir("linked", { cacheDir }).catch(() => undefined);
      expect(readdirSync(base).sort()).toEqual(["cache", "neighbour"]);
      expect(readdirSync(cacheDir).sort()).toEqual(["linked", "theirs"]);
      expect(readFileSync(neighbour, "utf8") + readFileSync(join(cacheDir, "theirs"), "utf8")).toBe(
        "somebody'ssomebody's",
      );
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });

  it("10. every fallback is visible, once (config)", () => {
    const read = mcache((n: number) => n, { engine: "nosuch", name: "law ten" });
    for (let i = 0; i < 10; i += 1) read(i);
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/"law ten" uses the engine "lru", since "nosuch" cannot be used: it is not registered/),
    ]);
    expect([getStats(read)?.engine, read.cache.engine]).toEqual(["lru", "lru"]);
  });

  it("and time is injected: no test of ours waits for a TTL", () => {
    const clock = createFakeClock();
    const read = mcache(() => ({}), { ttl: "7d", clock });
    const first = read();
    clock.advance("7d");
    expect(read()).not.toBe(first);
  });
});
