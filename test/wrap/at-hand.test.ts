/** Hits of what a store has at hand: `getNow`, by which a memory in front of an engine answers without a flight. */

import { afterEach, describe, expect, it } from "vitest";
import type { AsyncEngine, AsyncStore } from "../../src/contract/index.js";
import type { Entry } from "../../src/entry.js";
import { acache, CacheOperationError, closeCaches, invalidateTags } from "../../src/index.js";
import { inFront } from "../../src/select/tier.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer } from "../support/deferred.js";
import { thirdPartyAsyncWith } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { createSource } from "../support/scripted.js";

const lines = collectLog();
afterEach(() => closeCaches());

const failure = new Error("the engine is down");
const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

/** An engine that counts what it is asked, with a memory in front, or with what it has at hand itself. */
function inMemory(options: object = {}, change: (store: AsyncStore) => Partial<AsyncStore> = () => ({})) {
  const asked: string[] = [];
  const source = createSource("one");
  const counted = thirdPartyAsyncWith((store) => ({
    get(key, more, seen) {
      asked.push(`get ${String(key)}`);
      return store.get(key, more, seen);
    },
    ...change(store),
  }));
  const engine: AsyncEngine = {
    ...counted,
    async open(all) {
      const store = await counted.open(all);
      return store.getNow === undefined ? inFront({ engine: "lru", maxSize: 100, ttl: 3_600_000 }, store, all) : store;
    },
  };
  const fn = acache(source.load, { name: "held", engine, ...unbounded, ...options });
  return { fn, source, asked };
}

describe("a memory in front", () => {
  it("answers at once, in an object of its own, and counts as ever", async () => {
    const { fn, asked } = inMemory();
    await fn("k");
    await fn("k");
    const hit = fn("k");
    let isThere = false;
    void hit.then(() => {
      isThere = true;
    });
    // One job, and not those of a flight.
    await Promise.resolve();
    expect(isThere).toBe(true);
    // By a write it is emptied, and by a lookup filled.
    expect(asked).toEqual(["get k", "get k"]);
    expect(fn.cache.stats()).toMatchObject({ hits: 2, misses: 1, coalesced: 0, engineFailures: 0 });
    expect(lines).toEqual([]);
  });

  it("tells a hook that hears of hits, which may call the function, and never within its own call", async () => {
    let told = 0;
    let depth = 0;
    let deepest = 0;
    const { fn } = inMemory({
      onHit: () => {
        told += 1;
        depth += 1;
        deepest = Math.max(deepest, depth);
        if (told < 1_000) void fn("k");
        depth -= 1;
      },
    });
    await fn("k");
    await fn("k");
    await expect.poll(() => told).toBe(1_000);
    expect(deepest).toBe(1);
  });

  it("gives each caller an object of its own", async () => {
    const { fn, source } = inMemory({}, (store) => ({
      set: (key, entry, fence) => store.set(key, structuredClone(entry), fence),
      get: async (key) => structuredClone(await store.get(key)),
    }));
    source.act = () => ({ list: [{ n: 1 }] });
    for (let i = 0; i < 4; i += 1) {
      const mine = (await fn("k")) as { list: { n: number }[] };
      expect(mine).toEqual({ list: [{ n: 1 }] });
      mine.list.push({ n: 2 });
      Object.assign(mine.list[0] as object, { n: 9 });
    }
    expect(fn.cache.stats().misses).toBe(1);
  });

  it("says nothing while a removal is under way, nor after one that failed", async () => {
    let fails = false;
    let go: () => void = () => undefined;
    const { fn, source } = inMemory({}, (store) => ({
      async delete(key) {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        if (fails) throw failure;
        return store.delete(key);
      },
    }));
    await fn("k");
    const removed = fn.cache.delete("k");
    source.gives("two");
    expect(await fn("k")).toBe("two");
    go();
    expect(await removed).toBe(true);
    expect(await fn("k")).toBe("two");
    fails = true;
    const failed = fn.cache.delete("k");
    await Promise.resolve();
    await Promise.resolve();
    go();
    await expect(failed).rejects.toThrow(CacheOperationError);
    source.gives("three");
    fails = false;
    const made = fn("k");
    await new Promise((resolve) => setImmediate(resolve));
    go();
    expect(await made).toBe("three");
  });

  it("does not outlive tags, nor its own time", async () => {
    const clock = createFakeClock();
    const { fn, source } = inMemory({ tags: ["t"], ttl: "10s", clock });
    expect([await fn("k"), await fn("k")]).toEqual(["one", "one"]);
    source.gives("two");
    await invalidateTags("t");
    expect([await fn("k"), await fn("k")]).toEqual(["two", "two"]);
    source.gives("three");
    clock.advance("10s");
    expect([await fn("k"), await fn("k")]).toEqual(["three", "three"]);
    expect(fn.cache.stats()).toMatchObject({ hits: 3, misses: 3 });
  });

  it("leaves to a flight what is not fresh, or due to be made anew", async () => {
    const clock = createFakeClock();
    const { fn, source } = inMemory({ ttl: "10s", staleWhileRevalidate: "1m", refreshAhead: 0.5, clock });
    await fn("k");
    source.gives("two");
    clock.advance("4s");
    expect([await fn("k"), source.runs]).toEqual(["one", 1]);
    // Ahead of its end, it is served, and made anew.
    clock.advance("2s");
    expect(await fn("k")).toBe("one");
    await new Promise((resolve) => setImmediate(resolve));
    expect([await fn("k"), source.runs]).toEqual(["two", 2]);
    source.gives("three");
    clock.advance("11s");
    expect(await fn("k")).toBe("two");
    await new Promise((resolve) => setImmediate(resolve));
    expect([await fn("k"), source.runs]).toEqual(["three", 3]);
    expect(fn.cache.stats()).toMatchObject({ stale: 1 });
  });

  it("throws again what the function has thrown", async () => {
    const { fn, source } = inMemory({ cacheErrors: { ttl: "1m" } });
    source.fails(failure);
    for (let i = 0; i < 3; i += 1) await expect(fn("k")).rejects.toThrow("the engine is down");
    expect(source.runs).toBe(1);
    expect(fn.cache.stats()).toMatchObject({ hits: 2, misses: 1 });
  });

  it("serves while the engine behind is left alone, for which nothing is counted as left out", async () => {
    let fails = false;
    const { fn, source } = inMemory({ breaker: { threshold: 1, pause: "1h" } }, (store) => ({
      get: (key, more, seen) => (fails ? Promise.reject(failure) : store.get(key, more, seen)),
    }));
    await fn("k");
    await fn("k");
    fails = true;
    await fn("other");
    source.gives("two");
    expect(await fn("k")).toBe("one");
    // The lookup failed, and then the write was left out; a hit asks for nothing.
    expect(fn.cache.stats()).toMatchObject({ engineFailures: 1, hits: 2, skipped: 1 });
  });

  it("bug: was taken for the engine behind, which failed and was asked again and again", async () => {
    let fails = false;
    const { fn, asked } = inMemory({ breaker: { threshold: 3, pause: "1h" } }, (store) => ({
      get: (key, more, seen) => {
        asked.push("get");
        return fails ? Promise.reject(failure) : store.get(key, more, seen);
      },
      set: (key, entry, fence) => (fails ? Promise.reject(failure) : store.set(key, entry, fence)),
    }));
    await fn("k");
    await fn("k");
    fails = true;
    asked.length = 0;
    for (let i = 0; i < 8; i += 1) {
      expect(await fn("k")).toBe("one");
      await fn(`other ${i}`);
    }
    expect(asked.length).toBeLessThanOrEqual(3);
    expect(fn.cache.stats()).toMatchObject({ hits: 9 });
  });

  it("follows the rules of blocks, and a signal that was given", async () => {
    const { fn, source } = inMemory();
    await fn("k");
    source.gives("two");
    expect(await fn.cache.refresh("k")).toBe("two");
    expect(await fn("k")).toBe("two");
    expect(await fn.cache.peek("k")).toBe("two");
  });
});

