/** What other caches with grace, time limits and single flight promise, and ours has to keep as well. */

import { afterEach, describe, expect, it } from "vitest";
import type { AsyncStore } from "../../src/contract/index.js";
import { acache, bcache, CacheTimeoutError, ConfigurationError, type DiskCacheOptions } from "../../src/index.js";
import { inFront } from "../../src/select/tier.js";
import { createFakeClock } from "../../src/testing/index.js";
import { type Deferred, defer, settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartyAsyncWith } from "../support/engines.js";
import type { Cached, Load, Options } from "../support/every-kind.js";
import { kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createSource, type Source } from "../support/scripted.js";
import { temporaryDirectories } from "../support/temporary.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();
const temporary = temporaryDirectories();
const open: Pick<Cached, "cache">[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.cache.close();
  await settle();
});

async function untilRuns(source: Pick<Source, "runs">, count: number): Promise<void> {
  while (source.runs < count) await settle();
}

/** A function that hears of aborts. */
function createHearing() {
  const source = { runs: 0, signal: undefined as AbortSignal | undefined, work: defer<unknown>() };
  const load = (_key: string, signal?: AbortSignal): Promise<unknown> => {
    source.runs += 1;
    source.signal = signal;
    source.work = defer();
    signal?.addEventListener("abort", () => source.work.reject(signal.reason));
    return source.work.promise;
  };
  return { source, load };
}

type Cancellable = Omit<Cached, "cache"> & {
  (key: string, signal?: AbortSignal): Promise<unknown>;
  readonly cache: Cached["cache"];
};

const graced = { ttl: "10s", staleIfError: { for: "60s", backoff: "5s" } } as const;
/** Over as soon as anything that takes longer than a promise job is waited for. */
const soon = "1ms";

