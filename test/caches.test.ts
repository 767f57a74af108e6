import { describe, expect, it } from "vitest";
import { CacheRegistry } from "../src/caches/registry.js";
import {
  acache,
  clearCache,
  closeCaches,
  getStats,
  listCaches,
  mcache,
  type RegisteredCache,
  registerCache,
  unregisterCache,
  withCache,
} from "../src/index.js";
import { Counters, summarize } from "../src/stats.js";
import { createFakeClock } from "../src/testing/index.js";
import { thirdPartyAsync } from "./support/engines.js";
import { collectLog } from "./support/log.js";

const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

collectLog();

describe("statistics", () => {
  it("hits and misses are the calls, whatever happens in them", async () => {
    const clock = createFakeClock();
    let calls = 0;
    const read = mcache(
      (key: string) => {
        if (key === "bad") throw new Error("bad");
        return key === "once" ? [1].values() : key;
      },
      { maxSize: 3, ttl: "1m", clock, when: ([key]) => key !== "never", shouldCache: (value) => value !== "no" },
    );
    const keys = ["a", "b", "a", "bad", "never", "no", "once", "c", "d", "a", "bad", "never"];
    for (let round = 0; round < 4; round += 1) {
      for (const key of keys) {
        calls += 1;
        try {
          read(key);
        } catch {
          // The function's own error; the call counts all the same.
        }
      }
      await withCache({ bypass: true }, () => read("a"));
      await withCache({ refresh: true }, () => read("b"));
      await withCache({ namespace: "n" }, () => read("c"));
      calls += 3;
      clock.advance("1m");
    }
    const stats = read.cache.stats();
    expect(stats.hits + stats.misses).toBe(calls);
    expect(stats.bypasses).toBe(4 * 3);
    expect(stats.loadFailures).toBe(4 * 2);
    expect(stats.misses).toBe(stats.loads + stats.bypasses + stats.coalesced);
    expect(stats.hitRatio).toBeCloseTo(stats.hits / calls);
  });

  it("are frozen, and cost nothing to read", () => {
    const read = mcache((n: number) => n);
    read(1);
    const before = read.cache.stats();
    read(1);
    expect(before.hits).toBe(0);
    expect(Object.isFrozen(before)).toBe(true);
    expect(read.cache.stats().hits - before.hits).toBe(1);
    expect(Object.isFrozen(getStats())).toBe(true);
  });

  it("know loads in time: total, mean, and what hits have saved", () => {
    const busy = mcache((ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
      return ms;
    });
    busy(5);
    busy(15);
    for (let i = 0; i < 10; i += 1) busy(5);
    const { loadTime, timeSaved } = busy.cache.stats();
    expect(loadTime.total).toBeGreaterThanOrEqual(20);
    expect(loadTime.mean).toBeCloseTo(loadTime.total / 2);
    expect(timeSaved).toBeCloseTo(10 * loadTime.mean);
  });

  it("are zeros before the first call, which tells no engine yet", () => {
    const stats = mcache((n: number) => n).cache.stats();
    expect(stats).toMatchObject({ hits: 0, misses: 0, hitRatio: 0, timeSaved: 0, loadTime: { total: 0, mean: 0 } });
    expect([stats.engine, stats.size, stats.maxSize]).toEqual([undefined, undefined, undefined]);
  });

  it("of all caches add up", async () => {
    const before = getStats();
    const one = mcache((n: number) => n, { name: "adds-one" });
    const two = acache((n: number) => n, { name: "adds-two" });
    one(1);
    one(1);
    await two(1);
    const after = getStats();
    expect(after.totalCaches - before.totalCaches).toBe(2);
    expect([after.hits - before.hits, after.misses - before.misses]).toEqual([1, 2]);
    expect(after.size - before.size).toBe(2);
    expect(after.caches.map(({ name }) => name)).toEqual(expect.arrayContaining(["adds-one", "adds-two"]));
    expect(getStats("adds-one")).toMatchObject({ name: "adds-one", hits: 1, misses: 1, size: 1 });
    expect(getStats(two)).toMatchObject({ name: "adds-two", engine: "lru", misses: 1 });
    expect(getStats("nobody")).toBeUndefined();
  });

  it("Counters add figures as well as counts", () => {
    const one = Object.assign(new Counters(), { hits: 1, misses: 2, loads: 2, loadTime: 10 });
    const sum = new Counters();
    sum.add(one);
    sum.add(summarize(one));
    expect(sum).toMatchObject({ hits: 2, misses: 4, loads: 4, loadTime: 20 });
  });
});

