/** Invalidations at every point of a load, and crowds of callers of one key. */

import { describe, expect, it } from "vitest";
import { type AsyncCacheOptions, acache, invalidateTags } from "../../src/index.js";
import { createFakeClock, type FakeClock } from "../../src/testing/index.js";
import { type Deferred, defer, settle } from "../support/deferred.js";
import { thirdPartyAsyncWith } from "../support/engines.js";
import { type Cached, kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createSource, type Source } from "../support/scripted.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();

/** Lets things happen one after the other, and never otherwise. */
class Steps {
  /** What waits to happen, in the order in which it was begun. */
  readonly #waiting: Deferred<void>[] = [];
  /** Nothing waits. */
  isOpen = true;

  /** Fulfilled when it may happen. */
  async turn(): Promise<void> {
    if (this.isOpen) return;
    const gate = defer<void>();
    this.#waiting.push(gate);
    await gate.promise;
  }

  /** One more thing happens, the first or the last of those that wait; whether there was one. */
  async next(which: "first" | "last" = "first"): Promise<boolean> {
    await settle();
    const gate = which === "first" ? this.#waiting.shift() : this.#waiting.pop();
    gate?.resolve();
    await settle();
    return gate !== undefined;
  }

  /** All that is left happens. */
  async rest(which: "first" | "last"): Promise<void> {
    while (await this.next(which));
  }
}

interface Stage {
  readonly fn: Cached;
  readonly steps: Steps;
  readonly source: Source;
  readonly clock: FakeClock;
}

/**
 * A cached function of which every operation of the store waits twice for its turn: before it takes effect, and before
 * it is answered; and so does the function.
 */
function stage(): Stage {
  const steps = new Steps();
  const clock = createFakeClock();
  const source = createSource("old");
  const engine = thirdPartyAsyncWith((store) => {
    const slowly =
      <A extends unknown[], T>(operation: (...args: A) => Promise<T>) =>
      async (...args: A): Promise<T> => {
        await steps.turn();
        const answer = await operation(...args);
        await steps.turn();
        return answer;
      };
    return {
      get: slowly(store.get),
      set: slowly(store.set),
      delete: slowly(store.delete),
      clear: slowly(store.clear),
    };
  });
  const load = async (key: string): Promise<unknown> => {
    const value = await source.load(key);
    await steps.turn();
    return value;
  };
  const options: AsyncCacheOptions<typeof load> = {
    engine,
    maxSize: Number.POSITIVE_INFINITY,
    policy: "fifo",
    ttl: "10s",
    staleWhileRevalidate: "60s",
    staleIfError: { for: "1000s", backoff: 0 },
    tags: (value) => (value === undefined ? [] : ["tag"]),
    // A test that is slow is no engine that fails.
    engineTimeout: "1h",
    clock,
  };
  return { fn: acache(load, options) as unknown as Cached, steps, source, clock };
}

/** What is under way while a key is invalidated. Each is to give "old", and to leave nothing of it. */
const flights = {
  "a load": async ({ fn }: Stage) => fn("k"),
  "a load beside a value that may be served where it fails": async ({ fn, clock }: Stage) => {
    await fn("k");
    clock.advance("100s");
    return () => fn("k");
  },
  "a revalidation in the background": async ({ fn, clock }: Stage) => {
    await fn("k");
    clock.advance("11s");
    return () => fn("k");
  },
  "a refresh": async ({ fn }: Stage) => {
    await fn("k");
    return () => fn.cache.refresh("k");
  },
} as const;

const invalidations: Readonly<Record<string, (fn: Cached) => unknown>> = {
  delete: (fn) => fn.cache.delete("k"),
  clear: (fn) => fn.cache.clear(),
  expire: (fn) => fn.cache.expire("k"),
  set: (fn) => fn.cache.set(["k"], "set"),
  "a tag of this cache": (fn) => fn.cache.invalidateTags("tag"),
  "a tag of any cache": () => invalidateTags("tag", "other"),
};

/** Prepares what is under way; the steps count from the function that is given back. */
async function prepare(flight: keyof typeof flights, on: Stage): Promise<() => unknown> {
  if (flight === "a load") {
    // The store is open from the start.
    await on.fn("other");
    return () => on.fn("k");
  }
  return (await flights[flight](on)) as () => unknown;
}

