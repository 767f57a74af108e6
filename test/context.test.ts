import { describe, expect, it } from "vitest";
import {
  acache,
  type BlockCache,
  CacheContext,
  type Cached,
  CacheKeyError,
  CacheValueError,
  ConfigurationError,
  closeCaches,
  EngineError,
  engineContext,
  getOrCreateEngine,
  getStats,
  listCaches,
  mcache,
  withCache,
} from "../src/index.js";
import { createFakeClock } from "../src/testing/index.js";
import { defer, settle } from "./support/deferred.js";
import { thirdPartyAsync, thirdPartySync } from "./support/engines.js";
import { collectLog } from "./support/log.js";

const lines = collectLog();

describe("withCache hands out a cache", () => {
  it("with get, set, has, delete, clear, getOrSet, wrap, stats", async () => {
    const result = await withCache({}, async (cache) => {
      expect([await cache.get("k"), await cache.has("k")]).toEqual([undefined, false]);
      await cache.set("k", undefined);
      expect([await cache.get("k"), await cache.has("k")]).toEqual([undefined, true]);
      await cache.set({ a: 1, b: 2 }, "by value");
      expect(await cache.get({ b: 2, a: 1 })).toBe("by value");
      expect([await cache.delete("k"), await cache.delete("k"), await cache.has("k")]).toEqual([true, false, false]);
      await cache.clear();
      expect(await cache.has({ a: 1, b: 2 })).toBe(false);
      let runs = 0;
      expect([await cache.getOrSet("n", () => ++runs), await cache.getOrSet("n", () => ++runs)]).toEqual([1, 1]);
      expect(await Promise.all([1, 2, 3].map(() => cache.getOrSet("slow", async () => ++runs)))).toEqual([2, 2, 2]);
      expect(cache.stats()).toMatchObject({
        engine: "lru",
        maxSize: 1_000,
        hits: 3,
        misses: 5,
        loads: 2,
        coalesced: 2,
      });
      expect(cache.engine).toBe("lru");
      return "result";
    });
    expect(result).toBe("result");
  });

  it("in which wrapped functions do not share", async () => {
    await withCache({}, async (cache) => {
      let runs = 0;
      const times = (factor: number) => (n: number) => {
        runs += 1;
        return factor * n;
      };
      const double = cache.wrap(times(2));
      const triple = cache.wrap(times(3));
      expect([await double(2), await triple(2), await double(2), await triple(2), runs]).toEqual([4, 6, 4, 6, 2]);
      expect(await cache.get(2)).toBeUndefined();
      const scale = cache.wrap(function (this: { factor: number }, n: number) {
        return n * this.factor;
      });
      expect(await scale.call({ factor: 5 }, 2)).toBe(10);
    });
  });

  it("in which `this` counts, and what cannot be cached is refused", async () => {
    await withCache({}, async (cache) => {
      const get = cache.wrap(function (this: { x: number }) {
        return this.x;
      });
      expect([await get.call({ x: 1 }), await get.call({ x: 2 })]).toEqual([1, 2]);
      expect(() => cache.wrap(function* () {})).toThrow(ConfigurationError);
      expect(() => cache.wrap(7 as never)).toThrow(ConfigurationError);
    });
  });

  it("which is closed at the end, whatever happens", async () => {
    let kept: BlockCache | undefined;
    await withCache({ name: "block-closed" }, async (cache) => {
      kept = cache;
      await cache.set("k", 1);
      expect(listCaches()).toContain("block-closed");
    });
    expect(listCaches()).not.toContain("block-closed");
    expect([await kept?.get("k"), await kept?.has("k"), await kept?.getOrSet("k", () => 5)]).toEqual([
      undefined,
      false,
      5,
    ]);
    await kept?.set("k", 1);
    await kept?.clear();
    await kept?.close();
    expect(await kept?.has("k")).toBe(false);
  });

  it("and passes the body's error on, unchanged, synchronous or not", async () => {
    const error = new Error("the body's own");
    let kept: BlockCache | undefined;
    const caught = await withCache({}, async (cache) => {
      kept = cache;
      throw error;
    }).catch((thrown: unknown) => thrown);
    expect(caught).toBe(error);
    expect(await kept?.has("k")).toBe(false);
    const synchronous = await withCache({}, () => {
      throw error;
    }).catch((thrown: unknown) => thrown);
    expect(synchronous).toBe(error);
  });

  it("also when closing fails, which is logged and no more", async () => {
    const engine = {
      ...thirdPartySync,
      open: (options: Parameters<typeof thirdPartySync.open>[0]) => ({
        ...thirdPartySync.open(options),
        close() {
          throw new Error("stuck");
        },
      }),
    };
    const options = { engine, maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
    expect(await withCache(options, async (cache) => cache.getOrSet("k", () => 5))).toBe(5);
    expect(lines.some(({ message }) => message.includes("could not be closed properly"))).toBe(true);
  });

  it("on the engine that is named", async () => {
    const options = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
    for (const engine of ["map", thirdPartySync, thirdPartyAsync] as const) {
      await withCache({ ...options, engine }, async (cache) => {
        await cache.set("k", { a: 1 });
        expect(await cache.get("k")).toEqual({ a: 1 });
        expect(cache.engine).toBe(typeof engine === "string" ? engine : engine.name);
      });
    }
    await expect(withCache({ engine: "nosuch" }, () => 1)).rejects.toThrow(EngineError);
    await expect(withCache({ engine: "nosuch" }, () => 1)).rejects.toThrow('Engine "nosuch" not found');
  });

  it("that keeps TTLs: the block's, or the value's", async () => {
    const clock = createFakeClock();
    await withCache({ ttl: "1m", clock }, async (cache) => {
      await cache.set("block", 1);
      await cache.set("own", 2, { ttl: "2m" });
      clock.advance("1m");
      expect([await cache.get("block"), await cache.get("own")]).toEqual([undefined, 2]);
      clock.advance("1m");
      expect(await cache.get("own")).toBeUndefined();
      await expect(cache.set("bad", 1, { ttl: "soon" as never })).rejects.toThrow(ConfigurationError);
    });
  });

  it("that refuses what it cannot keep, or make a key of", async () => {
    await withCache({ clone: "structured" }, async (cache) => {
      await expect(cache.set("k", new (class Foo {})())).rejects.toThrow(CacheValueError);
      let deep: unknown = 1;
      for (let i = 0; i < 1_000; i += 1) deep = [deep];
      await expect(cache.set(deep, 1)).rejects.toThrow(CacheKeyError);
      const wrapped = cache.wrap((value: unknown) => [value]);
      expect(await wrapped(deep)).toEqual([deep]);
    });
  });

  it("options are judged", async () => {
    await expect(withCache({ bypas: true } as object, () => 1)).rejects.toThrow(/did you mean "bypass"/);
    await expect(withCache({ key: () => 1, ttl: () => 1, refresh: 1 } as object, () => 1)).rejects.toMatchObject({
      issues: [{ option: "key" }, { option: "ttl" }, { option: "refresh" }],
    });
  });

  it("counts stay in the totals when the block is over", async () => {
    const before = getStats().hits;
    await withCache({}, async (cache) => {
      await cache.set("k", 1);
      await cache.get("k");
    });
    expect(getStats().hits - before).toBe(1);
  });
});

describe("inside a block, cached functions follow it", () => {
  const counting = (): { read: Cached<(key: string) => string>; runs: () => number } => {
    let runs = 0;
    const read = mcache((key: string) => `${key} ${++runs}`);
    return { read, runs: () => runs };
  };

  it("bypass: they run, and leave the cache alone", async () => {
    const { read } = counting();
    read("a");
    await withCache({ bypass: true }, () => {
      expect([read("a"), read("a")]).toEqual(["a 2", "a 3"]);
    });
    expect(read("a")).toBe("a 1");
    expect(read.cache.stats()).toMatchObject({ hits: 1, misses: 3, bypasses: 2, loads: 1 });
  });

  it("refresh: they run, and replace what is cached", async () => {
    const { read } = counting();
    read("a");
    await withCache({ refresh: true }, () => {
      expect([read("a"), read("b")]).toEqual(["a 2", "b 3"]);
    });
    expect([read("a"), read("b")]).toEqual(["a 2", "b 3"]);
  });

  it("refresh: what is not stored any more does not leave the old value behind", async () => {
    let storable = true;
    let runs = 0;
    const read = mcache(() => ++runs, { shouldCache: () => storable });
    read();
    storable = false;
    await withCache({ refresh: true }, () => expect(read()).toBe(2));
    expect(read()).toBe(3);
  });

  it("ttl: what they store lives this long", async () => {
    const clock = createFakeClock();
    let runs = 0;
    const read = mcache((_key: string) => ++runs, { ttl: "1h", clock });
    await withCache({ ttl: "1m" }, () => void read("inside"));
    read("outside");
    clock.advance("1m");
    expect([read("inside"), read("outside")]).toEqual([3, 2]);
    await withCache({ ttl: 0 }, () => expect([read("nothing"), read("nothing")]).toEqual([4, 5]));
  });

  it("namespace: they see and fill a key space of their own", async () => {
    const { read } = counting();
    read("a");
    await withCache({ namespace: "tenant 1" }, () => {
      expect([read("a"), read("a")]).toEqual(["a 2", "a 2"]);
      expect(read.cache.has("a")).toBe(true);
      expect(read.cache.key("a")).not.toBe("a");
    });
    await withCache({ namespace: "tenant 2" }, () => {
      expect(read.cache.has("a")).toBe(false);
      expect(read("a")).toBe("a 3");
      read.cache.delete("a");
    });
    expect(read("a")).toBe("a 1");
    read.cache.clear();
    await withCache({ namespace: "tenant 1" }, () => expect(read("a")).toBe("a 4"));
  });

  it("namespace: a key of one is none of another, whatever it is made of", async () => {
    const read = mcache((..._args: unknown[]) => Math.random());
    const keys = new Set<unknown>();
    for (const namespace of ["a", "b", "a:b", "1", "\0"]) {
      await withCache({ namespace }, () => {
        for (const args of [["x"], [1], ["1"], ["b", "x"], [], ["\0"]]) keys.add(read.cache.key(...args));
      });
    }
    for (const args of [["x"], [1], ["1"], ["b", "x"], [], ["\0"]]) keys.add(read.cache.key(...args));
    expect(keys.size).toBe(36);
  });

  it("anywhere below: after an await, in a timer, in asynchronous functions", async () => {
    let runs = 0;
    const read = acache(async (key: string) => `${key} ${++runs}`);
    await read("a");
    await withCache({ refresh: true }, async () => {
      await settle();
      expect(await read("a")).toBe("a 2");
      await Promise.all([1, 2].map(async () => settle().then(() => read("a"))));
    });
    expect(await read("a")).toBe("a 4");
  });

  it("and not in what runs beside it", async () => {
    const { read } = counting();
    read("a");
    const gate = defer<void>();
    const block = withCache({ bypass: true }, async () => {
      await gate.promise;
      return read("a");
    });
    expect(read("a")).toBe("a 1");
    gate.resolve();
    expect(await block).toBe("a 2");
  });

  it("a block in a block inherits, and says more", async () => {
    const { read } = counting();
    read("a");
    await withCache({ namespace: "n" }, async () => {
      expect(read("a")).toBe("a 2");
      await withCache({ refresh: true }, () => expect(read("a")).toBe("a 3"));
      expect(read("a")).toBe("a 3");
      await withCache({ refresh: false, bypass: true }, () => expect(read("a")).toBe("a 4"));
    });
    expect(read("a")).toBe("a 1");
  });

  it("caches that are made inside take the block's other options for defaults, just below their own", async () => {
    await withCache({ maxSize: 3, engine: "map", name: "not-inherited" }, () => {
      const one = mcache((n: number) => n);
      const two = mcache((n: number) => n, { maxSize: 5 });
      for (let i = 1; i < 10; i += 1) [one(i), two(i)];
      expect(one.cache.stats()).toMatchObject({ size: 3, engine: "map" });
      expect(two.cache.stats()).toMatchObject({ size: 5, engine: "map" });
      expect(one.cache.name).not.toMatch("not-inherited");
    });
    const outside = mcache((n: number) => n);
    outside(1);
    expect(outside.cache.stats()).toMatchObject({ maxSize: 1_000, engine: "lru" });
  });

  it("an engine of another kind is refused there, with the reason", async () => {
    await withCache({ engine: thirdPartyAsync, maxSize: Number.POSITIVE_INFINITY, policy: "fifo" }, () => {
      const inside = mcache((n: number) => n * n);
      expect([inside(3), inside.cache.engine]).toEqual([9, "map"]);
    });
    expect(lines.some(({ message }) => message.includes("answers with promises"))).toBe(true);
  });

  it("1,000 concurrent blocks never see one another", async () => {
    const read = mcache((key: string) => key, { maxSize: 10_000 });
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) =>
        withCache({ namespace: `n${i}` }, async () => {
          read.cache.set(["k"], `value ${i}`);
          await settle();
          expect(read("k")).toBe(`value ${i}`);
        }),
      ),
    );
  });
});

