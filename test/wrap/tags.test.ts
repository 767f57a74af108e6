/** Tags and name spaces, in every kind of store. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  acache,
  batch,
  CacheOperationError,
  ConfigurationError,
  cacheOf,
  closeCaches,
  invalidateNamespaces,
  invalidateTags,
  mcache,
  withCache,
} from "../../src/index.js";
import { InvalidationTable } from "../../src/tags/index.js";
import { createFakeClock, type FakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { type Cached, kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createSource, type Source } from "../support/scripted.js";

const lines = collectLog();
const failure = new Error("the source is down");
let clock: FakeClock;
let source: Source;

beforeEach(() => {
  clock = createFakeClock();
  source = createSource("one");
});
afterEach(() => closeCaches());

/** Runs that a call took. */
async function runsOf(act: () => unknown): Promise<number> {
  const before = source.runs;
  await act();
  return source.runs - before;
}

describe.each(kinds)("on $name", ({ cached, isPersistent, isAsync }) => {
  const tagged = (options: Parameters<typeof cached>[1] = {}): Cached =>
    cached(source.load, { tags: (_value, key) => ["all", `key:${key}`], clock, ...options });

  it("what has the tag is made anew, in all calls, and the rest is not", async () => {
    const fn = tagged();
    await Promise.all([fn("a"), fn("b")]);
    await invalidateTags("key:a");
    expect([await runsOf(() => fn("b")), await runsOf(() => fn("a")), await runsOf(() => fn("a"))]).toEqual([0, 1, 0]);
    await invalidateTags("all");
    expect([await runsOf(() => fn("a")), await runsOf(() => fn("b"))]).toEqual([1, 1]);
  });

  it("a list of tags is that of every value", async () => {
    const fn = cached(source.load, { tags: ["x", "y"], clock });
    await fn("a");
    expect(await runsOf(() => fn("a"))).toBe(0);
    await invalidateTags("z", "y");
    expect(await runsOf(() => fn("a"))).toBe(1);
  });

  it("the tags of a value are those of the value", async () => {
    const fn = cached(source.load, { tags: (value) => [`v:${String(value)}`], clock });
    await fn("a");
    await invalidateTags("v:two");
    expect(await runsOf(() => fn("a"))).toBe(0);
    source.gives("two");
    await fn.cache.refresh("a");
    await invalidateTags("v:one");
    expect(await runsOf(() => fn("a"))).toBe(0);
    await invalidateTags("v:two");
    expect(await runsOf(() => fn("a"))).toBe(1);
  });

  it("of one cache alone", async () => {
    const fn = tagged();
    const other = acache(async (key: string) => key, { tags: ["all"], clock });
    await fn("a");
    await other("a");
    await fn.cache.invalidateTags("all");
    expect(await runsOf(() => fn("a"))).toBe(1);
    await other("a");
    expect(other.cache.stats().hits).toBe(1);
  });

  it("reaches functions that have not been called yet, and many times", async () => {
    const fn = tagged();
    await invalidateTags("all");
    expect(await runsOf(() => fn("a"))).toBe(1);
    for (let i = 0; i < 50; i += 1) await invalidateTags(`key:${i}`);
    expect(await runsOf(() => fn("a"))).toBe(0);
  });

  it("has, peek, many and warm do not see what was invalidated", async () => {
    const fn = tagged();
    await fn("a");
    await fn.cache.invalidateTags("all");
    expect([await fn.cache.has("a"), await fn.cache.peek("a")]).toEqual([false, undefined]);
    expect(await runsOf(() => fn.cache.many([["a"], ["b"]]))).toBe(2);
    await fn.cache.invalidateTags("all");
    expect(await fn.cache.warm([["a"]])).toMatchObject({ loaded: 1, skipped: 0 });
    expect(await fn.cache.delete("a")).toBe(true);
  });

  it("what was invalidated counts as a miss", async () => {
    const fn = tagged();
    await fn("a");
    await fn.cache.invalidateTags("all");
    await fn("a");
    await fn("a");
    const { hits, misses, stale } = fn.cache.stats();
    expect({ hits, misses, stale }).toEqual({ hits: 1, misses: 2, stale: 0 });
  });

  it("an invalidated value is not served as a stale one, whatever happens", async () => {
    const fn = tagged({ ttl: "10s", staleWhileRevalidate: "100s", staleIfError: { for: "1000s", backoff: 0 } });
    for (const age of [0, 50, 500]) {
      source.gives("old");
      await fn.cache.refresh("a");
      clock.advance(`${age}s`);
      await fn.cache.invalidateTags("all");
      source.fails(failure);
      await expect(fn("a"), `after ${age} s`).rejects.toBe(failure);
    }
  });

  it("an invalidated value is not served where the function takes too long", async () => {
    const fn = tagged({ ttl: "10s", staleIfError: "1000s", softTimeout: 5 });
    await fn("a");
    clock.advance("20s");
    const running = source.waits();
    const call = fn("a");
    while (source.runs < 2) await settle();
    await fn.cache.invalidateTags("all");
    await new Promise((resolve) => setTimeout(resolve, 15));
    running.resolve("two");
    expect(await call).toBe("two");
  });

  it("a load that was under way is not kept, and later callers do not share it", async () => {
    const fn = tagged();
    await fn("warm");
    const first = source.waits();
    const before = fn("a");
    while (source.runs < 2) await settle();
    await fn.cache.invalidateTags("key:a");
    source.gives("new");
    const after = [fn("a"), fn("a"), fn("a")];
    await settle();
    first.resolve("old");
    expect(await before).toBe("old");
    expect(await Promise.all(after)).toEqual(["new", "new", "new"]);
    expect(source.runs).toBe(3);
    expect(await runsOf(() => fn("a"))).toBe(0);
    const { hits, misses } = fn.cache.stats();
    expect({ hits, misses }).toEqual({ hits: 1, misses: 5 });
  });

  it("a load that was under way, and fails, is not shared by later callers either", async () => {
    const fn = tagged();
    await fn("warm");
    const first = source.waits();
    const before = fn("a").catch((error: unknown) => error);
    while (source.runs < 2) await settle();
    await fn.cache.invalidateTags("key:a");
    source.gives("new");
    const after = fn("a");
    await settle();
    first.reject(failure);
    expect([await before, await after]).toEqual([failure, "new"]);
  });

  it("a load with other tags is shared all the same", async () => {
    const fn = tagged();
    await fn("warm");
    const running = source.waits();
    const before = fn("a");
    while (source.runs < 2) await settle();
    await fn.cache.invalidateTags("key:b");
    const after = fn("a");
    await settle();
    running.resolve("one");
    expect([await before, await after, source.runs]).toEqual(["one", "one", 2]);
    expect(await runsOf(() => fn("a"))).toBe(0);
  });

  it.each(["a refresh", "a value that is promised", "a load in the background"])(
    "%s that was under way is not kept",
    async (what) => {
      const fn = tagged({ ttl: "10s", staleWhileRevalidate: "100s" });
      await fn("a");
      if (what === "a load in the background") clock.advance("20s");
      const running = source.waits();
      const begun =
        what === "a refresh"
          ? fn.cache.refresh("a")
          : what === "a value that is promised"
            ? fn.cache.set(["a"], running.promise)
            : fn("a");
      if (what !== "a value that is promised") while (source.runs < 2) await settle();
      await fn.cache.invalidateTags("key:a");
      running.resolve("old");
      await begun;
      await settle();
      source.gives("new");
      expect(await fn("a")).toBe("new");
    },
  );

  it("what is made in the background has its own tags, and goes with them", async () => {
    const fn = cached(source.load, {
      tags: (value) => [String(value)],
      ttl: "10s",
      staleWhileRevalidate: "100s",
      clock,
    });
    await fn("a");
    clock.advance("20s");
    source.gives("two");
    expect(await fn("a")).toBe("one");
    while ((await fn.cache.peek("a")) !== "two") await settle();
    await invalidateTags("one");
    expect(await runsOf(() => fn("a"))).toBe(0);
    await invalidateTags("two");
    expect(await runsOf(() => fn("a"))).toBe(1);
  });

  it("no tags, or tags that nothing has, end nothing, and are no harm among others", async () => {
    const fn = tagged();
    await fn("a");
    await invalidateTags();
    await fn.cache.invalidateTags();
    await invalidateTags("nobody's");
    expect(await runsOf(() => fn("a"))).toBe(0);
    await invalidateTags("nobody's", "key:a", "nor this");
    expect(await runsOf(() => fn("a"))).toBe(1);
  });

  it("a value that is set has tags", async () => {
    const fn = tagged();
    await fn.cache.set(["a"], "set");
    expect(await fn("a")).toBe("set");
    await fn.cache.invalidateTags("key:a");
    expect(await fn("a")).toBe("one");
  });

  it("expire() finds nothing where a value was invalidated", async () => {
    const fn = tagged({ ttl: "10s", staleIfError: "1000s" });
    await fn("a");
    await fn.cache.invalidateTags("all");
    expect(await fn.cache.expire("a")).toBe(false);
    source.fails(failure);
    await expect(fn("a")).rejects.toBe(failure);
  });

  it("an error that is kept goes with its tags or, where a function says them, with any", async () => {
    for (const tags of [["t"], () => ["t"]]) {
      source.fails(new Error("kept"));
      const fn = cached(source.load, { tags, cacheErrors: "10s", clock });
      await expect(fn("a")).rejects.toThrow("kept");
      expect(await runsOf(() => expect(fn("a")).rejects.toThrow("kept"))).toBe(0);
      await fn.cache.invalidateTags(typeof tags === "function" ? "other" : "t");
      expect(await runsOf(() => expect(fn("a")).rejects.toThrow("kept"))).toBe(1);
    }
  });

  it("a function of tags that fails, or says nonsense, costs the cache and not the call", async () => {
    const said: unknown[] = [[1], "all", [""], Promise.resolve(["a"]), Array.from({ length: 101 }, () => "a"), null];
    for (const tags of [...said.map((one) => () => one), () => Promise.reject(failure)]) {
      const errors: unknown[] = [];
      const fn = cached(source.load, {
        tags: tags as never,
        clock,
        onError: ({ operation }) => errors.push(operation),
      });
      expect(await fn("a")).toBe("one");
      expect(await runsOf(() => fn("a"))).toBe(1);
      expect(errors).toEqual(["tags", "tags"]);
    }
    expect(lines.length).toBeGreaterThan(0);
  });

  it("a value without tags is not concerned", async () => {
    const fn = cached(source.load, { tags: (_value, key) => (key === "a" ? [] : ["t"]), clock });
    await fn("a");
    await invalidateTags("t");
    expect(await runsOf(() => fn("a"))).toBe(0);
  });

  it("what is no tag is refused", async () => {
    const fn = tagged();
    for (const wrong of ["", "x".repeat(201), 1, undefined, {}]) {
      await expect(invalidateTags(wrong as string)).rejects.toThrow(CacheOperationError);
      await expect(async () => fn.cache.invalidateTags(wrong as string)).rejects.toThrow(CacheOperationError);
    }
  });

  it("name spaces are apart, in options and in blocks, and end together", async () => {
    const fn = tagged({ namespace: "own" });
    const inBlock = (namespace: string): Promise<unknown> => withCache({ namespace }, () => fn("a"));
    expect([await runsOf(() => fn("a")), await runsOf(() => fn("a"))]).toEqual([1, 0]);
    expect([await runsOf(() => inBlock("b")), await runsOf(() => inBlock("b"))]).toEqual([1, 0]);
    expect(await runsOf(() => inBlock("own"))).toBe(0);
    await invalidateNamespaces("b");
    expect([await runsOf(() => fn("a")), await runsOf(() => inBlock("b"))]).toEqual([0, 1]);
    await invalidateNamespaces("own", "c");
    expect([await runsOf(() => fn("a")), await runsOf(() => inBlock("b"))]).toEqual([1, 0]);
    // A tag is the same in all of them.
    await invalidateTags("all");
    expect([await runsOf(() => fn("a")), await runsOf(() => inBlock("b"))]).toEqual([1, 1]);
    await expect(invalidateNamespaces("")).rejects.toThrow(CacheOperationError);
  });

  it("name spaces need no tags", async () => {
    const fn = cached(source.load, { clock });
    await fn("a");
    await withCache({ namespace: "n" }, () => fn("a"));
    await invalidateNamespaces("n");
    expect(await runsOf(() => fn("a"))).toBe(0);
    expect(await runsOf(() => withCache({ namespace: "n" }, () => fn("a")))).toBe(1);
  });

  it("what is invalid leaves when it is asked for, and onEvict is told", async () => {
    const told: unknown[] = [];
    const fn = tagged({ onEvict: ({ reason, value }) => told.push([reason, value]) });
    await fn("a");
    await fn.cache.invalidateTags("all");
    await fn("a");
    expect(told).toEqual(isPersistent || isAsync ? [] : [["invalidated", "one"]]);
  });
});

