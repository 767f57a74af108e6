/** Many calls at once, and filling a cache before anybody asks. */

import { describe, expect, it } from "vitest";
import {
  CacheOperationError,
  ConfigurationError,
  cacheOf,
  mcache,
  type WarmProgress,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer, settle } from "../support/deferred.js";
import { type Kind, kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createSource } from "../support/scripted.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();

/** A function that notes what it was asked, and fails for keys that begin with "bad". */
function createLoad(): { readonly asked: string[]; readonly load: (key: string) => Promise<unknown> } {
  const asked: string[] = [];
  return {
    asked,
    load: async (key) => {
      asked.push(key);
      await settle();
      if (key.startsWith("bad")) throw failure;
      return `value of ${key}`;
    },
  };
}

const listsOf = (...keys: string[]): [string][] => keys.map((key) => [key]);
const figures = (fn: ReturnType<Kind["cached"]>) => {
  const { hits, misses, loadFailures } = fn.cache.stats();
  return { hits, misses, loadFailures };
};

describe.each(kinds)("on $name", ({ cached, isPersistent }) => {
  describe("many()", () => {
    it("gives what single calls give, in the order of the list, duplicates included", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await fn("b");
      const values = await fn.cache.many(listsOf("c", "b", "a", "c", "b"));
      expect(values).toEqual(["c", "b", "a", "c", "b"].map((key) => `value of ${key}`));
      expect([...asked].sort()).toEqual(["a", "b", "c"]);
      expect(figures(fn)).toEqual({ hits: 2, misses: 4, loadFailures: 0 });
    });

    it("of nothing is nothing, and runs nothing", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      const nothing = fn.cache.many([]);
      expect(nothing).toBeInstanceOf(Promise);
      expect(await nothing).toEqual([]);
      expect(asked).toEqual([]);
    });

    it("rejects with the function's own error, and keeps what the others gave", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await expect(fn.cache.many(listsOf("a", "bad one", "b", "bad two"))).rejects.toBe(failure);
      while (asked.length < 4 || !(await fn.cache.has("b"))) await settle();
      expect(await fn.cache.many(listsOf("a", "b"))).toEqual(["value of a", "value of b"]);
      expect([...asked].sort()).toEqual(["a", "b", "bad one", "bad two"]);
    });

    it("shares loads that are under way, and takes any list", async () => {
      const source = createSource();
      const running = source.waits();
      const fn = cached(source.load, {});
      const single = fn("k");
      while (source.runs < 1) await settle();
      const many = fn.cache.many(new Set<[string]>([["k"], ["k"]]));
      running.resolve("one");
      expect([await single, await many]).toEqual(["one", ["one", "one"]]);
      expect(source.runs).toBe(1);
    });

    it("serves stale values as a call does", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s", staleIfError: "60s", clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      expect(await fn.cache.many([["k"]])).toEqual(["one"]);
    });

    it("does what the block around it says", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await fn("k");
      await withCache({ bypass: true }, () => fn.cache.many(listsOf("k", "k")));
      expect(asked).toEqual(["k", "k", "k"]);
    });

    it("does not mind what is done to the lists meanwhile", async () => {
      const { load } = createLoad();
      const fn = cached(load, { shouldCache: (_value, [key]) => key === "a" });
      const args: [string] = ["a"];
      const lists = [args];
      const many = fn.cache.many(lists);
      lists.length = 0;
      args[0] = "b";
      expect(await many).toEqual(["value of a"]);
      expect(await fn.cache.has("a")).toBe(true);
    });

    it("refuses what is no list of lists", async () => {
      const fn = cached(createLoad().load, {});
      for (const wrong of [undefined, 7, "ab", ["a"], [{ length: 1 }]]) {
        const call = async (): Promise<unknown> => fn.cache.many(wrong as never);
        await expect(call()).rejects.toThrow(CacheOperationError);
        await expect(call()).rejects.toThrow(/expected a list with a list of arguments/);
        await expect(fn.cache.warm(wrong as never)).rejects.toThrow(CacheOperationError);
      }
    });

    it("runs the function where the cache is closed", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await fn.cache.close();
      expect(await fn.cache.many(listsOf("a", "a"))).toEqual(["value of a", "value of a"]);
      expect(asked).toEqual(["a", "a"]);
    });
  });

  describe("warm()", () => {
    it("loads what is not fresh, skips what is, and does not reject for what fails", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await fn("a");
      const result = await fn.cache.warm(listsOf("a", "b", "bad one", "c", "bad two"));
      expect(result).toEqual({ loaded: 2, skipped: 1, failed: 2 });
      expect([...asked].sort()).toEqual(["a", "b", "bad one", "bad two", "c"]);
      expect(figures(fn)).toEqual({ hits: 0, misses: 5, loadFailures: 2 });
      await fn.cache.many(listsOf("a", "b", "c"));
      expect(figures(fn)).toMatchObject({ hits: 3, misses: 5 });
      expect(await fn.cache.warm([])).toEqual({ loaded: 0, skipped: 0, failed: 0 });
    });

    it.each([
      [undefined, 10],
      [1, 1],
      [3, 3],
      [Number.POSITIVE_INFINITY, 40],
    ])("with a concurrency of %s runs %s at a time", async (concurrency, expected) => {
      let running = 0;
      let most = 0;
      // Longer than it takes the slowest engine to look for all others, on a machine that is busy.
      const end = performance.now() + 20_000;
      const fn = cached(async (key) => {
        running += 1;
        most = Math.max(most, running);
        for (let i = 0; i < 5 || (most < expected && performance.now() < end); i += 1) await settle();
        running -= 1;
        return key;
      }, {});
      const lists = listsOf(...Array.from({ length: 40 }, (_, i) => `k${i}`));
      expect(await fn.cache.warm(lists, concurrency === undefined ? {} : { concurrency })).toMatchObject({
        loaded: 40,
      });
      expect(most).toBe(expected);
    });

    it("tells of each, and does not mind who throws at that", async () => {
      const fn = cached(createLoad().load, {});
      await fn("a");
      const told: WarmProgress[] = [];
      const onProgress = (progress: WarmProgress): void => {
        told.push(progress);
        throw new Error("the bar is broken");
      };
      const lists = listsOf("a", "bad", "b");
      expect(await fn.cache.warm(lists, { concurrency: 1, onProgress })).toMatchObject({ loaded: 1 });
      expect(told).toEqual([
        { done: 1, total: 3, failed: 0 },
        { done: 2, total: 3, failed: 1 },
        { done: 3, total: 3, failed: 1 },
      ]);
      const rejecting = async (): Promise<void> => {
        throw new Error("the bar is broken");
      };
      await fn.cache.warm(lists, { onProgress: rejecting });
    });

    it("begins nothing more once its signal is aborted, and what is under way comes to its end", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      const stop = new AbortController();
      const onProgress = ({ done }: WarmProgress): void => void (done === 2 && stop.abort());
      const lists = listsOf("a", "b", "c", "d");
      const result = await fn.cache.warm(lists, { concurrency: 1, onProgress, signal: stop.signal });
      expect([result, asked]).toEqual([{ loaded: 2, skipped: 0, failed: 0 }, ["a", "b"]]);
      expect(await fn.cache.warm(lists, { signal: stop.signal })).toEqual({ loaded: 0, skipped: 0, failed: 0 });
    });

    it("makes stale values anew, waits for that, and says when it fails", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const stale = { staleWhileRevalidate: "60s", staleIfError: "60s" } as const;
      const fn = cached(source.load, { ttl: "10s", ...stale, clock });
      await fn("k");
      clock.advance("10s");
      source.fails(failure);
      expect(await fn.cache.warm([["k"]])).toEqual({ loaded: 0, skipped: 0, failed: 1 });
      source.gives("two");
      expect(await fn.cache.warm([["k"]])).toEqual({ loaded: 1, skipped: 0, failed: 0 });
      expect(await fn.cache.peek("k")).toBe("two");
      expect(source.runs).toBe(3);
    });

    it.each([{}, { staleIfError: "60s" }] as const)("shares a load that is under way: with %o", async (options) => {
      const source = createSource();
      const fn = cached(source.load, options);
      for (const [end, expected] of [
        ["resolve", { loaded: 2, skipped: 0, failed: 0 }],
        ["reject", { loaded: 0, skipped: 0, failed: 2 }],
      ] as const) {
        await fn.cache.clear();
        const running = source.waits();
        const before = source.runs;
        const single = fn("k").catch(() => undefined);
        while (source.runs < before + 1) await settle();
        const warming = fn.cache.warm(listsOf("k", "k"));
        // Its lookups are answered before these are.
        for (let i = 0; i < 20; i += 1) expect(await fn.cache.has("k")).toBe(false);
        running[end](failure);
        expect(await warming).toEqual(expected);
        await single;
        expect(source.runs).toBe(before + 1);
      }
    });

    it("is not content with a load under way that came to a stale value", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s", staleIfError: "60s", clock });
      await fn("k");
      clock.advance("10s");
      const running = source.waits();
      const single = fn("k");
      while (source.runs < 2) await settle();
      source.fails(failure);
      const warming = fn.cache.warm([["k"]]);
      for (let i = 0; i < 20; i += 1) expect(await fn.cache.has("k")).toBe(false);
      running.reject(failure);
      expect([await single, await warming]).toEqual(["one", { loaded: 0, skipped: 0, failed: 1 }]);
    });

    it("is shared by calls, and a delete meanwhile is not undone", async () => {
      const source = createSource();
      const running = source.waits();
      const fn = cached(source.load, {});
      const warming = fn.cache.warm([["k"]]);
      while (source.runs < 1) await settle();
      const single = fn("k");
      await fn.cache.delete("k");
      running.resolve("one");
      expect([await warming, await single]).toEqual([{ loaded: 1, skipped: 0, failed: 0 }, "one"]);
      expect(await fn.cache.has("k")).toBe(false);
    });

    it("does what the block around it says", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await fn("k");
      expect(await withCache({ refresh: true }, () => fn.cache.warm([["k"]]))).toMatchObject({ loaded: 1 });
      expect(await withCache({ namespace: "n" }, () => fn.cache.warm([["k"]]))).toMatchObject({ loaded: 1 });
      expect(await withCache({ namespace: "n" }, () => fn.cache.warm([["k"]]))).toMatchObject({ skipped: 1 });
      expect(asked).toEqual(["k", "k", "k"]);
    });

    it("runs nothing where the cache is closed", async () => {
      const { asked, load } = createLoad();
      const fn = cached(load, {});
      await fn.cache.close();
      expect(await fn.cache.warm([["k"]])).toEqual({ loaded: 0, skipped: 1, failed: 0 });
      expect(asked).toEqual([]);
    });

    it.each([0, -1, 1.5, Number.NaN, "2"])("refuses a concurrency of %s", async (concurrency) => {
      const fn = cached(createLoad().load, {});
      const warming = fn.cache.warm([["k"]], { concurrency: concurrency as number });
      await expect(warming).rejects.toThrow(ConfigurationError);
    });

    it("counts arguments that make no key as failed, and does not run the function for them", async () => {
      const { asked, load } = createLoad();
      const key = (): never => {
        throw failure;
      };
      const fn = cached(load, { key });
      expect(await fn.cache.warm([["k"]])).toEqual({ loaded: 0, skipped: 0, failed: 1 });
      expect(asked).toEqual([]);
    });
  });

  it("what one caller does to a value of many() reaches no other", async () => {
    if (!isPersistent) return;
    const fn = cached(async () => ({ list: [1] }), {});
    const [first, second] = (await fn.cache.many(listsOf("k", "k"))) as { list: number[] }[];
    first?.list.push(2);
    expect(second).toEqual({ list: [1] });
  });
});

