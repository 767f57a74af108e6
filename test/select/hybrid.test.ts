/** hybridCache and smartCache, as users call them. A "restart" is a cache that is closed and made anew. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keyv } from "keyv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AsyncEngine, AsyncStore } from "../../src/contract/index.js";
import {
  CacheOperationError,
  ConfigurationError,
  closeCaches,
  EngineNotAvailableError,
  getEffectiveConfig,
  getStats,
  hybridCache,
  invalidateTags,
  type SyncHybridCacheOptions,
  setDefaults,
  smartCache,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { engineNamed } from "../support/disk-stores.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

const lines = collectLog();
let cacheDir = "";
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-hybrid-"));
});
afterEach(async () => {
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** On a machine that is busy with other tests, a disk may take longer than a call would wait. */
const at = <O extends object>(more?: O) =>
  ({ cacheDir, folderName: "test", version: 1, engineTimeout: "30s", threshold: 1_000, ...more }) as const;

/** A value of about so many bytes, that says which run made it. */
const sized = (bytes: number, run: number) => ({ run, text: "x".repeat(bytes / 2) });

/** The engine with some operations of its stores that always fail. */
function failingAt(engine: AsyncEngine, operations: readonly (keyof AsyncStore)[]): AsyncEngine {
  const fail = (): Promise<never> => Promise.reject(new Error("broken"));
  return {
    ...engine,
    async open(options) {
      const store = await engine.open(options);
      return { ...store, ...Object.fromEntries(operations.map((name) => [name, fail])) };
    },
  };
}

/** A cached function whose results are as large as its first argument says, or as the table does. */
function make(options: object = {}, sizes: Record<string, number> = {}) {
  let runs = 0;
  const cached = hybridCache(
    async (what: number | string) => {
      runs += 1;
      return sized(typeof what === "number" ? what : (sizes[what] ?? 0), runs);
    },
    at({ name: "sized", ...options }),
  );
  return Object.assign(cached, { runs: () => runs });
}

const SMALL = 10;
const LARGE = 100_000;

