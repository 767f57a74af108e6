/**
 * What the tests of the Python library assert of decorators, engines and fallback, where it concerns memory. Each test
 * is named after its origin; where upstream contradicts itself or could not hold, its intent is tested.
 */

import { describe, expect, it } from "vitest";
import type { SyncEngine } from "../../src/contract/index.js";
import { engines } from "../../src/engines/index.js";
import { createEntry } from "../../src/entry.js";
import {
  acache,
  type CacheFunction,
  getAvailableEngines,
  getEngineManager,
  getStats,
  isEngineAvailable,
  listEngines,
  mcache,
  registerEngine,
  ucache,
} from "../../src/index.js";
import { keyOf } from "../../src/keys/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
const both: [string, CacheFunction][] = [
  ["mcache", mcache],
  ["ucache", ucache],
];

describe.each(both)("test_cache.py, with %s", (_name, cache) => {
  it("config_validation", () => {
    const cached = cache((n: number) => n, { maxSize: 100 });
    cached(1);
    expect(cached.cache.stats().maxSize).toBe(100);
    expect(() => cache((n: number) => n, { maxSize: -1 })).toThrow(/maxSize/);
    expect(() => cache((n: number) => n, { ttl: -1 })).toThrow(/ttl/);
  });

  it("cache_basic, cache_decorators, cache_types", () => {
    let calls = 0;
    const square = cache((n: number) => ++calls && n * n);
    expect([square(5), square(5), calls]).toEqual([25, 25, 1]);
  });

  it("cache_size", () => {
    let calls = 0;
    const square = cache((n: number) => ++calls && n * n, { maxSize: 10 });
    for (let i = 1; i <= 20; i += 1) square(i);
    expect([calls, square.cache.stats().size, square.cache.stats().evictions]).toEqual([20, 10, 10]);
  });

  it("cache_clear", () => {
    let calls = 0;
    const square = cache((n: number) => ++calls && n * n);
    square(5);
    square.cache.clear();
    square(5);
    expect(calls).toBe(2);
  });

  it("cache_stats", () => {
    const total = cache((list: number[]) => list.reduce((a, b) => a + b, 0));
    total([1, 2, 3, 4, 5]);
    expect(total.cache.stats()).toMatchObject({ hits: 0, misses: 1 });
    expect(total([1, 2, 3, 4, 5])).toBe(15);
    expect(total.cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    expect(getStats().hits).toBeGreaterThan(0);
  });

  it("list_processing, cache_with_complex_types", () => {
    let calls = 0;
    const total = cache((list: number[]) => ++calls && list.reduce((a, b) => a + b, 0), { maxSize: 100 });
    expect([total([1, 2, 3, 4, 5]), total([1, 2, 3, 4, 5]), calls]).toEqual([15, 15, 1]);
  });

  it("cache_exceptions: each failing call runs once, and none is cached", () => {
    let calls = 0;
    const fail = cache(() => {
      calls += 1;
      throw new RangeError("Test error");
    });
    expect(fail).toThrow(RangeError);
    expect(fail).toThrow("Test error");
    expect(calls).toBe(2);
  });

  it("kwargs_handling: a default given or left out is one call for the function that takes an object", () => {
    let calls = 0;
    const scale = cache(({ n, factor = 2 }: { n: number; factor?: number }) => ++calls && n * factor, {
      key: ({ n, factor = 2 }) => [n, factor],
    });
    expect([
      scale({ n: 5 }),
      scale({ n: 5, factor: 2 }),
      scale({ factor: 2, n: 5 }),
      scale({ n: 5, factor: 3 }),
    ]).toEqual([10, 10, 10, 15]);
    expect(calls).toBe(2);
  });

  it("ttl_caching, ttl_cache, ttl_expiration", () => {
    const clock = createFakeClock();
    let calls = 0;
    const square = cache((n: number) => ++calls && n * n, { ttl: 500, clock });
    square(5);
    square(5);
    expect(calls).toBe(1);
    clock.advance(600);
    square(5);
    expect(calls).toBe(2);
  });
});

describe("test_decorators.py, test_fallback.py", () => {
  it.each(["lru", "map"])("basic_memory_cache, cachetools_memory, cachebox_memory: on %s", (engine) => {
    let calls = 0;
    const square = mcache((n: number) => ++calls && n * n, { engine });
    expect([square(5), square(5), calls, square.cache.engine]).toEqual([25, 25, 1, engine]);
  });

  it("memory_cache_cachebox: with two places, a third call evicts the oldest", () => {
    const calls: number[] = [];
    const square = mcache((n: number) => calls.push(n) && n * n, { maxSize: 2 });
    square(1);
    square(2);
    square(3);
    square(1);
    expect(calls).toEqual([1, 2, 3, 1]);
  });

  it("async_cache, async_caching, aiocache_memory", async () => {
    let calls = 0;
    const square = acache(async (n: number) => ++calls && n * n);
    expect([await square(5), await square(5), calls]).toEqual([25, 25, 1]);
    const universal = ucache(async (n: number) => ++calls && n * n);
    expect([await universal(5), await universal(5), calls]).toEqual([25, 25, 2]);
  });

  it("key_generation", () => {
    let calls = 0;
    const echo = mcache((value: unknown) => ++calls && value);
    for (const value of ["test_key", true, 123, "test_key", true, 123]) expect(echo(value)).toBe(value);
    expect(calls).toBe(3);
  });

  it("backend_availability", async () => {
    expect(listEngines()).toEqual(expect.arrayContaining(["map", "lru"]));
    expect(await getAvailableEngines()).toEqual(expect.arrayContaining(["map", "lru"]));
    expect([await isEngineAvailable("map"), await isEngineAvailable("nosuch")]).toEqual([true, false]);
  });

  it("selection_preferred: honoured; an unknown one gives way to the default chain", () => {
    const preferred = ucache((n: number) => n, { engine: "map" });
    const unknown = ucache((n: number) => n, { engine: "unknown_backend" });
    expect([preferred(1), preferred.cache.engine, unknown(1), unknown.cache.engine]).toEqual([1, "map", 1, "lru"]);
    expect(lines).toHaveLength(1);
  });

  it("memory_cache_fallback, universal_cache_fallback: right when the preferred engine vanishes, and said so", () => {
    const gone: SyncEngine = {
      ...(engines.named("map") as SyncEngine),
      name: "gone",
      available: () => "its package is not installed",
    };
    let calls = 0;
    const square = ucache((n: number) => ++calls && n * n, { engine: gone, name: "falls back" });
    expect([square(5), square(5), calls, square.cache.engine]).toEqual([25, 25, 1, "lru"]);
    expect(lines[0]?.message).toBe(
      'The cache "falls back" uses the engine "lru", since "gone" cannot be used: its package is not installed.',
    );
  });

  it("async_cache_fallback: acache has no library to miss", async () => {
    let calls = 0;
    const square = acache(async (n: number) => ++calls && n * n, { engine: "aiocache" });
    expect([await square(5), await square(5), calls]).toEqual([25, 25, 1]);
  });

  it("selection_requirements: an engine is chosen for what it can do", () => {
    const chosen = [{}, { policy: "lfu" }, { maxSize: Number.POSITIVE_INFINITY }, { maxBytes: "1MB" }].map(
      (options) => ucache((n: number) => n, options as object).cache.engine,
    );
    expect(chosen).toEqual(["lru", "map", "map", "lru"]);
  });
});

describe("test_engines.py, test_twat_cache.py", () => {
  const open = (name: string, maxSize = 100): ReturnType<SyncEngine["open"]> =>
    (engines.named(name) as SyncEngine).open({
      name,
      maxSize,
      maxBytes: Number.POSITIVE_INFINITY,
      policy: "lru",
      now: () => 0,
    });

  it.each(["lru", "map"])("get_set, clear, maxsize, operations: %s", (name) => {
    const store = open(name);
    expect(store.get("missing")).toBeUndefined();
    for (let i = 0; i < 150; i += 1) store.set(`key_${i}`, createEntry(i, 0, 0, undefined, 0));
    expect([store.get("key_0"), store.get("key_149")?.value, store.size()]).toEqual([undefined, 149, 100]);
    store.clear();
    expect([store.get("key_149"), store.size()]).toEqual([undefined, 0]);
  });

  it("engine_initialization: the configuration is visible", () => {
    const cached = mcache((n: number) => n, { maxSize: 7, ttl: "1h" });
    cached(1);
    expect(cached.cache.stats()).toMatchObject({ maxSize: 7, engine: "lru" });
  });

  it("key_generation: a key for each kind of value", () => {
    for (const value of ["a", 1, true, [1, 2], { a: 1 }, null, undefined, new Map()])
      expect(["string", "number"]).toContain(typeof keyOf([value]));
  });

  it("cache_eviction: never more than maxsize", () => {
    for (const policy of ["lru", "fifo", "lfu", "rr"] as const) {
      const square = mcache((n: number) => n * n, { maxSize: 10, policy });
      for (let i = 1; i <= 11; i += 1) square(i);
      expect(square.cache.stats().size).toBe(10);
    }
  });

  it("manager: register, get, list, select; one for the process", () => {
    expect(getEngineManager()).toBe(getEngineManager());
    registerEngine({ ...thirdPartySync, name: "registered" });
    expect(getEngineManager().getEngine("registered")?.name).toBe("registered");
    expect(listEngines()).toContain("registered");
    const options = { engine: "registered", maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
    const cached = mcache((n: number) => n * n, options);
    expect([cached(3), cached(3), cached.cache.engine, cached.cache.stats().hits]).toEqual([9, 9, "registered", 1]);
    registerEngine({ ...thirdPartySync, name: "registered" });
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('"registered" was registered before'),
    ]);
    expect(() => registerEngine({ name: "bad" } as never)).toThrow(/not a cache engine/);
    expect(getEngineManager().getEngine("nosuch")).toBeUndefined();
  });
});

