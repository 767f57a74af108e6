/** What upstream's test_engines and test_twat_cache assert: one test a row, by its name there. */

import { describe, expect, it } from "vitest";
import type { SyncEngine, SyncStore } from "../../src/contract/index.js";
import { engines } from "../../src/engines/index.js";
import { createEntry } from "../../src/entry.js";
import {
  acache,
  bcache,
  fcache,
  getEngineManager,
  getStats,
  listEngines,
  mcache,
  registerEngine,
  withCache,
} from "../../src/index.js";
import { keyOf } from "../../src/keys/index.js";
import { policyNames } from "../../src/policy/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { patient, useCacheDir } from "../support/cache-dir.js";
import { entryOf, openStore, persistentEngines, storedIn } from "../support/disk-stores.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const cacheDir = useCacheDir();
const lines = collectLog();

function open(name: string, maxSize = 100): SyncStore {
  const engine = engines.named(name) as SyncEngine;
  return engine.open({ name, maxSize, maxBytes: Number.POSITIVE_INFINITY, policy: "lru", now: () => 0 });
}

const entry = (value: unknown): ReturnType<typeof createEntry> => createEntry(value, 0, 0, undefined, 0);

/** Something absent, something set, something after a clear. */
function operate(store: SyncStore): void {
  expect(store.get("missing")).toBeUndefined();
  store.set("key", entry("value"));
  expect(store.get("key")?.value).toBe("value");
  store.clear();
  expect([store.get("key"), store.size()]).toEqual([undefined, 0]);
}

/** Of 150 that are set where there is room for 100, the first is gone and the last is there. */
function overfill(store: SyncStore): void {
  for (let i = 0; i < 150; i += 1) store.set(`key_${i}`, entry(i));
  expect([store.get("key_0"), store.get("key_149")?.value, store.size()]).toEqual([undefined, 149, 100]);
}

describe("test_engines", () => {
  it("engine_initialization: an engine has a name, and its configuration can be seen", () => {
    expect(engines.named("lru")).toMatchObject({ name: "lru", kind: "sync" });
    const cached = mcache((n: number) => n, { maxSize: 7, ttl: "1h" });
    cached(1);
    expect(cached.cache.stats()).toMatchObject({ maxSize: 7, engine: "lru" });
  });

  it("key_generation: a key for each kind of value", () => {
    const values = ["a", 1, true, [1, 2], { a: 1 }, new Map([[1, 2]]), null, undefined];
    const keys = values.map((value) => keyOf([value]));
    expect(keys.every((key) => typeof key === "string" || typeof key === "number")).toBe(true);
    expect(new Set(keys).size).toBe(values.length);
  });

  it.each(["lru", "map"])("cache_operations: a miss, a hit, with a function that is wrapped: %s", (engine) => {
    let runs = 0;
    const square = mcache((n: number) => ++runs && n * n, { engine });
    expect([square.cache.has(5), square(5), square.cache.has(5), square(5), runs]).toEqual([false, 25, true, 25, 1]);
  });

  it.each(["lru", "map"])("cache_ttl: computed again after its time: %s", (engine) => {
    const clock = createFakeClock();
    let runs = 0;
    const square = mcache((n: number) => ++runs && n * n, { engine, ttl: 100, clock });
    square(5);
    square(5);
    clock.advance(100);
    square(5);
    expect(runs).toBe(2);
  });

  it.each(["lru", "map"])("cache_stats: one miss, then one hit: %s", (engine) => {
    const square = mcache((n: number) => n * n, { engine });
    square(5);
    square(5);
    expect(getStats(square)).toMatchObject({ hits: 1, misses: 1, size: 1 });
  });

  it("cache_eviction: one more than there is room for leaves no more than there is room for, in every engine", async () => {
    for (const policy of policyNames) {
      const square = mcache((n: number) => n * n, { maxSize: 10, policy });
      for (let i = 1; i <= 11; i += 1) square(i);
      expect([policy, square.cache.stats().size]).toEqual([policy, 10]);
    }
    const persistent = await persistentEngines();
    expect(persistent.map(({ name }) => name)).toEqual(expect.arrayContaining(["sqlite", "file"]));
    for (const engine of persistent) {
      const store = await openStore(engine, cacheDir(), {}, { maxSize: 10 });
      for (let i = 1; i <= 11; i += 1) await store.set(i, entryOf(i));
      expect([engine.name, await store.size(), await storedIn(store, 11)]).toEqual([engine.name, 10, 11]);
      await store.close();
    }
  });

  it.each(["lru", "map"])("cache_clear: empty after it: %s", (engine) => {
    const square = mcache((n: number) => n * n, { engine });
    square(5);
    square.cache.clear();
    expect([square.cache.stats().size, square.cache.has(5)]).toEqual([0, false]);
  });
});