it("a batch has the tags of each of its values, and those that were under way are not kept", async () => {
  const asked: string[] = [];
  const gates: (() => void)[] = [];
  const price = batch(
    async (names: readonly string[]) => {
      asked.push([...names].sort().join("+"));
      if (asked.length === 2) await new Promise<void>((resolve) => gates.push(resolve));
      return names.map((name) => `${name}${asked.length}`);
    },
    { tags: (_price, name) => [name], clock },
  );
  await Promise.all([price("tea"), price("milk")]);
  await price.cache.invalidateTags("tea");
  const under = Promise.all([price("tea"), price("milk"), price("bread")]);
  while (gates.length === 0) await settle();
  await invalidateTags("bread");
  gates[0]?.();
  expect(await under).toEqual(["tea2", "milk1", "bread2"]);
  expect(await Promise.all([price("tea"), price("bread")])).toEqual(["tea2", "bread3"]);
  expect(asked).toEqual(["milk+tea", "bread+tea", "bread"]);
});

describe("in memory", () => {
  it("synchronous functions have tags, with keys of every kind, and structured copies", async () => {
    let runs = 0;
    for (const clone of ["none", "structured"] as const) {
      runs = 0;
      const fn = mcache((...args: unknown[]) => ({ runs: ++runs, args }), {
        tags: (_value, ...args) => [`n:${args.length}`],
        clone,
      });
      for (const args of [[], ["a"], [1], [{}, 2]]) fn(...args);
      for (const args of [[], ["a"], [1]]) fn(...args);
      expect(runs).toBe(4);
      fn.cache.invalidateTags("n:1");
      for (const args of [[], ["a"], [1]]) fn(...args);
      expect(runs).toBe(6);
      await invalidateTags("n:0");
      fn();
      expect(runs).toBe(7);
      expect(fn.cache.stats().hits).toBe(4);
    }
  });

  it("is done before the promise of invalidateTags is fulfilled", () => {
    let runs = 0;
    const fn = mcache((n: number) => n + ++runs, { tags: ["t"] });
    fn(0);
    const done = invalidateTags("t");
    expect(fn(0)).toBe(2);
    return done;
  });

  it("methods have tags, and an invalidation of one reaches all instances", () => {
    let runs = 0;
    const total = function total(this: { id: number }): number {
      runs += 1;
      return this.id;
    };
    const decorate = mcache({ tags: (value) => [`id:${String(value)}`] });
    class Account {
      declare total: () => number;
      constructor(readonly id: number) {}
    }
    const descriptor = decorate(Account.prototype, "total", { value: total, writable: true, configurable: true });
    Object.defineProperty(Account.prototype, "total", descriptor);
    const [one, two] = [new Account(1), new Account(2)];
    for (const account of [one, two, one, two]) account.total();
    expect(runs).toBe(2);
    cacheOf(two, "total").invalidateTags("id:1");
    for (const account of [one, two, one]) account.total();
    expect(runs).toBe(3);
  });

  it("options that cannot work are refused where the function is decorated", () => {
    for (const tags of ["t", [""], [1], Array.from({ length: 101 }, () => "t"), 1]) {
      expect(() => mcache(() => 1, { tags: tags as never })).toThrow(ConfigurationError);
    }
    expect(() => mcache(() => 1, { namespace: "" })).toThrow(/namespace: expected a text/);
    expect(() => mcache(() => 1, { tags: "t" as never })).toThrow(/tags: expected a list of up to 100 tags/);
  });

  it("a list of tags that is changed later is what it was", async () => {
    let runs = 0;
    const tags = ["t"];
    const fn = mcache(() => ++runs, { tags });
    fn();
    tags[0] = "u";
    await invalidateTags("t");
    expect(fn()).toBe(2);
  });
});

describe("the order of invalidations", () => {
  it("forgets the oldest of very many, and with them what is older", () => {
    const table = new InvalidationTable<number>("e");
    table.add([1]);
    const { count } = table.now;
    expect(table.hasSince([1], 0)).toBe(true);
    expect(table.hasSince([1], count)).toBe(false);
    expect(table.hasSince([2], 0)).toBe(false);
    for (let mark = 10; mark < 100_010; mark += 1) table.addOne(mark);
    // Nobody knows any more whether 2 was invalidated after that.
    expect(table.hasSince([2], 0)).toBe(true);
    expect(table.hasSince([2], count)).toBe(false);
    expect(table.hasSince([50_000], 50_000)).toBe(false);
    expect(table.hasSince([50_000], 49_000)).toBe(true);
    expect(table.hasSince([2], table.now.count + 1), "from a future that never was").toBe(true);
  });
});
