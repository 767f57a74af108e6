/** Single calls that become one call for many. */

import { afterEach, describe, expect, it } from "vitest";
import {
  type BatchOptions,
  batch,
  CacheOperationError,
  ConfigurationError,
  mcache,
  TwatCacheError,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { type Deferred, defer, settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartyAsyncWith, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { temporaryDirectories } from "../support/temporary.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();
const toClose: { readonly cache: { close(): unknown } }[] = [];
const temporary = temporaryDirectories();
afterEach(async () => {
  for (const fn of toClose.splice(0)) await fn.cache.close();
  await settle();
});

type Many = (keys: readonly string[]) => unknown;

/** A function for many that notes what it was asked. */
function createMany(act: Many = (keys) => keys.map((key) => `value of ${key}`)) {
  const source = {
    asked: [] as string[][],
    act,
    async many(keys: readonly string[]): Promise<readonly unknown[]> {
      source.asked.push([...keys]);
      return source.act(keys) as readonly unknown[];
    },
    waits(): Deferred<readonly unknown[]> {
      const deferred = defer<readonly unknown[]>();
      source.act = () => deferred.promise;
      return deferred;
    },
  };
  return source;
}

/** The handle, of either kind. */
interface Batched {
  (key: string): Promise<unknown>;
  readonly cache: {
    has(key: string): unknown;
    peek(key: string): unknown;
    set(args: [string], value: unknown): unknown;
    delete(key: string): unknown;
    refresh(key: string): Promise<unknown>;
    many(lists: Iterable<readonly [string]>): Promise<unknown[]>;
    warm(lists: Iterable<readonly [string]>, options?: object): Promise<unknown>;
    stats(): { readonly hits: number; readonly misses: number; readonly coalesced: number; readonly loads: number };
    close(): unknown;
    readonly engine: string;
  };
}

const memory = (name: string, more: object) => ({ name, place: () => more });
const disk = (name: string, more: object) => ({
  name,
  place() {
    const cacheDir = temporary();
    return { name: "batch", version: 1, cacheDir, folderName: "batch", engineTimeout: "30s", fallback: false, ...more };
  },
});
const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" };
const kinds = [
  memory("lru", { engine: "lru" }),
  memory("map", { engine: "map" }),
  memory("a synchronous engine from outside", { engine: thirdPartySync, ...unbounded }),
  memory("an asynchronous engine from outside", { engine: thirdPartyAsync, ...unbounded }),
  disk("sqlite", { engine: "sqlite" }),
  disk("file", { engine: "file" }),
  disk("sqlite with a memory in front", { engine: "sqlite", memory: true }),
];
const keysOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);
const listsOf = (...keys: string[]): [string][] => keys.map((key) => [key]);

function batched(many: unknown, options: object): Batched {
  const fn = batch(many as () => Promise<string[]>, options as BatchOptions) as unknown as Batched;
  toClose.push(fn);
  return fn;
}

describe.each(kinds)("on $name", ({ place }) => {
  it("1,000 calls made together are one call of the function, and each gets its own result", async () => {
    const source = createMany();
    const fn = batched(source.many, place());
    const keys = keysOf(1_000);
    expect(await Promise.all(keys.map((key) => fn(key)))).toEqual(keys.map((key) => `value of ${key}`));
    expect(source.asked).toHaveLength(1);
    expect(source.asked[0]?.toSorted()).toEqual(keys.toSorted());
  });

  it("asks for what is missing, once a key, and answers in the order of asking", async () => {
    const source = createMany();
    const fn = batched(source.many, place());
    expect(await fn("b")).toBe("value of b");
    const values = await fn.cache.many(listsOf("c", "b", "a", "c", "b"));
    expect(values).toEqual(["c", "b", "a", "c", "b"].map((key) => `value of ${key}`));
    expect(source.asked.map((keys) => keys.toSorted())).toEqual([["b"], ["a", "c"]]);
    const { hits, misses, coalesced } = fn.cache.stats();
    expect({ hits, misses, coalesced }).toEqual({ hits: 2, misses: 4, coalesced: 1 });
    expect(await fn.cache.many([])).toEqual([]);
    expect(source.asked).toHaveLength(2);
  });

  it("a call that is made some promise jobs later joins; one that comes when the batch is away does not", async () => {
    const source = createMany();
    const fn = batched(source.many, place());
    // Opened, so that the lookups that follow begin at once.
    await fn("open");
    const later = async (): Promise<unknown> => {
      for (let i = 0; i < 5; i += 1) await undefined;
      return fn("later");
    };
    await Promise.all([fn("now"), later()]);
    await fn("much later");
    expect(source.asked.map((keys) => keys.length)).toEqual([1, 2, 1]);
  });

  it("splits what is more than maxBatch", async () => {
    const source = createMany();
    const fn = batched(source.many, { ...place(), maxBatch: 2 });
    const keys = keysOf(5);
    expect(await fn.cache.many(listsOf(...keys, "k0"))).toEqual([...keys, "k0"].map((key) => `value of ${key}`));
    expect(source.asked.map((asked) => asked.length)).toEqual([2, 2, 1]);
  });

  it("an Error among the results rejects those who asked for it alone, and is not kept", async () => {
    const source = createMany((keys) => keys.map((key) => (key === "bad" ? failure : key)));
    const fn = batched(source.many, place());
    const [good, bad, again, other] = await Promise.allSettled([fn("good"), fn("bad"), fn("bad"), fn("other")]);
    expect([good, other]).toMatchObject([{ value: "good" }, { value: "other" }]);
    expect([bad, again].map((outcome) => (outcome as PromiseRejectedResult).reason === failure)).toEqual([true, true]);
    source.act = (keys) => keys.map(() => "well");
    expect(await fn.cache.many(listsOf("good", "bad", "other"))).toEqual(["good", "well", "other"]);
    expect(source.asked.at(-1)).toEqual(["bad"]);
  });

  it.each<[string, Many]>([
    ["rejects", () => Promise.reject(failure)],
    [
      "throws",
      () => {
        throw failure;
      },
    ],
  ])(
    "where the function %s all calls of the batch get that very error, and each can be tried again",
    async (_, act) => {
      const source = createMany(act);
      const fn = batched(source.many, place());
      const outcomes = await Promise.allSettled(["a", "b", "c"].map((key) => fn(key)));
      expect(outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === failure)).toBe(true);
      source.act = (keys) => [...keys];
      expect(await fn.cache.many(listsOf("a", "b", "c"))).toEqual(["a", "b", "c"]);
      expect(source.asked).toHaveLength(2);
    },
  );

  it.each<[string, unknown]>([
    ["an array of 1", ["a"]],
    ["an array of 3", ["a", "b", "c"]],
    ["undefined", undefined],
    ["an object", { length: 2, 0: "a", 1: "b" }],
  ])("%s in place of the results is an error for all, and nothing is kept", async (_what, results) => {
    const source = createMany(() => results);
    const fn = batched(source.many, place());
    const outcomes = await Promise.allSettled([fn("a"), fn("b")]);
    const [first, second] = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as Error);
    expect(first).toBeInstanceOf(CacheOperationError);
    expect(first).toBeInstanceOf(TwatCacheError);
    expect(second).toBe(first);
    expect(first?.message).toMatch(/^batch\(many\): expected an array of 2, .*; got /);
    if (Array.isArray(results)) expect(first?.message).toContain(`got an array of ${results.length}.`);
    expect([await fn.cache.has("a"), await fn.cache.has("b")]).toEqual([false, false]);
  });

  it("a delete while a batch is under way is not undone, and touches no other key", async () => {
    const source = createMany();
    const running = source.waits();
    const fn = batched(source.many, place());
    const calls = Promise.all([fn("a"), fn("b")]);
    while (source.asked.length < 1) await settle();
    await fn.cache.delete("a");
    running.resolve(source.asked[0] as string[]);
    expect(await calls).toEqual(["a", "b"]);
    expect([await fn.cache.has("a"), await fn.cache.has("b")]).toEqual([false, true]);
  });

  it("a key that is under way in one batch is not asked for in the next", async () => {
    const source = createMany();
    const running = source.waits();
    const fn = batched(source.many, place());
    const first = fn("a");
    while (source.asked.length < 1) await settle();
    source.act = (keys) => [...keys];
    const second = fn.cache.many(listsOf("a", "b"));
    while (source.asked.length < 2) await settle();
    running.resolve(["one"]);
    expect([await first, await second]).toEqual(["one", ["one", "b"]]);
    expect(source.asked).toEqual([["a"], ["b"]]);
  });

  it("is warmed in batches", async () => {
    const source = createMany((keys) => keys.map((key) => (key === "k3" ? failure : key)));
    const fn = batched(source.many, place());
    await fn("k0");
    expect(await fn.cache.warm(listsOf(...keysOf(4)))).toEqual({ loaded: 2, skipped: 1, failed: 1 });
    expect(source.asked.flat().toSorted()).toEqual(keysOf(4));
  });

  it("refreshes, and is refreshed, in batches", async () => {
    let run = 0;
    const source = createMany((keys) => {
      run += 1;
      return keys.map((key) => `${key}${run}`);
    });
    const fn = batched(source.many, place());
    await Promise.all([fn("a"), fn("b")]);
    expect(await Promise.all([fn.cache.refresh("a"), fn.cache.refresh("b")])).toEqual(["a2", "b2"]);
    expect(await fn.cache.many(listsOf("a", "b"))).toEqual(["a2", "b2"]);
    expect(run).toBe(2);
  });

  it("serves stale values for the keys that failed and had one", async () => {
    const clock = createFakeClock();
    const source = createMany((keys) => keys.map((key) => `${key} one`));
    const fn = batched(source.many, { ...place(), ttl: "10s", staleIfError: "60s", clock });
    await fn("a");
    clock.advance("10s");
    source.act = (keys) => keys.map((key) => (key === "c" ? `${key} two` : failure));
    const outcomes = await Promise.allSettled(["a", "b", "c"].map((key) => fn(key)));
    expect(outcomes).toMatchObject([{ value: "a one" }, { reason: failure }, { value: "c two" }]);
  });

  it("what the function does to its list, and to the list that it gave, reaches nobody", async () => {
    const given: string[] = [];
    const fn = batched(async (keys: string[]) => {
      given.push(...keys.splice(0).map((key) => key.toUpperCase()));
      return given;
    }, place());
    const calls = Promise.all([fn("a"), fn("b")]);
    const values = await calls;
    given.reverse();
    expect([values, await fn.cache.many(listsOf("a", "b"))]).toEqual([
      ["A", "B"],
      ["A", "B"],
    ]);
  });
});