describe.each(kinds)("on $name", ({ cached }) => {
  describe("a value that is over", () => {
    it("gives way to what a refresh has brought", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.gives("two");
      clock.advance("10s");
      expect(await fn.cache.refresh("k")).toBe("two");
      expect(await fn.cache.peek("k")).toBe("two");
    });

    it("gives way to a result that is not to be kept, and is not served afterwards", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, shouldCache: (value) => value !== undefined, clock });
      await fn("k");
      clock.advance("10s");
      source.gives(undefined);
      expect(await fn("k")).toBe(undefined);
      source.fails(failure);
      await expect(fn("k")).rejects.toBe(failure);
    });

    it("is not fresh for having been served", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      for (let i = 0; i < 3; i += 1) {
        expect(await fn("k")).toBe("one");
        expect(await fn.cache.has("k")).toBe(false);
        expect(await fn.cache.peek("k")).toBe(undefined);
      }
    });

    it("is served as long as was said after it was fresh, were that shorter than its lifetime", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "50s", staleIfError: { for: "1s", backoff: 0 }, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("49999ms");
      expect(await fn("k")).toBe("one");
      expect(source.runs).toBe(1);
      clock.advance("1000ms");
      expect(await fn("k")).toBe("one");
      clock.advance("1ms");
      await expect(fn("k")).rejects.toBe(failure);
    });

    it.each([
      ["before it is over", 5, 65],
      ["after", 15, 70],
    ])("is not of use for longer where expire() comes %s", async (_when, at, end) => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s", staleIfError: { for: "60s", backoff: 0 }, clock });
      await fn("k");
      source.fails(failure);
      clock.advance(at * 1_000);
      await fn.cache.expire("k");
      clock.advance((end - at) * 1_000 - 1);
      expect(await fn("k")).toBe("one");
      clock.advance(1);
      await expect(fn("k")).rejects.toBe(failure);
    });

    it("is served for as long as ever where jitter has made its lifetime shorter, and the back-off is exact", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const { random } = Math;
      Math.random = () => 0.5;
      try {
        const fn = cached(source.load, { ...graced, jitter: 0.5, clock });
        await fn("k");
        source.fails(failure);
        clock.advance("7499ms");
        expect(await fn.cache.has("k")).toBe(true);
        clock.advance("1ms");
        expect(await fn("k")).toBe("one");
        clock.advance("4999ms");
        expect(await fn("k")).toBe("one");
        expect(source.runs).toBe(2);
        clock.advance("1ms");
        expect(await fn("k")).toBe("one");
        expect(source.runs).toBe(3);
        clock.advance("54999ms");
        expect(await fn("k")).toBe("one");
        clock.advance("1ms");
        await expect(fn("k")).rejects.toBe(failure);
      } finally {
        Math.random = random;
      }
    });
  });

  describe("a lifetime", () => {
    it("of 0 keeps nothing, and takes with it what there was", async () => {
      const clock = createFakeClock();
      const source = createSource("none");
      const ttl = (value: unknown): string | number => (value === "none" ? 0 : "10m");
      const fn = cached(source.load, { ttl, staleIfError: "1h", clock } as Options);
      expect(await fn("k")).toBe("none");
      expect(await fn.cache.has("k")).toBe(false);
      await fn.cache.set(["k"], "one");
      expect(await fn.cache.peek("k")).toBe("one");
      await fn.cache.set(["k"], "none");
      expect(await fn.cache.has("k")).toBe(false);
      source.fails(failure);
      await expect(fn("k")).rejects.toBe(failure);
    });

    it("that a result says for itself is no other one's", async () => {
      const clock = createFakeClock();
      const fn = cached(async (key) => Number(key), { ttl: (value) => Number(value) * 1_000, clock });
      for (const key of ["1", "20", "3"]) await fn(key);
      const fresh = (): Promise<unknown[]> => Promise.all(["1", "20", "3"].map((key) => fn.cache.has(key)));
      clock.advance("1s");
      expect(await fresh()).toEqual([false, true, true]);
      clock.advance("2s");
      expect(await fresh()).toEqual([false, true, false]);
    });

    it.each([Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Number.POSITIVE_INFINITY])(
      "of %d ms ends no sooner for jitter, refreshAhead and windows as long",
      async (ttl) => {
        const clock = createFakeClock();
        const source = createSource("one");
        const stale = { staleIfError: ttl, staleWhileRevalidate: ttl } as const;
        const fn = cached(source.load, { ttl, jitter: 0.1, refreshAhead: 0.5, ...stale, clock });
        await fn("k");
        clock.advance("1000d");
        expect(await fn("k")).toBe("one");
        expect(source.runs).toBe(1);
      },
    );
  });

  describe("a refresh ahead", () => {
    const ahead = { ttl: "100s", refreshAhead: 0.5 } as const;

    it("is one run for 1,000 callers", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...ahead, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("50s");
      const calls = await Promise.all(Array.from({ length: 1_000 }, () => fn("k")));
      expect(new Set(calls)).toEqual(new Set(["one"]));
      await untilRuns(source, 2);
      running.resolve("two");
      await expect.poll(() => fn("k")).toBe("two");
      expect(source.runs).toBe(2);
    });

    it("goes on where its caller stops waiting", async () => {
      const clock = createFakeClock();
      const { source, load } = createHearing();
      const fn = cached(load, { ...ahead, clock }) as Cancellable;
      const first = fn("k");
      await untilRuns(source, 1);
      source.work.resolve("one");
      await first;
      clock.advance("50s");
      const controller = new AbortController();
      expect(await fn("k", controller.signal)).toBe("one");
      await untilRuns(source, 2);
      controller.abort();
      source.work.resolve("two");
      await expect.poll(() => fn("k")).toBe("two");
      expect(source.runs).toBe(2);
    });
  });

  describe("a function that takes too long", () => {
    const limited = { ...graced, softTimeout: soon, hardTimeout: "1h" } as const;

    it("runs once for 100 callers, one after the other, who get the stale value, and its result is kept", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...limited, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("10s");
      for (let i = 0; i < 100; i += 1) expect(await fn("k")).toBe("one");
      expect(await Promise.all([fn("k"), fn("k")])).toEqual(["one", "one"]);
      running.resolve("two");
      await expect.poll(() => fn("k")).toBe("two");
      expect(source.runs).toBe(2);
    });

    it("may fail in the end, again and again: the stale value is served in between", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const told: unknown[] = [];
      const fn = cached(source.load, { ...limited, onError: (event) => void told.push(event), clock });
      await fn("k");
      clock.advance("10s");
      for (let round = 1; round <= 3; round += 1) {
        const running = source.waits();
        expect(await fn("k")).toBe("one");
        await untilRuns(source, round + 1);
        running.reject(failure);
        while (told.length < round) await settle();
        // The back-off is on.
        expect(await fn("k")).toBe("one");
        expect(source.runs).toBe(round + 1);
        clock.advance("5s");
      }
      expect(told).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ operation: "load" })));
    });

    it("has its result kept for as long as that says, counted from when it came", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const ttl = (value: unknown): number => (value === "one" ? 10_000 : 5_000);
      const fn = cached(source.load, { ...limited, ttl, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("10s");
      expect(await fn("k")).toBe("one");
      await untilRuns(source, 2);
      clock.advance("3s");
      running.resolve("two");
      await expect.poll(() => fn("k")).toBe("two");
      clock.advance("4999ms");
      expect(await fn.cache.has("k")).toBe(true);
      clock.advance("1ms");
      expect(await fn.cache.has("k")).toBe(false);
    });

    it("is an error for who has nothing else, whatever softTimeout says, and its result is kept", async () => {
      const source = createSource();
      const running = source.waits();
      const options = { ...graced, softTimeout: soon, hardTimeout: "2ms", clock: createFakeClock() } as const;
      const fn = cached(source.load, options);
      await expect(fn("k")).rejects.toThrow(CacheTimeoutError);
      await untilRuns(source, 1);
      running.resolve("one");
      await expect.poll(() => fn.cache.has("k")).toBe(true);
      expect(source.runs).toBe(1);
    });

    it("goes on where a caller whose time is up stops waiting for good", async () => {
      const { source, load } = createHearing();
      const fn = cached(load, { hardTimeout: soon }) as Cancellable;
      const controller = new AbortController();
      await expect(fn("k", controller.signal)).rejects.toThrow(CacheTimeoutError);
      await untilRuns(source, 1);
      controller.abort();
      expect(source.signal?.aborted).toBe(false);
      source.work.resolve("one");
      await expect.poll(() => fn.cache.has("k")).toBe(true);
    });
  });

  it("a caller who stops waiting is told to nobody as a failure", async () => {
    const clock = createFakeClock();
    const { source, load } = createHearing();
    const told: unknown[] = [];
    const options = { ...graced, clock, onError: (event: unknown) => void told.push(event) };
    const fn = cached(load, options) as Cancellable;
    const first = fn("k");
    await untilRuns(source, 1);
    source.work.resolve("one");
    await first;
    clock.advance("10s");
    const controller = new AbortController();
    const call = fn("k", controller.signal);
    await untilRuns(source, 2);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    await settle();
    expect(told).toEqual([]);
  });
});