describe("test_twat_cache", () => {
  it("lru_cache_get_set: absent, then there", () => operate(open("lru")));
  it("lru_cache_clear: gone after it", () => operate(open("lru")));
  it("lru_cache_maxsize: the first of 150 is gone, the last is there", () => overfill(open("lru")));
  it("functools_cache_get_set: absent, then there", () => operate(open("map")));
  it("functools_cache_clear: gone after it", () => operate(open("map")));
  it("functools_cache_maxsize: the first of 150 is gone, the last is there", () => overfill(open("map")));

  it("disk_cache_persistence: a new store in the same place sees the value", async () => {
    for (const engine of await persistentEngines()) {
      const first = await openStore(engine, cacheDir());
      await first.set("key", entryOf({ value: 1 }));
      await first.close();
      const later = await openStore(engine, cacheDir());
      expect(await storedIn(later, "key")).toEqual({ value: 1 });
      await later.close();
    }
  });

  it("joblib_numpy_array: a typed array comes back with its type and content", async () => {
    const make = () =>
      fcache((n: number) => new Float64Array(n).map((_, i) => i / 7), { folderName: "test", name: "f", ...patient });
    const first = make();
    await first(1_000);
    await first.cache.close();
    const later = make();
    const array = await later(1_000);
    expect([array.constructor, array.length, array[999], later.cache.stats().hits]).toEqual([
      Float64Array,
      1_000,
      999 / 7,
      1,
    ]);
  });

  it("klepto_persistence: what is nested comes back", async () => {
    const nested = { a: { b: [1, { c: new Map([["d", new Set([1n])]]) }] } };
    const make = () => bcache(() => nested, { folderName: "test", name: "f", ...patient });
    const first = make();
    await first();
    await first.cache.close();
    const later = make();
    expect(await later()).toEqual(nested);
    expect(later.cache.stats().hits).toBe(1);
  });

  it("async_cache_operations: awaited, a miss, a value, a hit, nothing after a clear", async () => {
    await withCache({}, async (cache) => {
      expect(await cache.get("key")).toBeUndefined();
      await cache.set("key", "value");
      expect(await cache.get("key")).toBe("value");
      await cache.clear();
      expect(await cache.get("key")).toBeUndefined();
    });
    const square = acache(async (n: number) => n * n);
    expect([await square(5), await square(5), square.cache.stats().hits]).toEqual([25, 25, 1]);
  });

  it("cachebox_operations: on lru, which is what the fast engine is here", () => {
    const store = open("lru");
    operate(store);
    store.set("a", entry(1));
    expect([store.delete("a"), store.delete("a")]).toEqual([true, false]);
  });

  it("cachetools_operations: on map, which is what the flexible engine is here", () => {
    const store = open("map");
    operate(store);
    store.set("a", entry(1));
    expect([store.delete("a"), store.delete("a")]).toEqual([true, false]);
  });
});

describe("the engine manager", () => {
  it("registers, finds, lists and selects; there is one for the process", () => {
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