describe("test_integration.py", () => {
  it("web_api_simulation: 10 requests over 5 users are 5 computations", () => {
    let calls = 0;
    const user = mcache((id: number) => ({ id, at: ++calls }));
    const answers = Array.from({ length: 10 }, (_, i) => user(i % 5));
    expect(calls).toBe(5);
    expect(answers.slice(5)).toEqual(answers.slice(0, 5));
  });

  it("database_query_caching: lists of parameters; 5 calls are 3 queries", () => {
    let queries = 0;
    const query = mcache((sql: string, parameters: readonly unknown[]) => ({ sql, parameters, n: ++queries }));
    for (const parameters of [[1], [2], [1], [3], [2]]) query("SELECT * FROM users WHERE id = ?", parameters);
    expect(queries).toBe(3);
  });

  it("file_processing_pipeline: 15 calls are 5", () => {
    let calls = 0;
    const digest = ucache((path: string) => `${path} ${++calls}`);
    for (let round = 0; round < 3; round += 1) for (const path of ["a", "b", "c", "d", "e"]) digest(path);
    expect(calls).toBe(5);
  });

  it("async_web_scraping: 5 concurrent calls over 3 URLs are 3 executions", async () => {
    let calls = 0;
    const scrape = acache(async (url: string) => {
      calls += 1;
      await settle();
      return `content of ${url}`;
    });
    await Promise.all(["1", "2", "1", "3", "2"].map((url) => scrape(url)));
    expect(calls).toBe(3);
  });

  it("concurrent_cache_access: 5 workers, 20 calls each, over 30 values", async () => {
    let calls = 0;
    const compute = acache(async (n: number) => {
      calls += 1;
      await settle();
      return n * n;
    });
    const results = await Promise.all(
      Array.from({ length: 5 }, (_, worker) =>
        Promise.all(Array.from({ length: 20 }, (_unused, i) => compute((worker * 7 + i) % 30))),
      ),
    );
    expect([results.flat().length, calls <= 30]).toEqual([100, true]);
  });

  it("cache_statistics", () => {
    const square = mcache((n: number) => n * n, { name: "upstream statistics" });
    for (let i = 1; i <= 10; i += 1) square(i);
    for (let i = 1; i <= 5; i += 1) square(i);
    expect(getStats("upstream statistics")).toMatchObject({ hits: 5, misses: 10 });
  });

  it("cache_with_exceptions", () => {
    let calls = 0;
    const check = mcache((n: number) => {
      calls += 1;
      if (n < 0) throw new RangeError("negative");
      return n;
    });
    expect([check(1), check(1), calls]).toEqual([1, 1, 1]);
    for (let i = 0; i < 3; i += 1) expect(() => check(-1)).toThrow("negative");
    expect(calls).toBe(4);
  });

  it("unhashable_arguments: equal ones hit, others miss", () => {
    let calls = 0;
    const total = mcache((data: { list: number[] }) => ++calls && data.list.length);
    total({ list: [1, 2] });
    total({ list: [1, 2] });
    total({ list: [1, 3] });
    expect(calls).toBe(2);
  });

  it("cache_memory_limits: 5 places, 10 inputs; an early item is right all the same", () => {
    let calls = 0;
    const square = mcache((n: number) => ++calls && n * n, { maxSize: 5 });
    for (let i = 1; i <= 10; i += 1) square(i);
    expect([calls, square(1)]).toEqual([10, 1]);
  });

  it("async_cache_error_handling: rejections are not cached", async () => {
    let calls = 0;
    const fail = acache(async () => {
      calls += 1;
      throw new Error("down");
    });
    await expect(fail()).rejects.toThrow("down");
    await expect(fail()).rejects.toThrow("down");
    expect(calls).toBe(2);
  });
});