/** Those whose values are for all who use the folder: what is in memory alone is one process's own. */
const onDisk = kinds.filter(({ name, isPersistent }) => isPersistent && !name.startsWith("hybridCache"));

describe.each(onDisk)("two caches of one folder on $name", ({ name, cached }) => {
  /** Makes caches of one function in one folder, with options of their own. */
  function inOneFolder(load: Load): (options: Options) => Cached {
    const cacheDir = temporary();
    // One function, so that it is one identity.
    return (options) => cached(load, { ...options, cacheDir } as Options);
  }

  it("a stale value that one has left is of use to the other", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const make = inOneFolder(source.load);
    const first = make({ ...graced, clock });
    await first("k");
    await first.cache.close();
    clock.advance("10s");
    source.fails(failure);
    expect(await make({ ...graced, clock })("k")).toBe("one");
    const running = source.waits();
    const slow = make({ ...graced, softTimeout: soon, clock });
    expect(await slow("k")).toBe("one");
    running.resolve("two");
    await expect.poll(() => slow("k")).toBe("two");
    expect(await make({ ...graced, clock })("k")).toBe("two");
    expect(source.runs).toBe(3);
  });

  it.each<[string, Options, Options]>([
    ["of the writer", { ttl: "10s" }, graced],
    ["of the reader", graced, { ttl: "10s" }],
    ["of both, the shorter one,", graced, { ttl: "10s", staleIfError: "1s" }],
    ["of both, whoever says the shorter one,", { ttl: "10s", staleIfError: "1s" }, graced],
  ])("the options %s say whether it is", async (_whose, written, read) => {
    const clock = createFakeClock();
    const source = createSource("one");
    const make = inOneFolder(source.load);
    const first = make({ ...written, clock });
    await first("k");
    await first.cache.close();
    clock.advance("11s");
    source.fails(failure);
    await expect(make({ ...read, clock })("k")).rejects.toBe(failure);
  });

  it("a value is over at one time, whoever has read it", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const make = inOneFolder(source.load);
    const first = make({ ttl: "10s", clock });
    const second = make({ ttl: "1h", clock });
    await first("k");
    clock.advance("6s");
    expect(await second("k")).toBe("one");
    clock.advance("4s");
    source.gives("two");
    expect(await second.cache.has("k")).toBe(false);
    expect(await second("k")).toBe("two");
  });

  it("what one has expired is expired for the other", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const make = inOneFolder(source.load);
    const first = make({ ...graced, clock });
    const second = make({ ...graced, clock });
    await first("k");
    expect(await second("k")).toBe("one");
    await first.cache.expire("k");
    // A memory in front may not have noticed yet.
    if (name.includes("memory")) clock.advance("5s");
    expect(await second.cache.has("k")).toBe(false);
    source.fails(failure);
    expect(await second("k")).toBe("one");
    expect(source.runs).toBe(2);
  });
});

