/** An engine that fails several times in a row is left alone for a while. */

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AsyncEngine, AsyncStore } from "../../src/contract/index.js";
import {
  type AsyncCacheOptions,
  acache,
  CacheOperationError,
  CacheValueError,
  type ErrorEvent,
  mcache,
  setLogger,
} from "../../src/index.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartyAsyncWith } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
// For all tests together: the deadlines of all caches are on one timer, which outlives each test.
beforeAll(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterAll(() => void vi.useRealTimers());

type Mode = "works" | "rejects" | "throws at once" | "hangs" | "lies";
type Operation = "get" | "set" | "delete" | "clear";

/** An engine that does as it is told, and remembers what it was asked. */
class Scripted {
  mode: Mode = "works";
  asked: Operation[] = [];
  /** Operations that are done as the mode says; the others work. */
  readonly affected = new Set<Operation>(["get", "set", "delete", "clear"]);
  /** Answers what hangs, as if it had only taken long. */
  readonly #late: (() => void)[] = [];
  readonly engine: AsyncEngine = thirdPartyAsyncWith((store) => ({
    get: (key) => this.#do("get", () => store.get(key)),
    set: (key, entry) => this.#do("set", () => store.set(key, entry)),
    delete: (key) => this.#do("delete", () => store.delete(key)),
    clear: () => this.#do("clear", () => store.clear()),
  }));

  #do<T>(operation: Operation, act: () => Promise<T>): Promise<T> {
    this.asked.push(operation);
    const mode = this.affected.has(operation) ? this.mode : "works";
    if (mode === "throws at once") throw new Error("the engine throws");
    if (mode === "rejects") return Promise.reject(new Error("the engine rejects"));
    if (mode === "lies" && operation === "get") return Promise.resolve({ rubbish: true } as T);
    if (mode === "hangs") return new Promise((resolve) => this.#late.push(() => resolve(act())));
    return act();
  }

  /** What hangs is answered. */
  async answer(): Promise<void> {
    for (const one of this.#late.splice(0)) one();
    await settle();
  }

  /** What has been asked since this was called last. */
  take(): Operation[] {
    const { asked } = this;
    this.asked = [];
    return asked;
  }
}

type Load = (n: number) => Promise<string>;
type Options = AsyncCacheOptions<Load>;

/** A function that counts its versions, and how it is cached. */
function cached(options: Options = {}) {
  const scripted = new Scripted();
  const source = { version: 1, runs: 0 };
  const f = acache(
    async (n: number) => {
      source.runs += 1;
      return `${n} v${source.version}`;
    },
    { name: "f", maxSize: Number.POSITIVE_INFINITY, policy: "fifo", engine: scripted.engine, ...options },
  );
  return { f, scripted, source };
}

/** Milliseconds until a promise is settled. */
async function spent(promise: Promise<unknown>): Promise<number> {
  const started = performance.now();
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  promise.then(over, over);
  for (await settle(); !isOver; await settle()) {
    await vi.advanceTimersByTimeAsync(1);
    expect(performance.now() - started, "it ends").toBeLessThan(10_000);
  }
  return performance.now() - started;
}

const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

let next = 1_000;
/** Fails until the engine is left alone. */
async function breakIt({ f, scripted }: ReturnType<typeof cached>, mode: Mode = "rejects"): Promise<void> {
  scripted.mode = mode;
  const { skipped } = f.cache.stats();
  for (let i = 0; i < 20 && f.cache.stats().skipped === skipped; i += 1) {
    next += 1;
    await spent(f(next));
  }
  expect(f.cache.stats().skipped).toBeGreaterThan(skipped);
  scripted.take();
}

describe("an engine that hangs", () => {
  it.each([
    ["different keys", (i: number) => i],
    ["one key", () => 1],
  ])("costs each of five calls its time, and the others nothing: %s", async (_name, keyOf) => {
    const { f, scripted } = cached();
    scripted.mode = "hangs";
    for (let i = 0; i < 5; i += 1) {
      const took = await spent(f(keyOf(i)));
      expect(took).toBeGreaterThanOrEqual(100);
      expect(took).toBeLessThan(110);
    }
    scripted.take();
    for (let i = 5; i < 105; i += 1) {
      const call = f(keyOf(i));
      expect(await spent(call)).toBeLessThan(2);
      expect(await call).toBe(`${keyOf(i)} v1`);
    }
    expect(scripted.take()).toEqual([]);
    expect(f.cache.stats()).toMatchObject({ hits: 0, misses: 105, loads: 105 });
  });

  it("is asked once when the pause is over, and used again as soon as it works", async () => {
    const all = cached();
    const { f, scripted } = all;
    await breakIt(all, "hangs");
    await pass(950);
    await spent(f(1));
    expect(scripted.take(), "the pause is not over").toEqual([]);
    await pass(60);
    scripted.mode = "works";
    const calls = Array.from({ length: 100 }, (_, i) => f(i));
    expect(scripted.take(), "one finds out, and the others do not wait for it").toEqual(["get"]);
    await spent(Promise.all(calls));
    const { hits } = f.cache.stats();
    await spent(f(500));
    expect([await f(500), f.cache.stats().hits]).toEqual(["500 v1", hits + 1]);
  });

  it("may hang when it is asked again: that costs one call its time, and the pause grows to 30 s", async () => {
    const all = cached();
    const { f, scripted } = all;
    await breakIt(all, "hangs");
    const asked: number[] = [];
    for (let key = 0; asked.length < 7; key += 20) {
      expect(key, "it is asked again").toBeLessThan(100_000);
      const calls = Array.from({ length: 10 }, (_, i) => f(key + i));
      await settle();
      const found = scripted.take().length;
      if (found === 0) {
        await pass(50);
        continue;
      }
      expect(found, "one finds out").toBe(1);
      asked.push(performance.now());
      const [first, ...others] = calls as [Promise<string>, ...Promise<string>[]];
      expect(await spent(Promise.all(others)), "the others do not wait").toBeLessThan(2);
      expect(await spent(first)).toBeGreaterThanOrEqual(97);
      expect(scripted.take(), "nothing is written").toEqual([]);
    }
    const pauses = asked.slice(1).map((at, i) => Math.floor((at - (asked[i] as number) - 100) / 1_000));
    expect(pauses).toEqual([2, 4, 8, 16, 30, 30]);
  });

  it("is not taken for one that works by what it answers too late", async () => {
    const { f, scripted } = cached();
    scripted.mode = "hangs";
    for (let i = 0; i < 5; i += 1) {
      await spent(f(i));
      await scripted.answer();
    }
    scripted.take();
    expect(await spent(f(10))).toBeLessThan(2);
    expect(scripted.take()).toEqual([]);
  });
});

describe("an engine that fails", () => {
  it.each<Mode>(["rejects", "throws at once"])(
    "is told of and counted while it is asked, not after: it %s",
    async (mode) => {
      const heard: ErrorEvent[] = [];
      const { f, scripted } = cached({ onError: (event) => void heard.push(event) });
      scripted.mode = mode;
      for (let i = 0; i < 5; i += 1) expect(await f(i)).toBe(`${i} v1`);
      expect(heard.map(({ operation }) => operation)).toEqual(["get", "set", "get", "set", "get"]);
      expect(scripted.take()).toEqual(["get", "set", "get", "set", "get"]);
      expect(f.cache.stats()).toMatchObject({ engineFailures: 5, skipped: 5 });
      expect([await f.cache.has(1), await f.cache.peek(1)]).toEqual([false, undefined]);
      expect(f.cache.stats()).toMatchObject({ engineFailures: 5, skipped: 7 });
    },
  );

  it("may lie instead", async () => {
    const { f, scripted } = cached({ breaker: { threshold: 1 } });
    scripted.mode = "lies";
    expect([await f(1), await f(2)]).toEqual(["1 v1", "2 v1"]);
    expect(scripted.take()).toEqual(["get"]);
  });

  it("may fail what was asked for by name", async () => {
    const { f, scripted } = cached({ breaker: { threshold: 3 } });
    scripted.mode = "rejects";
    for (let i = 0; i < 3; i += 1) await expect(f.cache.delete(i)).rejects.toThrow(CacheOperationError);
    scripted.take();
    await f(1);
    expect(scripted.take()).toEqual([]);
  });

  it("is not left alone when it works in between", async () => {
    const { f, scripted } = cached();
    for (let i = 0; i < 40; i += 1) {
      // Two calls fail in both of their operations; the next reads and writes.
      scripted.mode = i % 3 === 2 ? "works" : "rejects";
      expect(await f(i)).toBe(`${i} v1`);
    }
    expect(f.cache.stats().skipped).toBe(0);
  });

  it.each([
    ["worked", "works" as const],
    ["said what is the matter", "rejects" as const],
  ])("is left alone for the first pause again, once it has %s", async (_name, mode) => {
    const all = cached();
    const { f, scripted } = all;
    await breakIt(all, "hangs");
    for (const pause of [1_000, 2_000]) {
      await pass(pause);
      await spent(f(pause));
      expect(scripted.take(), "it hangs again").toEqual(["get"]);
    }
    scripted.mode = mode;
    await pass(4_000);
    await f(1);
    expect(scripted.take()).toEqual(mode === "works" ? ["get", "set"] : ["get"]);
    if (mode === "works") await breakIt(all);
    for (let i = 0; i < 5; i += 1) {
      await pass(999);
      await f(2);
      expect(scripted.take()).toEqual([]);
      await pass(1);
      await f(2);
      expect(scripted.take()).toEqual(["get"]);
    }
  });

  it("counts once for operations that fail at the same time", async () => {
    const { f, scripted } = cached();
    scripted.mode = "hangs";
    await spent(Promise.all(Array.from({ length: 50 }, (_, i) => f(i))));
    scripted.mode = "works";
    const { skipped } = f.cache.stats();
    expect([await f(100), await f(100)]).toEqual(["100 v1", "100 v1"]);
    expect(f.cache.stats()).toMatchObject({ hits: 1, skipped });
    expect(skipped).toBe(0);
  });

  it("has its pause not prolonged by what began before it", async () => {
    const all = cached({ breaker: { threshold: 1 } });
    const { f, scripted } = all;
    scripted.mode = "hangs";
    const early = f(1);
    await pass(50);
    const late = f(2);
    await spent(Promise.all([early, late]));
    scripted.mode = "works";
    scripted.take();
    await pass(960);
    await f(3);
    expect(scripted.take()[0]).toBe("get");
  });

  it("is never left alone with breaker: false, and as options say otherwise", async () => {
    const never = cached({ breaker: false });
    never.scripted.mode = "rejects";
    for (let i = 0; i < 50; i += 1) await never.f(i);
    expect(never.scripted.take()).toHaveLength(100);
    expect(never.f.cache.stats().skipped).toBe(0);

    const soon = cached({ breaker: { threshold: 2, pause: "5s" } });
    soon.scripted.mode = "rejects";
    await soon.f(1);
    await soon.f(2);
    expect(soon.scripted.take()).toEqual(["get", "set"]);
    await pass(4_999);
    await soon.f(2);
    expect(soon.scripted.take()).toEqual([]);
    await pass(1);
    await soon.f(2);
    expect(soon.scripted.take()).toEqual(["get"]);
  });

  it("is not blamed for a value that it cannot keep, which leaves it to the next to find out", async () => {
    let store: Partial<AsyncStore> = {};
    let sets = 0;
    const engine: AsyncEngine = {
      ...thirdPartyAsync,
      async open(options) {
        const opened = await thirdPartyAsync.open(options);
        store = {
          ...opened,
          pack() {
            throw new CacheValueError("It cannot be kept.");
          },
          async set(key, entry) {
            sets += 1;
            return opened.set(key, entry);
          },
        };
        return store as AsyncStore;
      },
    };
    const { f } = cached({ engine, breaker: { threshold: 1 } });
    for (let i = 0; i < 5; i += 1) await f(i);
    expect([sets, f.cache.stats().skipped, f.cache.stats().refusals]).toEqual([0, 0, 5]);
    const { get } = store;
    store.get = () => Promise.reject(new Error("the engine rejects"));
    await f(10);
    expect(f.cache.stats().skipped).toBe(1);
    await pass(1_000);
    Object.assign(store, { get });
    // A refresh only writes.
    await f.cache.refresh(11);
    await f(12);
    expect(f.cache.stats().skipped).toBe(1);
  });

  it("is not blamed for the time that it takes to open", async () => {
    const engine: AsyncEngine = {
      ...thirdPartyAsync,
      async open(options) {
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        return thirdPartyAsync.open(options);
      },
    };
    const { f } = cached({ engine, breaker: { threshold: 1 } });
    for (let i = 0; i < 10; i += 1) await spent(f(i));
    await pass(3_000);
    expect([await f(20), await f(20), f.cache.stats().hits]).toEqual(["20 v1", "20 v1", 1]);
    expect(f.cache.stats().skipped).toBe(0);
  });

  it("is warned of once; that it works again is a line for those who look", async () => {
    const all = cached();
    await breakIt(all);
    const found = lines.filter(({ message }) => message.includes("left alone"));
    expect(found.map(({ level }) => level)).toEqual(["warn"]);
    expect(found[0]?.message).toMatch(/"f#\d+" failed 5 times in a row; it is left alone for 1000 ms.*"breaker"/);
    const debug: string[] = [];
    const ignore = (): void => undefined;
    setLogger({ debug: (_fields, message) => void debug.push(message), info: ignore, warn: ignore, error: ignore });
    all.scripted.mode = "works";
    await pass(1_000);
    await all.f(1);
    await all.f(1);
    expect(debug.filter((message) => message.includes("works again"))).toHaveLength(1);
  });
});

describe("while the engine is left alone", () => {
  it.each([
    ["delete", (f: ReturnType<typeof cached>["f"]) => f.cache.delete(1), ["delete"]],
    ["clear", (f: ReturnType<typeof cached>["f"]) => f.cache.clear(), ["clear"]],
    ["set", (f: ReturnType<typeof cached>["f"]) => f.cache.set([1], "1 v2"), ["set"]],
    ["expire", (f: ReturnType<typeof cached>["f"]) => f.cache.expire(1), ["get", "delete"]],
  ] as const)("%s is tried, and what it could not do is reported and not served", async (_name, act, asked) => {
    const all = cached();
    const { f, scripted, source } = all;
    await f(1);
    await breakIt(all);
    source.version = 2;
    await expect(act(f)).rejects.toThrow(CacheOperationError);
    expect(scripted.take()).toEqual(asked);
    scripted.mode = "works";
    await pass(1_000);
    expect([await f(1), await f(1)]).toEqual(["1 v2", "1 v2"]);
  });

  it.each([
    ["delete", (f: ReturnType<typeof cached>["f"]) => f.cache.delete(1)],
    ["clear", (f: ReturnType<typeof cached>["f"]) => f.cache.clear()],
    ["set", (f: ReturnType<typeof cached>["f"]) => f.cache.set([1], "1 v2")],
    ["expire", (f: ReturnType<typeof cached>["f"]) => f.cache.expire(1)],
  ] as const)("%s that works shows that the engine does", async (_name, act) => {
    const all = cached();
    const { f, scripted, source } = all;
    await f(1);
    await breakIt(all);
    source.version = 2;
    scripted.mode = "works";
    await act(f);
    scripted.take();
    expect([await f(1), await f(1)]).toEqual(["1 v2", "1 v2"]);
    expect(scripted.take()).not.toEqual([]);
  });

  it("a failure of what was asked for by name does not prolong the pause", async () => {
    const all = cached();
    const { f, scripted } = all;
    await breakIt(all);
    await pass(990);
    await expect(f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    scripted.take();
    await pass(10);
    await f(2);
    expect(scripted.take()).toEqual(["get"]);
  });

  it("results are not stored, and an entry that is still fresh is served afterwards", async () => {
    const all = cached();
    const { f, scripted, source } = all;
    await f(1);
    await breakIt(all);
    source.version = 2;
    expect([await f(1), await f(2)]).toEqual(["1 v2", "2 v2"]);
    scripted.mode = "works";
    source.version = 3;
    await pass(1_000);
    expect([await f(1), await f(2)]).toEqual(["1 v1", "2 v3"]);
  });

  it.each<[string, Options]>([
    ["is not tried", {}],
    ["would not be stored anyway", { shouldCache: (value) => !value.endsWith("v2") }],
  ])("a refresh whose write %s does not leave the older value to later calls", async (_name, options) => {
    const all = cached(options);
    const { f, scripted, source } = all;
    await f(1);
    await breakIt(all);
    source.version = 2;
    const refreshed = f.cache.refresh(1);
    expect(await spent(refreshed)).toBeLessThan(2);
    expect(await refreshed).toBe("1 v2");
    expect(scripted.take()).toEqual([]);
    scripted.mode = "works";
    source.version = 3;
    await pass(1_000);
    expect([await f(1), await f(1)]).toEqual(["1 v3", "1 v3"]);
    expect(scripted.take()).toContain("delete");
  });

  it("nor does it leave the value of a write that was on its way", async () => {
    const { f, scripted, source } = cached({ breaker: { threshold: 2 } });
    await f.cache.delete(1);
    scripted.affected.delete("get");
    scripted.mode = "hangs";
    await spent(f(1));
    source.version = 2;
    await spent(f(1));
    source.version = 3;
    expect(await f.cache.refresh(1), "the engine is left alone by now").toBe("1 v3");
    expect(f.cache.stats().skipped).toBe(1);
    scripted.mode = "works";
    await scripted.answer();
    source.version = 4;
    await pass(1_000);
    expect([await f(1), await f(1)]).toEqual(["1 v4", "1 v4"]);
  });

  it("a key that is stuck in the engine does not keep others from finding out", async () => {
    const { f, scripted } = cached({ breaker: { threshold: 1 } });
    scripted.affected.delete("get");
    scripted.mode = "hangs";
    await spent(f(1));
    scripted.mode = "works";
    await pass(1_000);
    await spent(f(1));
    await spent(f(2));
    const { hits } = f.cache.stats();
    expect([await f(2), f.cache.stats().hits]).toEqual(["2 v1", hits + 1]);
  });

  it("calls still share one run of the function", async () => {
    const all = cached();
    await breakIt(all);
    const { runs } = all.source;
    expect(await Promise.all([all.f(1), all.f(1), all.f(1)])).toEqual(["1 v1", "1 v1", "1 v1"]);
    expect(all.source.runs).toBe(runs + 1);
  });
});

describe("the option", () => {
  it.each(
    [true, 1, "1s", {}, { threshold: 0 }, { threshold: 1.5 }, { pause: 0 }, { pause: "soon" }, { pauses: 1 }].map(
      (breaker) => [breaker],
    ),
  )("breaker: %j", (breaker) => {
    const make = (): unknown => mcache(() => 1, { breaker } as object);
    if (typeof breaker === "object" && Object.keys(breaker).length === 0) expect(make).not.toThrow();
    else expect(make).toThrow(/breaker: expected false, or \{ threshold, pause \}; got/);
  });
});