describe("CacheContext", () => {
  it("can be entered again and again, each time with a new cache", async () => {
    const context = new CacheContext({ maxSize: 10 });
    expect([context.engine, context.config]).toEqual([null, { maxSize: 10 }]);
    const first = context.enter();
    expect([context.engine, context.enter()]).toEqual([first, first]);
    await first.set("k", 1);
    await context.exit();
    expect(context.engine).toBeNull();
    await context.exit();
    const second = context.enter();
    expect(second).not.toBe(first);
    expect(await second.has("k")).toBe(false);
    await context.exit();
  });

  it("runs a block, whose options the calls inside follow", async () => {
    let runs = 0;
    const read = mcache(() => ++runs);
    read();
    const context = new CacheContext({ bypass: true });
    const result = await context.run(async (cache) => {
      expect(context.engine).toBe(cache);
      return read();
    });
    expect([result, read(), context.engine]).toEqual([2, 1, null]);
    await expect(
      context.run(() => {
        throw new Error("the body's own");
      }),
    ).rejects.toThrow("the body's own");
    expect(context.engine).toBeNull();
  });

  it("runs at the same time share the cache, which the last one closes", async () => {
    const context = new CacheContext({ engine: "map" });
    const slow = defer<void>();
    const last = context.run(async (cache) => {
      await slow.promise;
      return cache.get("k");
    });
    await context.run((cache) => cache.set("k", "kept"));
    slow.resolve();
    expect(await last).toBe("kept");
    expect(context.engine).toBeNull();
    expect(await context.run((cache) => cache.get("k"))).toBeUndefined();
  });

  it("a run inside `enter` and `exit` leaves the cache open", async () => {
    const context = new CacheContext();
    const cache = context.enter();
    await context.run((inner) => inner.set("k", "kept"));
    expect(await cache.get("k")).toBe("kept");
    await context.exit();
    expect(context.engine).toBeNull();
  });

  it("works with `using` and `await using`", async () => {
    let kept: BlockCache;
    let context: CacheContext;
    {
      await using scoped = new CacheContext();
      context = scoped;
      kept = scoped.enter();
      await kept.set("k", 1);
      expect(await kept.has("k")).toBe(true);
    }
    expect([context.engine, await kept.has("k")]).toEqual([null, false]);
    {
      using scoped = new CacheContext();
      context = scoped;
      kept = scoped.enter();
    }
    expect([context.engine, await kept.has("k")]).toEqual([null, false]);
  });

  it("gives a new cache when all caches have been closed meanwhile", async () => {
    const context = new CacheContext();
    const closed = context.enter();
    await closeCaches();
    const cache = context.enter();
    expect([closed.closed, cache === closed]).toEqual([true, false]);
    await cache.set("k", 1);
    expect(await cache.get("k")).toBe(1);
    await context.exit();
  });

  it("judges its options at once", () => {
    expect(() => new CacheContext({ maxSize: 0 })).toThrow(ConfigurationError);
    expect(() => new CacheContext({ engine: "nosuch" }).enter()).toThrow(EngineError);
  });
});