describe("a memory in front", () => {
  const memory = { ttl: "1h" } as const;

  /** Two caches of one function in one folder, one of them with a memory in front that has read the value. */
  async function inTwoPlaces() {
    const clock = createFakeClock();
    const source = createSource("one");
    const cacheDir = temporary();
    const make = (more: DiskCacheOptions): Cached => {
      const place = { name: "front", version: 1, cacheDir, folderName: "front", engineTimeout: "30s" } as const;
      const fn = bcache(source.load, { ...place, ...graced, clock, ...more }) as unknown as Cached;
      open.push(fn);
      return fn;
    };
    const near = make({ memory });
    const far = make({});
    await near("k");
    expect(await near("k")).toBe("one");
    clock.advance("10s");
    return { near, far, source };
  }

  it("bug: did not look for what another cache had made anew, where its own was over", async () => {
    const { near, far, source } = await inTwoPlaces();
    await far.cache.set(["k"], "two");
    source.fails(failure);
    expect(await near("k")).toBe("two");
    expect(source.runs).toBe(1);
  });

  it("bug: served its own stale value, though the folder had a newer one that was stale as well", async () => {
    const { near, far, source } = await inTwoPlaces();
    await far.cache.set(["k"], "two");
    await far.cache.expire("k");
    source.fails(failure);
    expect(await near("k")).toBe("two");
  });

  it("bug: served its own stale value, though another cache had removed it", async () => {
    const { near, far, source } = await inTwoPlaces();
    await far.cache.delete("k");
    source.fails(failure);
    await expect(near("k")).rejects.toBe(failure);
  });

  it("has what is of use where the store behind it fails, until it was removed", async () => {
    const clock = createFakeClock();
    const options = { name: "front", maxSize: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY } as const;
    const all = { ...options, policy: "fifo", now: clock.now } as const;
    const behind = await thirdPartyAsync.open(all);
    let fails = false;
    const failing: AsyncStore = {
      ...behind,
      get: (key) => (fails ? Promise.reject(failure) : behind.get(key)),
    };
    const store = inFront({ engine: "lru", maxSize: 10, ttl: 3_600_000 }, failing, all);
    const now = clock.now();
    const times = { traits: 2, createdAt: now, expiresAt: now + 10, staleUntil: now + 1_000, size: 0 };
    await store.set("k", { ...times, value: "one", result: undefined });
    await store.get("k");
    clock.advance(10);
    fails = true;
    await expect(store.get("k")).rejects.toBe(failure);
    expect(store.near?.("k")).toMatchObject({ value: "one" });
    await store.delete("k");
    await expect(store.get("k")).rejects.toBe(failure);
    expect(store.near?.("k")).toBeUndefined();
  });
});

describe("an engine that answers with promises", () => {
  const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

  it("is asked once for callers who come together", async () => {
    const asked: unknown[] = [];
    const engine = thirdPartyAsyncWith((store) => ({
      get: (key) => {
        asked.push(key);
        return store.get(key);
      },
    }));
    const fn = acache(createSource("one").load, { engine, ...unbounded });
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => fn("k"))))).toEqual(new Set(["one"]));
    expect(asked).toEqual(["k"]);
  });

  it("that is slow to write holds up nobody whom an older value is served", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    let gate: Deferred<void> | undefined;
    const engine = thirdPartyAsyncWith((store) => ({
      set: async (key, entry) => {
        await gate?.promise;
        return store.set(key, entry);
      },
    }));
    const more = { engine, ...unbounded, engineTimeout: "1h", clock } as const;
    const fn = acache(source.load, { ttl: "100s", refreshAhead: 0.5, ...more });
    await fn("k");
    gate = defer();
    source.gives("two");
    clock.advance("50s");
    expect(await fn("k")).toBe("one");
    await untilRuns(source, 2);
    expect(await fn("k")).toBe("one");
    gate.resolve();
    await expect.poll(() => fn("k")).toBe("two");
    expect(source.runs).toBe(2);
  });
});

it.each([
  { softTimeout: 0, staleIfError: "1s" },
  { hardTimeout: 0 },
  { hardTimeout: -1 },
  { ttl: -1 },
  { staleIfError: -1 },
  { staleIfError: { for: "1s", backoff: -1 } },
  { jitter: -0.1 },
  { refreshAhead: 1.1 },
] as object[])("%o is refused: no time is none at all, or less", (options) => {
  expect(() => acache(createSource("one").load, options)).toThrow(ConfigurationError);
});