describe("hybridCache", () => {
  it("runs the function once for each miss, and hits on both sides", async () => {
    const fn = make();
    for (const what of [SMALL, LARGE, SMALL, LARGE]) expect((await fn(what)).text.length).toBe(what / 2);
    expect(fn.runs()).toBe(2);
    expect(fn.cache.stats()).toMatchObject({ hits: 2, misses: 2, engine: "lru+sqlite", engineFailures: 0 });
    expect([await fn.cache.has(SMALL), await fn.cache.has(LARGE), await fn.cache.has(5)]).toEqual([true, true, false]);
    expect(lines).toEqual([]);
  });

  it("keeps large results for the next run, and small ones for this one", async () => {
    const before = make();
    for (const what of [SMALL, LARGE]) await before(what);
    await before.cache.close();
    const after = make();
    expect([await after.cache.has(SMALL), await after.cache.has(LARGE)]).toEqual([false, true]);
    for (const what of [SMALL, LARGE]) await after(what);
    expect(after.runs()).toBe(1);
  });

  it("more than the threshold is large, and no less", async () => {
    const fn = hybridCache(async (bytes: number) => new Uint8Array(bytes), at({ name: "bytes" }));
    // An array of bytes counts forty besides.
    for (const bytes of [960, 961]) await fn(bytes);
    await fn.cache.close();
    const after = hybridCache(async (bytes: number) => new Uint8Array(bytes), at({ name: "bytes" }));
    expect([await after.cache.has(960), await after.cache.has(961)]).toEqual([false, true]);
  });

  it("what a caller does to a result changes no later one, on either side", async () => {
    const fn = make();
    for (const what of [SMALL, LARGE]) {
      const [miss, joined] = await Promise.all([fn(what), fn(what)]);
      for (const result of [miss, joined, await fn(what)]) {
        expect(result.text.length).toBe(what / 2);
        result.text = "";
      }
      expect((await fn(what)).text.length).toBe(what / 2);
    }
    expect(fn.runs()).toBe(2);
  });

  it.each([
    ["small", "large", SMALL, LARGE],
    ["large", "small", LARGE, SMALL],
  ])("a result that was %s and is %s now leaves nothing behind", async (_from, _to, first, second) => {
    const sizes = { k: first };
    const fn = make({}, sizes);
    await fn("k");
    sizes.k = second;
    await fn.cache.refresh("k");
    expect((await fn("k")).run).toBe(2);
    expect(fn.runs()).toBe(2);
    // Neither is the first one on disk.
    await fn.cache.close();
    const after = make({}, sizes);
    expect((await after.cache.peek("k"))?.run ?? 2).toBe(2);
    expect(await after.cache.delete("k")).toBe(true);
    expect(await after.cache.has("k")).toBe(false);
  });

  it("delete, clear, expire and set reach both sides", async () => {
    const fn = make();
    const fill = () => Promise.all([fn(SMALL), fn(LARGE)]);
    const there = () => Promise.all([fn.cache.has(SMALL), fn.cache.has(LARGE)]);
    await fill();
    expect([await fn.cache.delete(SMALL), await fn.cache.delete(LARGE), await fn.cache.delete(5)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await there()).toEqual([false, false]);
    await fill();
    await fn.cache.clear();
    expect(await there()).toEqual([false, false]);
    await fill();
    expect([await fn.cache.expire(SMALL), await fn.cache.expire(LARGE)]).toEqual([true, true]);
    expect(await there()).toEqual([false, false]);
    // Each is put where the other one was.
    await fill();
    await fn.cache.set([SMALL], sized(LARGE, 77));
    await fn.cache.set([LARGE], sized(SMALL, 88));
    expect([(await fn(SMALL)).run, (await fn(LARGE)).run]).toEqual([77, 88]);
    await fn.cache.close();
    expect([await make().cache.has(SMALL), await make().cache.has(LARGE)]).toEqual([true, false]);
  });

  it("tags, those of all caches and those of one, end results on both sides", async () => {
    const fn = make({ tags: ["t"] });
    await Promise.all([fn(SMALL), fn(LARGE)]);
    await invalidateTags("t");
    expect([await fn.cache.has(SMALL), await fn.cache.has(LARGE)]).toEqual([false, false]);
    await Promise.all([fn(SMALL), fn(LARGE)]);
    expect(fn.runs()).toBe(4);
    await fn.cache.invalidateTags("t");
    await Promise.all([fn(SMALL), fn(LARGE)]);
    expect(fn.runs()).toBe(6);
    await Promise.all([fn(SMALL), fn(LARGE)]);
    expect(fn.runs()).toBe(6);
  });

  it("both live as long as ttl says, or each as long as its own does", async () => {
    const clock = createFakeClock();
    const fn = make({ clock, ttl: "1h", small: { ttl: "1m" } });
    const fill = () => Promise.all([fn(SMALL), fn(LARGE)]);
    await fill();
    clock.advance("2m");
    await fill();
    expect(fn.runs()).toBe(3);
    clock.advance("59m");
    await fill();
    expect(fn.runs()).toBe(5);
    const other = make({ name: "other", clock, ttl: () => "1h", large: { ttl: "1m" } });
    await Promise.all([other(SMALL), other(LARGE)]);
    clock.advance("2m");
    await Promise.all([other(SMALL), other(LARGE)]);
    expect(other.runs()).toBe(3);
  });

  it("a lifetime of one side took away from the other what was said for all caches", async () => {
    const clock = createFakeClock();
    setDefaults({ ttl: "1m" });
    try {
      for (const [name, own] of Object.entries({ small: { small: { ttl: "1s" } }, large: { large: { ttl: "1s" } } })) {
        const fn = make({ name, clock, ...own });
        for (const what of [SMALL, LARGE]) await fn(what);
        clock.advance(2_000);
        for (const what of [SMALL, LARGE]) await fn(what);
        expect(fn.runs()).toBe(3);
        clock.advance(60_000);
        for (const what of [SMALL, LARGE]) await fn(what);
        expect(fn.runs()).toBe(5);
        expect(getEffectiveConfig(fn)?.options.ttl).toEqual({ value: "1m", from: "defaults" });
      }
    } finally {
      setDefaults({});
    }
  });

  it("what was known of another key let an old large result come back after a refresh", async () => {
    let isFailing = false;
    const sqlite = engineNamed("sqlite") as AsyncEngine;
    const engine: AsyncEngine = {
      ...sqlite,
      name: "unsure",
      async open(options) {
        const store = await sqlite.open(options);
        const fence: AsyncStore["fence"] = async (key) => {
          if (isFailing) throw new Error("broken");
          return (await store.fence?.(key)) as object;
        };
        return { ...store, fence };
      },
    };
    let bytes = LARGE;
    let runs = 0;
    const fn = hybridCache(
      async (_key: string) => sized(bytes, ++runs),
      at({ name: "unsure", engine, small: { maxSize: 1 } }),
    );
    await fn("a");
    bytes = SMALL;
    await fn("b");
    isFailing = true;
    expect((await fn.cache.refresh("a")).run).toBe(3);
    // There is room for one.
    await fn("b");
    expect((await fn("a")).run).toBe(3);
  });

  it("a synchronous expire of what this process has not made was not heard by the one that had", async () => {
    const load = (bytes: number) => sized(bytes, 1);
    for (const more of [{}, { sync: true }]) {
      const [here, there] = [hybridCache(load, at(more)), hybridCache(load, at(more))];
      await here(SMALL);
      expect(await there.cache.expire(SMALL)).toBe(false);
      expect(await here.cache.has(SMALL)).toBe(false);
      await Promise.all([here.cache.close(), there.cache.close()]);
    }
  });

  it("options of the large side changed what the wrapper returns", () => {
    for (const [option, value] of Object.entries({ sync: true, name: "other", key: () => "k", memory: true })) {
      expect(() => hybridCache(async () => 1, at({ name: "refused", large: { [option]: value } }) as object)).toThrow(
        `${option}: expected an option that exists; got an unknown one (it is about all results: write it beside large)`,
      );
    }
  });

  it("what is over serves while it is made anew, on both sides", async () => {
    const clock = createFakeClock();
    const fn = make({ clock, ttl: "1m", staleWhileRevalidate: "1h" });
    for (const what of [SMALL, LARGE]) {
      const first = await fn(what);
      clock.advance("2m");
      expect((await fn(what)).run).toBe(first.run);
      // The one in the background comes to its end.
      await fn.cache.refresh(what);
      expect((await fn(what)).run).toBeGreaterThan(first.run);
    }
    expect(fn.cache.stats().stale).toBe(2);
  });

  it("an error takes nothing away, and the last value serves in its place", async () => {
    const clock = createFakeClock();
    let fails = false;
    const fn = hybridCache(
      async (bytes: number) => {
        if (fails) throw new Error("down");
        return sized(bytes, 1);
      },
      at({ name: "failing", clock, ttl: "1m", staleIfError: "1h" }),
    );
    await Promise.all([fn(SMALL), fn(LARGE)]);
    fails = true;
    await fn.cache.expire(SMALL);
    clock.advance("2m");
    expect([(await fn(SMALL)).run, (await fn(LARGE)).run]).toEqual([1, 1]);
  });

  it("the memory keeps its bounds, and says what it dropped", async () => {
    const dropped: unknown[] = [];
    const fn = make({ small: { maxSize: 2 }, onEvict: (event: { reason: string }) => dropped.push(event.reason) });
    for (const what of [1, 2, 3, 4]) await fn(what);
    expect(await Promise.all([1, 2, 3, 4].map((what) => fn.cache.has(what)))).toEqual([false, false, true, true]);
    expect(fn.cache.stats().evictions).toBe(2);
    expect(dropped).toEqual(["evicted", "evicted"]);
    const bytes = make({ name: "bytes", threshold: "1MB", small: { maxBytes: "100KB" } });
    for (const what of [60_000, 60_002, 60_004]) await bytes(what);
    expect(await Promise.all([60_000, 60_002, 60_004].map((what) => bytes.cache.has(what)))).toEqual([
      false,
      false,
      true,
    ]);
    // Small, and larger than the memory: on disk.
    await bytes(200_000);
    await bytes.cache.close();
    expect(await make({ name: "bytes", threshold: "1MB" }).cache.has(200_000)).toBe(true);
  });

  it("warm and many fill both sides", async () => {
    const fn = make();
    expect(await fn.cache.warm([[SMALL], [LARGE]])).toMatchObject({ loaded: 2 });
    const [small, large, again] = await fn.cache.many([[SMALL], [LARGE], [SMALL]]);
    // Which of them was run first is not said.
    expect([small?.run, large?.run].sort()).toEqual([1, 2]);
    expect(again).toEqual(small);
    expect(fn.runs()).toBe(2);
    await fn.cache.close();
    expect([await make().cache.has(SMALL), await make().cache.has(LARGE)]).toEqual([false, true]);
  });

  it("blocks and the list of caches know it like any other", async () => {
    const fn = make();
    await fn(SMALL);
    await withCache({ refresh: true }, async () => void (await fn(SMALL)));
    expect((await fn(SMALL)).run).toBe(2);
    expect(getStats("sized")?.engine).toBe("lru+sqlite");
  });

  it("the effective configuration says where results go", () => {
    const fn = make({ small: { maxSize: 5 }, large: { compress: true, secret: "s".repeat(20) } });
    expect(getEffectiveConfig(fn).options).toMatchObject({
      threshold: { value: 1_000, from: "option" },
      small: { value: { maxSize: 5 }, from: "option" },
      compress: { value: true, from: "option" },
      secret: { value: "[redacted]", from: "option" },
    });
    const { threshold: _threshold, ...options } = at({ name: "told", concurrency: "multi_process" } as const);
    const smart = smartCache(async () => 1, options);
    expect(getEffectiveConfig(smart).options.concurrency).toEqual({ value: "multi_process", from: "option" });
  });

  it("keeps on the other side what cannot be copied, and refuses what nobody can keep", async () => {
    class Own {
      n = 1;
    }
    const fn = hybridCache(async () => new Own(), at({ name: "own" }));
    expect([(await fn()).n, (await fn()).n]).toEqual([1, 1]);
    expect(fn.cache.stats()).toMatchObject({ hits: 0, refusals: 2 });
  });

  it("stays synchronous with sync: true", async () => {
    let runs = 0;
    const options: SyncHybridCacheOptions = { ...at({ name: "now" }), sync: true };
    const fn = hybridCache((bytes: number) => sized(bytes, ++runs), options);
    for (const what of [SMALL, LARGE, SMALL, LARGE]) expect(fn(what).text.length).toBe(what / 2);
    expect([runs, fn.cache.stats().size, fn.cache.has(SMALL)]).toEqual([2, 2, true]);
    expect(fn.cache.engine).toMatch(/^lru\+(better-sqlite3|node-sqlite|lru)$/);
    fn.cache.set([SMALL], sized(LARGE, 77));
    fn.cache.set([LARGE], sized(SMALL, 88));
    expect([fn(SMALL).run, fn(LARGE).run, runs]).toEqual([77, 88, 2]);
    expect([fn.cache.delete(SMALL), fn.cache.delete(LARGE), fn.cache.delete(5)]).toEqual([true, true, false]);
    expect(fn.cache.stats().size).toBe(0);
    fn(SMALL);
    fn.cache.clear();
    expect(fn.cache.has(SMALL)).toBe(false);
  });

  it("a memory in front of a store that cannot tell was said to be in use", async () => {
    const fn = make({ large: { engine: new Keyv() } });
    await fn(SMALL);
    expect(fn.cache.engine).toBe("keyv");
  });

  it("a store that cannot tell what others change keeps all results", async () => {
    const store = new Map();
    const keyv = () => new Keyv({ store, namespace: "hybrid" });
    const fn = make({ large: { engine: keyv() } });
    for (const what of [SMALL, LARGE, SMALL, LARGE]) await fn(what);
    expect(fn.runs()).toBe(2);
    await fn.cache.close();
    expect(await make({ large: { engine: keyv() } }).cache.has(SMALL)).toBe(true);
  });

  it("an engine that fails on every occasion costs no call, and one that is missing has others stand in", async () => {
    const sqlite = engineNamed("sqlite") as AsyncEngine;
    for (const failing of [["get"], ["set"], ["delete"], ["get", "set", "delete", "clear", "size", "keys"]] as const) {
      const engine = failingAt(sqlite, failing);
      const fn = make({ name: `failing-${failing.join("-")}`, large: { engine }, breaker: false });
      for (const what of [SMALL, LARGE, SMALL, LARGE]) expect((await fn(what)).text.length).toBe(what / 2);
      expect(fn.runs()).toBeGreaterThanOrEqual(2);
      await fn.cache.close().catch(() => undefined);
    }
    lines.splice(0);
    const fn = make({ name: "missing", large: { engine: "nonesuch" } });
    for (const what of [SMALL, LARGE, SMALL, LARGE]) await fn(what);
    expect([fn.runs(), fn.cache.engine]).toEqual([2, "lru+sqlite"]);
    expect(lines.map(({ message }) => message).join()).toMatch(
      /uses the engine "sqlite", since "nonesuch" cannot be used/,
    );
    expect(() => make({ name: "strict", large: { engine: "nonesuch" }, fallback: false })).toThrow(
      EngineNotAvailableError,
    );
  });

  it("where a removal fails, what should be gone is served by neither side", async () => {
    const broken = failingAt(engineNamed("sqlite") as AsyncEngine, ["delete", "clear"]);
    const fn = make({ name: "removal", large: { engine: broken } });
    await Promise.all([fn(SMALL), fn(LARGE)]);
    for (const what of [SMALL, LARGE]) await expect(fn.cache.delete(what)).rejects.toThrow(CacheOperationError);
    expect([await fn.cache.has(SMALL), await fn.cache.has(LARGE)]).toEqual([false, false]);
  });

  it.runIf(hasRedis)("has a server on the far side", async () => {
    const server = await RedisServer.start();
    try {
      const options = { folderName: undefined, cacheDir: undefined, large: { redis: server.url } };
      const [one, other] = [make(options), make(options)];
      for (const what of [SMALL, LARGE, SMALL, LARGE]) await one(what);
      expect([one.runs(), one.cache.engine, await other.cache.has(LARGE)]).toEqual([2, "lru+redis", true]);
      expect([await one.cache.delete(SMALL), await one.cache.delete(LARGE)]).toEqual([true, true]);
      expect([await one.cache.has(SMALL), await other.cache.has(LARGE)]).toEqual([false, false]);
    } finally {
      await closeCaches();
      await server.remove();
    }
  });

  it.each([
    [{ threshold: "big" }, /threshold: expected bytes/],
    [{ threshold: 1, sizeThreshold: 1 }, /sizeThreshold: expected none beside threshold/],
    [{ small: { maxSize: 0 } }, /small: expected \{ engine/],
    [{ small: { engine: "sqlite" } }, /engine is "lru" or "map"/],
    [{ large: { folder: "x" } }, /hybridCache\(bad\), large:\n {2}folder: expected an option that exists/],
    [{ large: { compress: 5 } }, /compress: expected true, false/],
    [{ memory: true }, /memory: expected an option that exists; .*hybridCache has a memory of its own/],
    [{ policy: "lru" }, /policy: expected "fifo"/],
    [{ large: { redis: "redis://h", maxSize: 5 } }, /maxSize: expected none, since a server has bounds/],
  ])("%o is refused at decoration", (options, message) => {
    const decorate = (): unknown => hybridCache(async function bad() {}, options as object);
    expect(decorate).toThrow(ConfigurationError);
    expect(decorate).toThrow(message);
  });
});

describe("smartCache", () => {
  const MEDIUM = 50_000;
  const BIG = 3_000_000;
  const build = (more: object = {}) => {
    let runs = 0;
    const { threshold: _threshold, ...options } = at({ name: "smart", ...more });
    const fn = smartCache(async (bytes: number) => sized(bytes, ++runs), options);
    return Object.assign(fn, { runs: () => runs });
  };

  it("keeps each result where it fits, and finds all of them again", async () => {
    const fn = build();
    for (const what of [SMALL, MEDIUM, BIG, SMALL, MEDIUM, BIG]) expect((await fn(what)).text.length).toBe(what / 2);
    expect([fn.runs(), fn.cache.engine]).toEqual([3, "lru+sqlite+file"]);
    await fn.cache.close();
    const after = build();
    expect(await Promise.all([SMALL, MEDIUM, BIG].map((what) => after.cache.has(what)))).toEqual([false, true, true]);
    expect([await after.cache.delete(MEDIUM), await after.cache.delete(BIG)]).toEqual([true, true]);
    expect([await after.cache.has(MEDIUM), await after.cache.has(BIG)]).toEqual([false, false]);
    expect(lines).toEqual([]);
  });

  it("a result that changes its size leaves nothing behind, wherever it goes", async () => {
    const fn = build();
    for (const from of [SMALL, MEDIUM, BIG]) {
      for (const to of [SMALL, MEDIUM, BIG]) {
        await fn.cache.set([1], sized(from, 1));
        await fn.cache.set([1], sized(to, 2));
        expect((await fn(1)).run).toBe(2);
        expect(await fn.cache.delete(1)).toBe(true);
        expect(await fn.cache.delete(1)).toBe(false);
      }
    }
    expect(fn.runs()).toBe(0);
  });

  it("keeps all of them for later, or for other processes, where that is asked for", async () => {
    for (const more of [{ persistence: "long_term" }, { concurrency: "multi_process" }]) {
      const name = Object.keys(more).join();
      const fn = build({ name, ...more });
      await fn(SMALL);
      await fn.cache.close();
      expect(await build({ name, ...more }).cache.has(SMALL)).toBe(true);
    }
    const fn = build({ name: "now", persistence: "ephemeral" });
    await fn(MEDIUM);
    await fn.cache.close();
    expect(await build({ name: "now" }).cache.has(MEDIUM)).toBe(false);
  });

  it("stays synchronous with sync: true", () => {
    let runs = 0;
    const fn = smartCache((bytes: number) => sized(bytes, ++runs), {
      cacheDir,
      folderName: "test",
      name: "now",
      sync: true,
    });
    for (const what of [SMALL, MEDIUM, BIG, SMALL, MEDIUM, BIG]) expect(fn(what).text.length).toBe(what / 2);
    expect(runs).toBe(3);
  });

  it("a removal elsewhere was not heard where two stores cannot tell of it", async () => {
    setDefaults({ engine: new Keyv() });
    try {
      const build = () =>
        smartCache(async (bytes: number) => sized(bytes, 1), { name: "told", version: 1, engineTimeout: "30s" });
      const [here, there] = [build(), build()];
      await here(SMALL);
      expect(await there.cache.delete(SMALL)).toBe(true);
      expect(await here.cache.has(SMALL)).toBe(false);
    } finally {
      setDefaults({});
    }
  });

  it("refuses what says the engine", () => {
    const options = { name: "refused", engine: "file" };
    expect(() => smartCache(async () => 1, options as object)).toThrow(
      /engine: expected an option that exists; .*smartCache chooses the engine; with this option use ucache/,
    );
  });
});