describe("engineContext", () => {
  it("is a cache that closes at the end of the scope", async () => {
    let kept: BlockCache;
    {
      await using cache = engineContext({ engine: "map" });
      kept = cache;
      await cache.set("k", 1);
      expect([await cache.get("k"), cache.engine]).toEqual([1, "map"]);
    }
    expect(await kept.get("k")).toBeUndefined();
    {
      using cache = engineContext();
      kept = cache;
    }
    expect(await kept.getOrSet("k", () => 2)).toBe(2);
    expect(() => engineContext({ engine: "nosuch" })).toThrow(EngineError);
  });
});

describe("getOrCreateEngine", () => {
  it("gives the same cache for the same options, until the last one closes it", async () => {
    const one = getOrCreateEngine({ maxSize: 10, ttl: "1m" });
    const two = getOrCreateEngine({ ttl: "1m", maxSize: 10 });
    const other = getOrCreateEngine({ maxSize: 11, ttl: "1m" });
    expect([one === two, one === other]).toEqual([true, false]);
    await one.set("k", 1);
    await one.close();
    expect(await two.get("k")).toBe(1);
    await two.close();
    expect(await two.get("k")).toBeUndefined();
    const anew = getOrCreateEngine({ maxSize: 10, ttl: "1m" });
    expect(anew).not.toBe(one);
    expect(await anew.get("k")).toBeUndefined();
    await Promise.all([anew.close(), other.close()]);
  });

  it("is closed by closeCaches, whoever uses it, and the next one who asks gets a new one", async () => {
    const [one, two] = [getOrCreateEngine({ maxSize: 77 }), getOrCreateEngine({ maxSize: 77 })];
    await one.set("k", 1);
    await closeCaches();
    expect([one.closed, await two.get("k")]).toEqual([true, undefined]);
    const three = getOrCreateEngine({ maxSize: 77 });
    await three.set("k", 2);
    await Promise.all([one.close(), two.close()]);
    expect(await three.get("k")).toBe(2);
    await three.close();
    expect(three.closed).toBe(true);
  });
});