describe("what an engine of somebody else's has at hand", () => {
  const entry = (key: unknown, value: unknown): Entry =>
    ({
      value,
      traits: 1,
      createdAt: 0,
      expiresAt: undefined,
      staleUntil: undefined,
      size: 0,
      result: undefined,
      key,
    }) as Entry;

  it("is taken where it is the entry of the key", async () => {
    const { fn, source, asked } = inMemory({}, () => ({ getNow: (key) => entry(key, "at hand") }));
    // Not before the store is open.
    await fn("k");
    expect(await fn("k")).toBe("at hand");
    expect([source.runs, asked.length]).toEqual([1, 1]);
  });

  it.each<[string, (key: unknown) => unknown]>([
    ["nothing", () => undefined],
    ["the entry of another key", () => entry("another", "wrong")],
    ["no entry", () => "wrong"],
    ["a promise", async (key) => entry(key, "wrong")],
    ["a promise that is rejected", () => Promise.reject(failure)],
    [
      "an error",
      () => {
        throw failure;
      },
    ],
    ["one that is over", (key) => ({ ...entry(key, "wrong"), traits: 3, expiresAt: 1 })],
  ])("is not, where it is %s: the engine is asked", async (_what, answer) => {
    const getNow = answer as NonNullable<AsyncStore["getNow"]>;
    const { fn, source, asked } = inMemory({}, () => ({ getNow }));
    expect([await fn("k"), await fn("k"), await fn("k")]).toEqual(["one", "one", "one"]);
    expect([source.runs, asked.length]).toEqual([1, 3]);
    expect(fn.cache.stats()).toMatchObject({ hits: 2, misses: 1, engineFailures: 0 });
  });

  it("is not, while a removal is under way, nor after one that failed", async () => {
    const waiting = defer<void>();
    let fails = false;
    const { fn, source } = inMemory({}, (store) => ({
      getNow: (key) => entry(key, "at hand"),
      async delete(key) {
        await waiting.promise;
        if (fails) throw failure;
        return store.delete(key);
      },
    }));
    await fn("k");
    source.gives("two");
    fails = true;
    const removed = fn.cache.delete("k");
    expect(await fn("k")).toBe("two");
    expect(await fn("another")).toBe("at hand");
    waiting.resolve();
    await expect(removed).rejects.toThrow(CacheOperationError);
    // The entry is still there, and is not believed until it is gone.
    source.gives("three");
    expect(await fn("k")).toBe("three");
    fails = false;
    expect([await fn("k"), await fn("k")]).toEqual(["three", "at hand"]);
  });
});