describe("a function that answers at once", () => {
  it("gives an array, also of nothing", () => {
    let runs = 0;
    const square = mcache((n: number) => {
      runs += 1;
      return n * n;
    });
    expect(square.cache.many([[3], [2], [3]])).toEqual([9, 4, 9]);
    expect(square.cache.many([])).toEqual([]);
    expect(runs).toBe(2);
  });

  it("throws the first error, runs nothing after that, and keeps what came before", () => {
    const asked: number[] = [];
    const load = mcache((n: number) => {
      asked.push(n);
      if (n === 2) throw failure;
      return n;
    });
    expect(() => load.cache.many([[1], [2], [3]])).toThrow(failure);
    expect([asked, load.cache.has(1)]).toEqual([[1, 2], true]);
  });

  it("is warmed", async () => {
    const square = mcache((n: number) => n * n);
    square(2);
    expect(await square.cache.warm([[1], [2]])).toEqual({ loaded: 1, skipped: 1, failed: 0 });
    expect(square.cache.peek(1)).toBe(1);
  });
});

describe("a function that gives promises, or throws before it does", () => {
  it("rejects, and no rejection is left to nobody", async () => {
    const running = defer<number>();
    const load = mcache((n: number): Promise<number> => {
      if (n === 2) throw failure;
      return running.promise;
    });
    const many = load.cache.many([[1], [2], [3]]);
    running.reject(new Error("too late"));
    await expect(many).rejects.toBe(failure);
  });
});

describe("a method", () => {
  class Repository {
    factor = 2;
    times(n: number): number {
      return n * this.factor;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Repository.prototype, "times") as PropertyDescriptor;
  Object.defineProperty(Repository.prototype, "times", mcache()(Repository.prototype, "times", descriptor));

  it("is called on the instance that the handle is about", async () => {
    const repository = new Repository();
    const handle = cacheOf(repository, "times");
    expect(handle.many([[1], [2]])).toEqual([2, 4]);
    expect(await handle.warm([[2], [3]])).toEqual({ loaded: 1, skipped: 1, failed: 0 });
    const ofNobody = cacheOf(repository.times);
    expect(() => ofNobody.many([[1]])).toThrow(CacheOperationError);
    await expect(ofNobody.warm([[1]])).rejects.toThrow(CacheOperationError);
  });
});
