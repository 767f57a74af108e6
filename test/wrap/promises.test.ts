import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { acache, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer, settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

collectLog();

type Wrap = <T>(fn: (key: string) => Promise<T>, options?: object) => (key: string) => Promise<T>;
interface Handle {
  has(key: string): boolean | Promise<boolean>;
  set(args: [string], value: unknown): void | Promise<void>;
  delete(key: string): boolean | Promise<boolean>;
  refresh(key: string): Promise<unknown>;
  clear(): void | Promise<void>;
  close(): void | Promise<void>;
  stats(): { hits: number; misses: number; coalesced: number; loads: number; loadFailures: number };
}
const handle = (fn: unknown): Handle => (fn as { cache: Handle }).cache;

const ways: readonly (readonly [string, Wrap])[] = [
  ["mcache", (fn, options = {}) => mcache(fn, options)],
  [
    "mcache on a foreign engine",
    (fn, options = {}) =>
      mcache(fn, { engine: thirdPartySync, maxSize: Number.POSITIVE_INFINITY, policy: "fifo", ...options }),
  ],
  ["acache", (fn, options = {}) => acache(fn, options)],
  ["acache on map", (fn, options = {}) => acache(fn, { engine: "map", ...options })],
  [
    "acache on an asynchronous engine",
    (fn, options = {}) =>
      acache(fn, { engine: thirdPartyAsync, maxSize: Number.POSITIVE_INFINITY, policy: "fifo", ...options }),
  ],
];

describe.each(ways)("%s on a function that returns promises", (way, cache) => {
  it("stores what the promise is fulfilled with, and returns promises", async () => {
    let runs = 0;
    const user = cache(async (id) => {
      runs += 1;
      return { id };
    });
    const first = user("7");
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual({ id: "7" });
    const second = user("7");
    expect(second).toBeInstanceOf(Promise);
    expect(await second).toBe(await first);
    expect(runs).toBe(1);
  });

  it.each([undefined, null, 0, false, ""])("stores %j", async (value) => {
    let runs = 0;
    const give = cache(async () => {
      runs += 1;
      return value;
    });
    expect([await give("k"), await give("k"), runs]).toEqual([value, value, 1]);
  });

  it.each([10, 1_000, 10_000])("%i concurrent calls of a cold key: one run", async (callers) => {
    let runs = 0;
    const user = cache(async (id) => {
      runs += 1;
      await settle();
      return { id };
    });
    const results = await Promise.all(Array.from({ length: callers }, () => user("7")));
    expect(new Set(results).size).toBe(1);
    expect(runs).toBe(1);
    expect(handle(user).stats()).toMatchObject({ hits: 0, misses: callers, coalesced: callers - 1, loads: 1 });
  });

  it("concurrent calls of different keys run each", async () => {
    const user = cache(async (id) => {
      await settle();
      return id;
    });
    expect(await Promise.all(["a", "b", "a"].map((id) => user(id)))).toEqual(["a", "b", "a"]);
    expect(handle(user).stats().loads).toBe(2);
  });

  it("a rejection reaches all who wait, the very object, and is not stored", async () => {
    const error = new Error("down");
    let runs = 0;
    const fail = cache(async () => {
      runs += 1;
      await settle();
      if (runs === 1) throw error;
      return runs;
    });
    const outcomes = await Promise.allSettled([fail("k"), fail("k"), fail("k")]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason === error)).toEqual([
      true,
      true,
      true,
    ]);
    expect(await fail("k")).toBe(2);
    expect(await fail("k")).toBe(2);
    expect(handle(fail).stats()).toMatchObject({ loads: 2, loadFailures: 1 });
  });

  it("a rejection with something that is no error passes too", async () => {
    const fail = cache(() => Promise.reject(undefined));
    await expect(fail("k")).rejects.toBe(undefined);
  });

  it("what is removed during a load does not come back", async () => {
    const loads = [defer<string>(), defer<string>(), defer<string>()];
    let runs = 0;
    const read = cache(() => {
      runs += 1;
      return (loads[runs - 1] as (typeof loads)[number]).promise;
    });
    const before = read("k");
    await settle();
    await handle(read).delete("k");
    const after = read("k");
    await settle();
    expect(runs, "a later call does not share the fenced load").toBe(2);
    loads[1]?.resolve("new");
    expect(await after).toBe("new");
    loads[0]?.resolve("old");
    expect(await before, "the early caller gets what it asked for").toBe("old");
    await settle();
    expect(await read("k")).toBe("new");
    expect(runs).toBe(2);
  });

  it("what is cleared during a load does not come back", async () => {
    const load = defer<string>();
    let runs = 0;
    const read = cache(() => {
      runs += 1;
      return runs === 1 ? load.promise : Promise.resolve("new");
    });
    const before = read("k");
    await settle();
    await handle(read).clear();
    load.resolve("old");
    expect(await before).toBe("old");
    await settle();
    expect(await handle(read).has("k")).toBe(false);
    expect(await read("k")).toBe("new");
  });

  it("what is set during a load stays", async () => {
    const load = defer<string>();
    const read = cache(() => load.promise);
    const before = read("k");
    await settle();
    await handle(read).set(["k"], way.startsWith("mcache") ? Promise.resolve("set") : "set");
    await settle();
    load.resolve("loaded");
    expect(await before).toBe("loaded");
    await settle();
    expect(await read("k")).toBe("set");
  });

  it("a refresh replaces what is cached, and overtakes an earlier load", async () => {
    const loads = [defer<string>(), defer<string>()];
    let runs = 0;
    const read = cache(() => {
      runs += 1;
      return (loads[runs - 1] as (typeof loads)[number]).promise;
    });
    const before = read("k");
    await settle();
    const refreshed = handle(read).refresh("k");
    await settle();
    loads[1]?.resolve("refreshed");
    expect(await refreshed).toBe("refreshed");
    loads[0]?.resolve("old");
    expect(await before).toBe("old");
    await settle();
    expect(await read("k")).toBe("refreshed");
    expect(runs).toBe(2);
  });

  it("a refresh that fails leaves what is cached", async () => {
    let runs = 0;
    const read = cache(async () => {
      runs += 1;
      if (runs === 2) throw new Error("down");
      return runs;
    });
    expect(await read("k")).toBe(1);
    await expect(handle(read).refresh("k")).rejects.toThrow("down");
    expect(await read("k")).toBe(1);
  });

  it("a refresh that fails gives its place back to the load before, which is fenced as ever", async () => {
    const load = defer<string>();
    let runs = 0;
    const read = cache(async () => {
      runs += 1;
      if (runs === 2) throw new Error("down");
      return runs === 1 ? load.promise : "new";
    });
    const before = read("k");
    await settle();
    await expect(handle(read).refresh("k")).rejects.toThrow("down");
    const joined = read("k");
    await settle();
    expect(runs, "shared again").toBe(2);
    await handle(read).delete("k");
    load.resolve("old");
    expect([await before, await joined]).toEqual(["old", "old"]);
    await settle();
    expect(await read("k")).toBe("new");
  });

  it("a load that began before a refresh that failed is stored", async () => {
    const load = defer<string>();
    let runs = 0;
    const read = cache(async () => {
      runs += 1;
      if (runs === 2) throw new Error("down");
      return load.promise;
    });
    const before = read("k");
    await settle();
    await expect(handle(read).refresh("k")).rejects.toThrow("down");
    load.resolve("loaded");
    await before;
    await settle();
    expect([await read("k"), runs]).toEqual(["loaded", 2]);
  });

  it("what is closed during a load stays closed", async () => {
    const load = defer<string>();
    let runs = 0;
    const read = cache(() => {
      runs += 1;
      return load.promise;
    });
    const before = read("k");
    await settle();
    await handle(read).close();
    load.resolve("value");
    expect(await before).toBe("value");
    expect(await read("k")).toBe("value");
    expect(runs).toBe(2);
    expect(await handle(read).has("k")).toBe(false);
  });

  it("with a TTL of 0, concurrent calls share and nothing is retained", async () => {
    let runs = 0;
    const read = cache(
      async () => {
        runs += 1;
        await settle();
        return runs;
      },
      { ttl: 0 },
    );
    expect(await Promise.all([read("k"), read("k")])).toEqual([1, 1]);
    expect(await read("k")).toBe(2);
  });

  it("the TTL counts from when the promise settled", async () => {
    const clock = createFakeClock();
    let runs = 0;
    const read = cache(
      async () => {
        runs += 1;
        clock.advance("10s");
        return runs;
      },
      { ttl: "5s", clock },
    );
    expect(await read("k")).toBe(1);
    clock.advance(4_999);
    expect(await read("k")).toBe(1);
    clock.advance(1);
    expect(await read("k")).toBe(2);
  });

  it("a one-shot result is not shared by the callers who waited for it", async () => {
    let runs = 0;
    const fetched = cache(async () => {
      runs += 1;
      await settle();
      return new Response(`body ${runs}`);
    });
    const responses = await Promise.all([fetched("k"), fetched("k"), fetched("k")]);
    const bodies = await Promise.all(responses.map((response) => response.text()));
    expect(bodies).toHaveLength(3);
    expect(new Set(responses).size).toBe(3);
    expect(handle(fetched).stats()).toMatchObject({ hits: 0, misses: 3, loads: 3, coalesced: 0 });
  });

  it("a refresh whose result is not stored does not leave the old one behind", async () => {
    let runs = 0;
    let storable = true;
    const read = cache(async () => ++runs, { shouldCache: () => storable });
    expect(await read("k")).toBe(1);
    storable = false;
    expect(await handle(read).refresh("k")).toBe(2);
    expect(await handle(read).has("k")).toBe(false);
    storable = true;
    expect(await read("k")).toBe(3);
  });

  it("can be called by itself with other arguments", async () => {
    const factorial: (n: string) => Promise<number> = cache(async (n) =>
      Number(n) <= 1 ? 1 : Number(n) * (await factorial(String(Number(n) - 1))),
    );
    expect(await factorial("10")).toBe(3_628_800);
    expect(await factorial("9")).toBe(362_880);
    expect(handle(factorial).stats().loads).toBe(10);
  });

  it("counts: hits and misses are the calls", async () => {
    let calls = 0;
    const read = cache(async (key) => {
      await settle();
      if (key === "bad") throw new Error("bad");
      return key;
    });
    for (let round = 0; round < 5; round += 1) {
      const keys = ["a", "b", "bad", "a", "bad", "c"];
      calls += keys.length;
      await Promise.allSettled(keys.map((key) => read(key)));
      if (round === 2) await handle(read).delete("a");
    }
    const { hits, misses } = handle(read).stats();
    expect(hits + misses).toBe(calls);
  });
});

