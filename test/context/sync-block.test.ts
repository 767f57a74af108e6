/** Blocks whose body and cache are synchronous. */

import { afterEach, describe, expect, it } from "vitest";
import {
  CacheOperationError,
  CacheValueError,
  ConfigurationError,
  closeCaches,
  EngineError,
  getStats,
  invalidateNamespaces,
  listCaches,
  mcache,
  type SyncBlockCache,
  type SyncBlockOptions,
  withCache,
  withCacheSync,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { persistentEngines } from "../support/disk-stores.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { temporaryDirectories } from "../support/temporary.js";

const lines = collectLog();
const temporary = temporaryDirectories();
afterEach(() => closeCaches());

const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
const onDisk = (await persistentEngines()).filter(({ kind }) => kind === "sync").map(({ name }) => name);

/** Every engine that answers at once. */
const engines: readonly (readonly [string, () => SyncBlockOptions])[] = [
  ["lru", () => ({ engine: "lru" })],
  ["map", () => ({ engine: "map" })],
  ["third-party", () => ({ engine: thirdPartySync, ...unbounded })],
  ...onDisk.map((engine) => {
    return [engine, () => ({ engine, folderName: "sync-blocks", cacheDir: temporary(), fallback: false })] as const;
  }),
];

it("there is an engine on disk that answers at once", () => expect(onDisk).toContain("better-sqlite3"));

describe.each(engines)("a block on %s", (name, optionsOf) => {
  it("has a cache that answers at once, with all operations", () => {
    const result = withCacheSync(optionsOf(), (cache) => {
      expect([cache.engine, cache.get("k"), cache.has("k")]).toEqual([name, undefined, false]);
      cache.set("k", { a: [1] });
      expect([cache.get("k"), cache.has("k")]).toEqual([{ a: [1] }, true]);
      cache.set("nothing", undefined);
      expect([cache.get("nothing"), cache.has("nothing")]).toEqual([undefined, true]);
      cache.set({ a: 1, b: 2 }, "by value");
      expect(cache.get({ b: 2, a: 1 })).toBe("by value");
      expect([cache.delete("k"), cache.delete("k"), cache.has("k")]).toEqual([true, false, false]);
      cache.setMany(
        new Map([
          ["x", 1],
          ["y", 2],
        ]),
      );
      expect(cache.getMany(["x", "absent", "y"])).toEqual([1, undefined, 2]);
      cache.set(7, "seven");
      expect(cache.keys()).toEqual(expect.arrayContaining(["x", "y", 7, "nothing"]));
      cache.clear();
      expect([cache.has("x"), cache.keys()]).toEqual([false, []]);
      let runs = 0;
      expect([cache.getOrSet("n", () => ++runs), cache.getOrSet("n", () => ++runs)]).toEqual([1, 1]);
      const square = cache.wrap(function square(n: number): number {
        runs += 1;
        return n * n;
      });
      expect([square(3), square(3), square(4), runs]).toEqual([9, 9, 16, 3]);
      expect(cache.keys()).toEqual(["n"]);
      expect(cache.stats()).toMatchObject({ engine: name, loads: 3, size: 3 });
      return cache.stats().hits;
    });
    // k, nothing, by value, x, y, n, 3.
    expect(result).toBe(7);
  });

  it("is closed when the body returns or throws, and the error is the body's own", () => {
    const error = new RangeError("the body's own");
    let kept: SyncBlockCache | undefined;
    const run = (): never =>
      withCacheSync({ ...optionsOf(), name: "sync-closed" }, (cache): never => {
        kept = cache;
        cache.set("k", 1);
        expect(listCaches()).toContain("sync-closed");
        throw error;
      });
    expect(run).toThrow(error);
    expect(listCaches()).not.toContain("sync-closed");
    expect([kept?.closed, kept?.get("k"), kept?.has("k"), kept?.keys()]).toEqual([true, undefined, false, []]);
    function same(n: number): number {
      return n;
    }
    expect([kept?.getOrSet("k", () => 5), kept?.wrap(same)(3), kept?.delete("k")]).toEqual([5, 3, false]);
    kept?.set("k", 1);
    kept?.clear();
    kept?.close();
    expect(kept?.has("k")).toBe(false);
  });

  it("keeps lifetimes, and refuses what cannot be kept", () => {
    const clock = createFakeClock();
    withCacheSync({ ...optionsOf(), ttl: "1m", clock, clone: "structured" }, (cache) => {
      cache.set("block", 1);
      cache.set("own", 2, { ttl: "2m" });
      clock.advance("1m");
      expect(cache.getMany(["block", "own"])).toEqual([undefined, 2]);
      expect(() => cache.set("bad", 1, { ttl: "soon" as never })).toThrow(ConfigurationError);
      expect(() => cache.set("foo", new (class Foo {})())).toThrow(CacheValueError);
      expect(() => cache.setMany([["one"]] as never)).toThrow(CacheOperationError);
      expect(() => cache.getMany(5 as never)).toThrow(/expected a list.*got 5/);
    });
  });
});

describe("cached functions inside a synchronous block", () => {
  it("follow it, and those that it calls later do not", () => {
    let runs = 0;
    const read = mcache((key: string) => `${key} ${++runs}`);
    read("a");
    withCacheSync({ refresh: true }, () => expect(read("a")).toBe("a 2"));
    withCacheSync({ namespace: "n", bypass: true }, () => {
      expect([read("a"), read("a")]).toEqual(["a 3", "a 4"]);
      withCacheSync({ bypass: false }, () => expect([read("a"), read("a")]).toEqual(["a 5", "a 5"]));
    });
    expect(read("a")).toBe("a 2");
  });

  it("may return promises", async () => {
    const read = mcache(async (key: string) => key);
    const promises = withCacheSync({ namespace: "n" }, () => [read("a"), read("a")]);
    expect(await Promise.all(promises)).toEqual(["a", "a"]);
  });
});

describe("what cannot be is refused, with a reason and a way out", () => {
  it.each([
    [
      "an engine by name",
      { engine: "sqlite" },
      /engine: expected one that answers at once.*got "sqlite".*Use withCache/s,
    ],
    ["another one", { engine: "redis" }, /"redis", which answers with promises/],
    ["an engine as an object", { engine: thirdPartyAsync }, /got one, which answers with promises/],
    ["a server", { redis: "redis://localhost" }, /redis: expected none, since a server answers later/],
    ["a memory in front", { folderName: "f", memory: true }, /memory: expected none/],
    ["an option that does not exist", { bypas: true }, /did you mean "bypass"/],
  ])("%s", (_what, options, message) => {
    let ran = false;
    const run = (): void =>
      withCacheSync(options as SyncBlockOptions, () => {
        ran = true;
      });
    expect(run).toThrow(ConfigurationError);
    expect(run).toThrow(message);
    expect(ran).toBe(false);
  });

  it("an engine that does not exist, and one that cannot be used where none may stand in", () => {
    expect(() => withCacheSync({ engine: "nosuch" }, () => 1)).toThrow(EngineError);
    const broken = { ...thirdPartySync, name: "broken", available: () => "it is broken" };
    expect(() => withCacheSync({ engine: broken, ...unbounded, fallback: false }, () => 1)).toThrow(/it is broken/);
  });

  it("a body that returns a promise, whose rejection is nobody's", async () => {
    const before = getStats().totalCaches;
    const body = (async () => {
      throw new Error("later");
    }) as never as () => number;
    expect(() => withCacheSync({}, body)).toThrow(CacheOperationError);
    expect(() => withCacheSync({}, body)).toThrow(/got a promise. Use withCache/);
    expect(getStats().totalCaches).toBe(before);
  });
});

it("closing that fails is logged, and no more", () => {
  const engine = {
    ...thirdPartySync,
    open: (options: Parameters<typeof thirdPartySync.open>[0]) => ({
      ...thirdPartySync.open(options),
      close() {
        throw new Error("stuck");
      },
    }),
  };
  expect(withCacheSync({ engine, ...unbounded }, (cache) => cache.getOrSet("k", () => 5))).toBe(5);
  expect(lines.some(({ message }) => message.includes("could not be closed properly"))).toBe(true);
});

it("the handle of an asynchronous block has the same operations", async () => {
  await withCache({}, async (cache) => {
    await cache.setMany([
      ["x", 1],
      [7, 2],
      [{ a: 1 }, 3],
    ]);
    expect(await cache.getMany(["x", "absent", 7, { a: 1 }])).toEqual([1, undefined, 2, 3]);
    const keys = new Set(await cache.keys());
    expect([keys.size, keys.has("x"), keys.has(7)]).toEqual([3, true, true]);
    await cache.wrap((n: number) => n)(5);
    expect(new Set(await cache.keys())).toEqual(keys);
    await expect(cache.setMany([["a", 1], "b"] as never)).rejects.toThrow(/expected pairs.*got "b"/);
    await expect(cache.getMany(undefined as never)).rejects.toThrow(CacheOperationError);
    const failing = cache.setMany([
      ["good", 1],
      ["bad", [1].values()],
      ["also good", 2],
    ]);
    await expect(failing).rejects.toThrow(CacheValueError);
    expect(await cache.getMany(["good", "also good"])).toEqual([1, 2]);
  });
  const engine = { ...thirdPartyAsync, capabilities: { ...thirdPartyAsync.capabilities, lists: false } };
  await withCache({ engine, ...unbounded }, async (cache) => {
    await cache.set("k", 1);
    await expect(cache.keys()).rejects.toThrow(/cannot name its entries/);
  });
});

it("what a block on disk keeps is found by the next one, until its name space is invalidated", async () => {
  const options = { engine: "better-sqlite3", folderName: "kept", cacheDir: temporary(), namespace: "tenant" } as const;
  withCacheSync(options, (cache) => cache.set("k", "kept"));
  const keep = withCacheSync(options, (cache) => [cache.get("k"), cache.keys()]);
  expect(keep).toEqual(["kept", ["k"]]);
  await withCache({}, async () => {
    const cache = withCacheSync(options, (inner) => inner);
    expect(cache.closed).toBe(true);
  });
  withCacheSync(options, (cache) => {
    void invalidateNamespaces("tenant");
    expect(cache.get("k")).toBeUndefined();
  });
});