describe("batches", () => {
  it("have the argument as it was when it was asked for", async () => {
    const asked: unknown[] = [];
    const fn = batch(async (queries: { id: number }[]) => {
      asked.push(...queries);
      return queries.map(({ id }) => `value ${id}`);
    });
    const query = { id: 1 };
    const call = fn(query);
    const same = fn({ id: 1 });
    query.id = 2;
    expect([await call, await same, await fn({ id: 1 })]).toEqual(["value 1", "value 1", "value 1"]);
    expect(asked).toEqual([{ id: 1 }]);
    class Opaque {}
    const opaque = new Opaque();
    const first = batch(async (things: Opaque[]) => things.map((thing) => thing === opaque));
    expect(await first(opaque)).toBe(true);
  });

  it("of batched functions inside batched functions are one a level", async () => {
    const inner = createMany();
    const one = batched(inner.many, {});
    const outer = createMany((keys) => Promise.all(keys.map((key) => one(`inner ${key}`))));
    const fn = batched(outer.many, {});
    expect(await Promise.all([fn("a"), fn("b")])).toEqual(["value of inner a", "value of inner b"]);
    expect([inner.asked, outer.asked]).toEqual([[["inner a", "inner b"]], [["a", "b"]]]);
  });

  it("are not put off by lookups that begin after them", async () => {
    const slow = new Map<unknown, Deferred<undefined>>();
    const engine = thirdPartyAsyncWith((store) => ({
      get: async (key) => (slow.has(key) ? slow.get(key)?.promise : store.get(key)),
    }));
    const source = createMany();
    const fn = batched(source.many, { engine, ...unbounded, engineTimeout: "60s" });
    await fn("open");
    slow.set("first", defer<undefined>()).set("second", defer<undefined>());
    const first = fn("first");
    const fast = fn("fast");
    for (let i = 0; i < 10; i += 1) await settle();
    // What was asked for together stays together.
    expect(source.asked).toEqual([["open"]]);
    const second = fn("second");
    await settle();
    slow.get("first")?.resolve(undefined);
    expect(await Promise.all([first, fast])).toEqual(["value of first", "value of fast"]);
    expect(source.asked).toEqual([["open"], ["fast", "first"]]);
    slow.get("second")?.resolve(undefined);
    expect(await second).toBe("value of second");
  });

  it("wait no longer for an engine than calls do", async () => {
    const engine = thirdPartyAsyncWith((store) => ({
      get: (key) => (key === "lost" ? new Promise(() => undefined) : store.get(key)),
    }));
    const source = createMany();
    const fn = batched(source.many, { engine, ...unbounded, engineTimeout: "20ms" });
    expect(await Promise.all([fn("lost"), fn("fast")])).toEqual(["value of lost", "value of fast"]);
    expect(source.asked).toEqual([["fast", "lost"]]);
  });

  it("of a block and of what is outside are different ones", async () => {
    const settings = mcache((_what: string) => ({}));
    const source = createMany((keys) => {
      settings("x");
      return [...keys];
    });
    const fn = batched(source.many, {});
    await withCache({ bypass: true }, async () => {
      const inside = [fn("a"), fn("a")];
      expect(await Promise.all(inside)).toEqual(["a", "a"]);
    });
    const inside = withCache({ namespace: "n" }, () => fn("a"));
    await Promise.all([inside, fn("a")]);
    expect(source.asked).toHaveLength(3);
    expect(source.asked[0]).toEqual(["a", "a"]);
    expect(settings.cache.stats()).toMatchObject({ bypasses: 1, hits: 0, misses: 3 });
  });

  it("may have everything in them", async () => {
    const source = createMany();
    const fn = batched(source.many, { maxSize: 10_000, maxBatch: Number.POSITIVE_INFINITY });
    await fn.cache.many(listsOf(...keysOf(5_000)));
    expect(source.asked.map((keys) => keys.length)).toEqual([5_000]);
    const split = createMany();
    await batched(split.many, { maxSize: 10_000 }).cache.many(listsOf(...keysOf(2_500)));
    expect(split.asked.map((keys) => keys.length)).toEqual([1_000, 1_000, 500]);
  });

  it("take a function that answers at once, and results that are promises", async () => {
    const fn = batch((ids: readonly number[]) => ids.map((id) => Promise.resolve(2 * id)));
    expect(await fn.cache.many([[1], [2]])).toEqual([2, 4]);
    const failing = batch((ids: readonly number[]) =>
      ids.map((id) => (id === 1 ? Promise.reject(failure) : Promise.resolve(id === 3 ? failure : id))),
    );
    const outcomes = await Promise.allSettled([failing(1), failing(2), failing(3)]);
    expect(outcomes).toMatchObject([{ reason: failure }, { value: 2 }, { reason: failure }]);
  });
});