describe("the registry", () => {
  it("lists caches by names that nobody else has", () => {
    const one = mcache((n: number) => n, { name: "listed" });
    const two = mcache((n: number) => n, { name: "listed" });
    expect([one.cache.name, two.cache.name]).toEqual(["listed", "listed#2"]);
    expect(listCaches()).toEqual(expect.arrayContaining(["listed", "listed#2"]));
    function named(n: number): number {
      return n;
    }
    expect(mcache(named).cache.name).toBe("named");
    expect(
      mcache(
        (
          () => (n: number) =>
            n
        )(),
      ).cache.name,
    ).toMatch(/^anonymous/);
  });

  it("finds a free name among many of one kind without trying each", () => {
    const registry = new CacheRegistry();
    const figures = { ...summarize(new Counters()), name: "", size: 0 };
    const cache = (name: string): RegisteredCache => ({ name, stats: () => figures, clear() {}, close() {} });
    const kept = Array.from({ length: 20_000 }, () => {
      const one = cache(registry.freeName("many"));
      registry.register(one);
      return one;
    });
    expect(kept.at(-1)?.name).toBe("many#20000");
    registry.unregister("many");
    expect(registry.freeName("many")).toBe("many");
    registry.unregister("many#7");
    registry.register(cache("many"));
    expect(registry.freeName("many"), "the search began anew").toBe("many#7");
  });

  it("clears one cache, by name or by function, or all of them", async () => {
    const one = mcache((n: number) => n, { name: "cleared-one" });
    const two = acache((n: number) => n, { name: "cleared-two", ...open, engine: thirdPartyAsync });
    const fill = async (): Promise<void> => {
      one(1);
      await two(1);
    };
    await fill();
    expect(await clearCache(one)).toBe(true);
    expect([one.cache.has(1), await two.cache.has(1)]).toEqual([false, true]);
    expect(await clearCache("cleared-two")).toBe(true);
    expect(await two.cache.has(1)).toBe(false);
    await fill();
    const cleared = clearCache();
    expect(one.cache.has(1), "memory is empty at once").toBe(false);
    expect(await cleared).toBe(true);
    expect(await two.cache.has(1)).toBe(false);
    expect(await clearCache("nobody")).toBe(false);
  });

  it("clears all that can be cleared, and tells which could not", async () => {
    const good = mcache((n: number) => n, { name: "clears-well" });
    good(1);
    const broken = ownCache("clears-badly", () => {
      throw new Error("stuck");
    });
    const rejecting = ownCache("clears-badly-too", () => Promise.reject(new Error("also stuck")));
    registerCache(broken);
    await expect(clearCache()).rejects.toThrow(/1 of \d+ caches failed to clear/);
    expect(good.cache.has(1)).toBe(false);
    registerCache(rejecting);
    await expect(clearCache()).rejects.toMatchObject({
      code: "ERR_CACHE_OPERATION",
      cause: expect.any(AggregateError),
    });
    unregisterCache("clears-badly");
    unregisterCache("clears-badly-too");
    await clearCache();
  });

  it("closes all: functions run as if they were not wrapped", async () => {
    let runs = 0;
    const one = mcache((_n: number) => ++runs);
    one(1);
    await closeCaches();
    expect([one(1), one(1)]).toEqual([2, 3]);
    const later = mcache((_n: number) => ++runs);
    expect([later(1), later(1)]).toEqual([4, 4]);
  });

  it("takes caches of your own", () => {
    const own = ownCache("own", () => undefined, 7);
    const before = getStats().hits;
    registerCache(own);
    expect(listCaches()).toContain("own");
    expect(getStats("own")?.hits).toBe(7);
    expect(getStats().hits - before).toBe(7);
    registerCache(ownCache("own", () => undefined, 5));
    expect(getStats("own")?.hits).toBe(5);
    expect(getStats().hits - before, "what the earlier one counted stays").toBe(12);
    expect([unregisterCache("own"), unregisterCache("own")]).toEqual([true, false]);
    expect(getStats("own")).toBeUndefined();
    expect(getStats().hits - before).toBe(12);
  });

  it("sums up the time that each cache has saved, and not an average of all", () => {
    const registry = new CacheRegistry();
    registry.register(
      ownCache("slow", () => undefined),
      Object.assign(new Counters(), { hits: 1, loads: 1, loadTime: 1_000 }),
    );
    registry.register(
      ownCache("fast", () => undefined),
      Object.assign(new Counters(), { hits: 99, loads: 1, loadTime: 1 }),
    );
    expect(registry.stats().timeSaved).toBe(1_099);
    registry.unregister("slow");
    expect(registry.stats().timeSaved).toBe(1_099);
  });

  it("is no reason to keep a cache, whose counts stay in the totals", () => {
    const registry = new CacheRegistry();
    const counters = Object.assign(new Counters(), { hits: 3, misses: 1 });
    registry.register(
      ownCache("gone", () => undefined),
      counters,
    );
    expect(registry.stats()).toMatchObject({ hits: 3, misses: 1, hitRatio: 0.75 });
    expect(registry.freeName("gone")).toBe("gone#2");
    registry.unregister("gone");
    expect(registry.stats()).toMatchObject({ hits: 3, misses: 1, totalCaches: 0 });
    expect(registry.freeName("gone")).toBe("gone");
  });

  function ownCache(name: string, clear: () => void | Promise<void>, hits = 0): RegisteredCache {
    const figures = { ...summarize(Object.assign(new Counters(), { hits })), name, size: undefined };
    return { name, stats: () => figures, clear, close: () => undefined };
  }
});
