/** Hooks and options that use the very cache which is telling or asking them. */

import { describe, expect, it } from "vitest";
import { acache, type EvictEvent, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { thirdPartyAsync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

const lines = collectLog();
const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe.each(["lru", "map"] as const)("on the engine %s", (engine) => {
  it.each([
    ["removes", (cache: { delete(key: string): boolean }) => void cache.delete("a")],
    ["fills", (cache: { set(args: [string], value: string): void }) => cache.set(["count"], "value of count")],
    ["clears", (cache: { clear(): void }) => cache.clear()],
  ])(`an onEvict hook that %s (SEED=${seed})`, (_what, act) => {
    const random = createRandom(seed);
    let depth = 0;
    const f = mcache((key: string) => `value of ${key}`, {
      engine,
      maxSize: 3,
      onEvict({ reason }) {
        if (reason !== "evicted" || depth > 0) return;
        depth += 1;
        act(f.cache as never);
        depth -= 1;
      },
    });
    for (let call = 0; call < 5_000; call += 1) {
      const key = "abcdefgh"[Math.floor(random() * 8)] as string;
      expect(f(key)).toBe(`value of ${key}`);
      expect(f.cache.stats().size).toBeLessThanOrEqual(3);
    }
    expect([..."abcdefgh"].filter((key) => f.cache.has(key)).length).toBeLessThanOrEqual(3);
    expect(lines).toEqual([]);
  });

  it("an onEvict hook that calls the function ends", () => {
    let evictions = 0;
    let depth = 0;
    const f = mcache((key: string) => key, {
      engine,
      maxSize: 3,
      onEvict() {
        evictions += 1;
        if (depth > 0) return;
        depth += 1;
        f(`log ${evictions}`);
        depth -= 1;
      },
    });
    for (const key of "abcd") f(key);
    expect(evictions).toBe(2);
    expect(f.cache.stats().size).toBe(3);
  });

  it("an onEvict hook that warms what has expired runs the function once, and the caller gets what it left", () => {
    const clock = createFakeClock();
    const reasons: string[] = [];
    let runs = 0;
    const f = mcache((_key: string) => ++runs, {
      engine,
      ttl: 10,
      clock,
      onEvict({ reason, key }) {
        reasons.push(reason);
        if (reason === "expired") f(key as string);
      },
    });
    f("a");
    clock.advance(20);
    expect([f("a"), f("a"), runs]).toEqual([2, 2, 2]);
    expect(reasons).toEqual(["expired"]);
    const { hits, misses, expirations } = f.cache.stats();
    expect([hits, misses, expirations]).toEqual([2, 2, 1]);
  });

  it.each(["shouldCache", "ttl", "sizeOf"] as const)("%s that invalidates the key: nothing is stored", (option) => {
    const answers = { shouldCache: true, ttl: 1_000, sizeOf: 1 };
    const f = mcache((key: string) => key, {
      engine,
      maxBytes: 1_000,
      [option]: () => {
        f.cache.delete("a");
        return answers[option];
      },
    });
    expect(f("a")).toBe("a");
    expect(f.cache.has("a")).toBe(false);
  });

  it("a refresh of an expired entry tells of its going once", () => {
    const clock = createFakeClock();
    const events: EvictEvent[] = [];
    const f = mcache((n: number) => n, { engine, ttl: 10, clock, onEvict: (event) => void events.push(event) });
    f(1);
    clock.advance(20);
    f.cache.refresh(1);
    expect(events.map(({ reason }) => reason)).toEqual(["replaced"]);
  });

  it("a newer value that is too large takes the older one with it, and says so", () => {
    const reasons: string[] = [];
    let runs = 0;
    const f = mcache((_n: number) => ++runs, {
      engine,
      maxBytes: 1_000,
      sizeOf: (value) => ((value as number) > 1 ? Number.POSITIVE_INFINITY : 1),
      onEvict: ({ reason }) => void reasons.push(reason),
    });
    expect([f(1), f.cache.refresh(1), f(1)]).toEqual([1, 2, 3]);
    expect(reasons).toEqual(["deleted"]);
    expect(f.cache.stats()).toMatchObject({ engineFailures: 0, refusals: 2 });
    expect(() => f.cache.set([1], 7)).toThrow(/larger than the whole cache/);
  });
});

describe("on an asynchronous engine", () => {
  it("a function that invalidates its own key while it is refreshed: nothing is stored", async () => {
    const f = acache(
      async (n: number): Promise<string> => {
        await f.cache.delete(n);
        return "old";
      },
      { ...open, engine: thirdPartyAsync },
    );
    expect(await f.cache.refresh(1)).toBe("old");
    expect(await f.cache.has(1)).toBe(false);
    expect(await f(1)).toBe("old");
    expect(await f.cache.has(1)).toBe(false);
  });

  it("shouldCache that puts something in: what it put in stays", async () => {
    const f = acache(async (_n: number) => "loaded", {
      ...open,
      engine: thirdPartyAsync,
      shouldCache(value) {
        if (value === "loaded") void f.cache.set([1], "put in" as never);
        return false;
      },
    });
    expect(await f.cache.refresh(1)).toBe("loaded");
    expect(await f(1)).toBe("put in");
  });

  it.each([{}, { hardTimeout: 1_000 }])(
    "a hook that calls the function which is being refreshed (%o)",
    async (more) => {
      const inner: Promise<unknown>[] = [];
      const f = acache(async (n: number) => n, {
        ...open,
        ...more,
        engine: thirdPartyAsync,
        onMiss() {
          if (inner.length < 2) inner.push(f(1));
        },
      });
      expect(await f.cache.refresh(1)).toBe(1);
      expect(inner.length).toBeGreaterThan(0);
      expect(new Set(await Promise.all(inner))).toEqual(new Set([1]));
    },
  );

  it("an expired entry is told of once, when something else has taken its place", async () => {
    const clock = createFakeClock();
    const reasons: string[] = [];
    const f = acache(async (n: number) => n, {
      ...open,
      engine: thirdPartyAsync,
      ttl: 10,
      clock,
      onEvict: ({ reason }) => void reasons.push(reason),
    });
    await f(1);
    clock.advance(20);
    expect([await f.cache.has(1), await f.cache.peek(1), await f.cache.has(1)]).toEqual([false, undefined, false]);
    expect(reasons).toEqual([]);
    expect([await f(1), await f(1)]).toEqual([1, 1]);
    expect(reasons).toEqual(["expired"]);
    expect(f.cache.stats()).toMatchObject({ hits: 1, misses: 2, expirations: 1 });
  });
});

describe("an option that removes the key while a value is set by hand", () => {
  it("on a synchronous engine, and on an asynchronous one: the removal wins", async () => {
    const one = mcache((n: number) => n, {
      maxBytes: 1_000,
      sizeOf() {
        one.cache.delete(1);
        return 1;
      },
    });
    one.cache.set([1], 99);
    expect(one.cache.has(1)).toBe(false);
    const two = acache(async (n: number) => n, {
      ...open,
      engine: thirdPartyAsync,
      ttl() {
        void two.cache.delete(1);
        return 1_000;
      },
    });
    await two.cache.set([1], 99);
    expect(await two.cache.has(1)).toBe(false);
  });
});