describe("a batched function", () => {
  it("is named after the function for many, and its original asks without the cache, in a batch too", async () => {
    const source = createMany();
    const fn = batched(source.many, {});
    expect(fn.name).toBe("many");
    const { original } = (fn as unknown as { cache: { original(key: string): Promise<unknown> } }).cache;
    await Promise.all([original("a"), original("b"), original("a")]);
    expect([source.asked, await fn.cache.has("a")]).toEqual([[["a", "b", "a"]], false]);
  });

  it.each([0, -1, 1.5, "10", null, Number.NaN])("refuses a maxBatch of %s", (maxBatch) => {
    const make = (): unknown => batch(async (ids: number[]) => ids, { maxBatch: maxBatch as number });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/maxBatch: expected a whole number from 1, or Infinity; got/);
  });

  it("refuses what cannot be cached, and options that are none", () => {
    expect(() => batch(5 as never)).toThrow(ConfigurationError);
    expect(() => batch(undefined as never)).toThrow(ConfigurationError);
    expect(() => batch(function* () {} as never)).toThrow(ConfigurationError);
    expect(() => batch(async (ids: number[]) => ids, { maxbatch: 2 } as never)).toThrow(/maxbatch/);
    expect(() => batch(async (ids: number[]) => ids, null as never)).toThrow(ConfigurationError);
  });

  it("is known on disk by the source of the function for many", async () => {
    const cacheDir = temporary();
    const options = { cacheDir, folderName: "sources", name: "users", engineTimeout: "30s" } as const;
    const runs: string[] = [];
    const one = (keys: readonly string[]) => keys.map((key) => runs.push(`one ${key}`));
    const two = (keys: readonly string[]) => keys.map((key) => runs.push(`two ${key}`));
    for (const many of [one, one, two]) {
      const fn = batched(many, options);
      await fn("a");
      expect(fn.cache.engine).toBe("sqlite");
      await fn.cache.close();
    }
    expect(runs).toEqual(["one a", "two a"]);
    expect(() => batch(one.bind(undefined), { cacheDir, folderName: "sources" })).toThrow(/"name"/);
  });
});