describe.each(Object.keys(flights) as (keyof typeof flights)[])("the fence of %s", (flight) => {
  it.each(Object.keys(invalidations).flatMap((name) => [[name, "first"] as const, [name, "last"] as const]))(
    "%s at each of its points: nothing of what was there comes back (turns: %s come first)",
    async (name, which) => {
      let points = 0;
      for (let isOver = false; !isOver; points += 1) {
        const on = stage();
        const { fn, steps, source, clock } = on;
        const begin = await prepare(flight, on);
        await settle();
        steps.isOpen = false;
        const begun = Promise.resolve(begin());
        begun.catch(() => undefined);
        for (let i = 0; i < points; i += 1) if (!(await steps.next())) isOver = true;
        await settle();
        // From now on the source has something new.
        source.gives("new");
        const invalidation = Promise.resolve(invalidations[name]?.(fn));
        let isAcknowledged = false;
        invalidation.then(() => {
          isAcknowledged = true;
        });
        // Some calls come while it is carried out, and may get what was there.
        const meanwhile = [fn("k"), fn("k")];
        while (!isAcknowledged && (await steps.next(which)));
        await invalidation;
        const after = fn("k");
        await steps.rest(which);
        await Promise.all([begun, ...meanwhile]);
        const what = `after ${points} turns`;
        // A value that has expired may be served while a new one is made; one that was removed or replaced never.
        const allowed = name === "set" ? ["set"] : name === "expire" ? ["new", "old"] : ["new"];
        expect(allowed, what).toContain(await after);
        steps.isOpen = true;
        await settle();
        const settled = name === "set" ? "set" : "new";
        expect(name === "expire" ? ["new", "old"] : [settled], what).toContain(await fn("k"));
        await settle();
        expect(await fn("k"), what).toBe(settled);
        // Nor where there is nothing else to serve.
        source.fails(failure);
        clock.advance("11s");
        expect(await fn("k"), what).toBe(settled);
        await settle();
        clock.advance("2000s");
        await expect(fn("k"), what).rejects.toBe(failure);
        await fn.cache.close();
      }
      // Reading, running and storing, with two turns for each step in the store.
      expect(points).toBeGreaterThanOrEqual(flight === "a refresh" ? 4 : 6);
    },
  );

  it.each(["delete", "clear", "a tag of this cache"])(
    "%s at each of its points, and a source that fails: nothing is served",
    async (name) => {
      for (let points = 0, isOver = false; !isOver; points += 1) {
        const on = stage();
        const { fn, steps, source } = on;
        const begin = await prepare(flight, on);
        await settle();
        steps.isOpen = false;
        const begun = Promise.resolve(begin());
        begun.catch(() => undefined);
        for (let i = 0; i < points; i += 1) if (!(await steps.next())) isOver = true;
        source.fails(failure);
        const invalidation = Promise.resolve(invalidations[name]?.(fn));
        await steps.rest("last");
        await invalidation;
        steps.isOpen = true;
        await Promise.allSettled([begun]);
        for (let i = 0; i < 3; i += 1) await expect(fn("k"), `after ${points} turns`).rejects.toBe(failure);
        await fn.cache.close();
      }
    },
  );
});

describe.each(kinds)("single flight on $name", ({ cached, isPersistent }) => {
  it.each(isPersistent ? [10, 1_000] : [10, 1_000, 10_000])("%i callers of a cold key are one run", async (callers) => {
    const source = createSource("one");
    const fn = cached(source.load, { ttl: "10s", staleIfError: "60s", clock: createFakeClock() });
    const running = source.waits();
    const calls = Array.from({ length: callers }, () => fn("k"));
    while (source.runs < 1) await settle();
    // Late comers join them.
    for (let i = 0; i < 10; i += 1) calls.push(fn("k"));
    running.resolve("one");
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["one"]));
    expect(source.runs).toBe(1);
    const { hits, misses } = fn.cache.stats();
    expect({ hits, misses }).toEqual({ hits: 0, misses: callers + 10 });
  });

  it.each([
    ["of a key that is over", 100],
    ["of a key that may be served while a new value is made", 11],
  ] as const)("1,000 callers %s are one run", async (_what, age) => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ttl: "10s", staleWhileRevalidate: "60s", clock });
    await fn("k");
    clock.advance(`${age}s`);
    const running = source.waits();
    const calls = Array.from({ length: 1_000 }, () => fn("k"));
    while (source.runs < 2) await settle();
    running.resolve("two");
    expect(new Set(await Promise.all(calls))).toEqual(new Set([age > 70 ? "two" : "one"]));
    expect(source.runs).toBe(2);
  });

  it("1,000 callers of a failing key share one failure, and the next call tries again", async () => {
    const source = createSource();
    const fn = cached(source.load, { ttl: "10s", clock: createFakeClock() });
    const running = source.waits();
    const calls = Array.from({ length: 1_000 }, () => fn("k").then(String, (error: unknown) => error));
    while (source.runs < 1) await settle();
    running.reject(failure);
    expect(new Set(await Promise.all(calls))).toEqual(new Set([failure]));
    expect(source.runs).toBe(1);
    source.gives("one");
    expect(await fn("k")).toBe("one");
  });
});