describe("acache", () => {
  it("makes promises of a synchronous function's results and errors", async () => {
    let runs = 0;
    const parse = acache((text: string) => {
      runs += 1;
      return JSON.parse(text) as unknown;
    });
    const result = parse("[1]");
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toEqual([1]);
    await parse("[1]");
    expect(runs).toBe(1);
    const failed = parse("no json");
    expect(failed).toBeInstanceOf(Promise);
    await expect(failed).rejects.toThrow(SyntaxError);
  });

  it("asks a thenable for its value, once", async () => {
    let asked = 0;
    const query = acache((id: number) => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
      then(resolve: (row: object) => void) {
        asked += 1;
        resolve({ id });
      },
    }));
    expect(await query(1)).toEqual({ id: 1 });
    expect(await query(1)).toEqual({ id: 1 });
    expect(asked).toBe(1);
  });
});

describe("mcache on functions that return promises", () => {
  it("hits of one key share one promise", async () => {
    const user = mcache(async (id: number) => ({ id }));
    const first = user(7);
    await first;
    expect(user(7)).toBe(user(7));
    expect(user(7)).toBe(first);
  });

  it("a refresh that answers at once overtakes a promise", async () => {
    const load = defer<string>();
    let runs = 0;
    const read = mcache((_key: string): string | Promise<string> => {
      runs += 1;
      return runs === 1 ? load.promise : "refreshed";
    });
    const before = read("k");
    expect(read.cache.refresh("k")).toBe("refreshed");
    load.resolve("old");
    expect(await before).toBe("old");
    await settle();
    expect(read("k")).toBe("refreshed");
  });

  it("takes a promise of another realm for one", async () => {
    const foreign = runInContext("(value) => Promise.resolve(value)", createContext({})) as (
      v: number,
    ) => Promise<number>;
    let runs = 0;
    const read = mcache((n: number) => {
      runs += 1;
      return foreign(n);
    });
    expect([await read(1), await read(1), runs]).toEqual([1, 1, 1]);
  });

  it("lets an unhandled rejection be seen, as without a cache", async () => {
    const seen: unknown[] = [];
    const listener = (reason: unknown): void => void seen.push(reason);
    const before = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listener);
    try {
      const error = new Error("nobody listens");
      const fail = mcache(() => Promise.reject(error));
      void fail();
      await settle();
      await settle();
      expect(seen).toEqual([error]);
    } finally {
      process.removeListener("unhandledRejection", listener);
      for (const one of before) process.on("unhandledRejection", one);
    }
  });

  it("a load that a later one of its key has overtaken does not store its result", async () => {
    const inner = defer<string>();
    const outer = defer<string>();
    let runs = 0;
    const read = mcache((key: string): Promise<string> => {
      runs += 1;
      if (runs > 1) return inner.promise;
      // The function calls itself before it has returned a promise that the inner call could share.
      void read(key);
      return outer.promise;
    });
    const first = read("k");
    inner.resolve("inner");
    await settle();
    outer.resolve("outer");
    expect(await first).toBe("outer");
    await settle();
    expect(await read("k"), "the load that others shared is the one that counts").toBe("inner");
    expect(runs).toBe(2);
  });

  it("keeps a bounded number of loads under way; calls beyond it run unshared and unstored", async () => {
    const MAX_PENDING = 100_000;
    const load = defer<void>();
    let runs = 0;
    const read = mcache(
      async (_n: number) => {
        runs += 1;
        await load.promise;
      },
      { maxSize: 2 * MAX_PENDING },
    );
    const calls = Array.from({ length: MAX_PENDING }, (_, i) => read(i));
    expect(read.cache.stats().coalesced).toBe(0);
    calls.push(read(MAX_PENDING - 1), read(MAX_PENDING), read(MAX_PENDING));
    expect(read.cache.stats().coalesced).toBe(1);
    expect(runs).toBe(MAX_PENDING + 2);
    load.resolve();
    await Promise.all(calls);
    await settle();
    expect([read.cache.has(MAX_PENDING - 1), read.cache.has(MAX_PENDING)]).toEqual([true, false]);
  });

  it("keeps no in-flight loads at rest", async () => {
    const read = mcache(async (n: number) => n);
    await Promise.all(Array.from({ length: 500 }, (_, i) => read(i)));
    // A load under way would be shared: a fenced key runs again.
    for (let i = 0; i < 500; i += 1) read.cache.delete(i);
    await Promise.all(Array.from({ length: 500 }, (_, i) => read(i)));
    expect(read.cache.stats()).toMatchObject({ loads: 1_000, coalesced: 0 });
  });
});
