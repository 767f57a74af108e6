/** How long a call waits for the function. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { acache, CacheTimeoutError, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { type Deferred, defer } from "../support/deferred.js";
import { thirdPartyAsyncWith } from "../support/engines.js";
import { type Kind, kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createSource } from "../support/scripted.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  // Each timer is cleared when what it waits for is there.
  expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  vi.useRealTimers();
});

/** What came of a promise so far. */
function watch(promise: Promise<unknown>): { state: string } {
  const watched = { state: "waiting" };
  promise.then(
    (value) => {
      watched.state = `got ${String(value)}`;
    },
    (error: unknown) => {
      watched.state = error instanceof CacheTimeoutError ? "timed out" : `failed: ${String(error)}`;
    },
  );
  return watched;
}

const inMemory = kinds.filter(({ isPersistent }: Kind) => !isPersistent);

describe.each(inMemory)("on $name", ({ cached }) => {
  const soft = { ttl: "10s", staleIfError: "1h", softTimeout: "100ms" } as const;

  it("softTimeout serves the stale value, and the load is kept when it ends", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ...soft, clock });
    await fn("k");
    const running = source.waits();
    clock.advance("10s");
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(99);
    expect(call.state).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(call.state).toBe("got one");
    // Who comes later does not wait as long again, and starts nothing.
    const later = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(0);
    expect(later.state).toBe("got one");
    expect(source.runs).toBe(2);
    running.resolve("two");
    await vi.advanceTimersByTimeAsync(0);
    expect(await fn("k")).toBe("two");
    expect(source.runs).toBe(2);
  });

  it("softTimeout alone makes no call fail", async () => {
    const source = createSource();
    const fn = cached(source.load, soft);
    const running = source.waits();
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(call.state).toBe("waiting");
    running.resolve("one");
    await vi.advanceTimersByTimeAsync(0);
    expect(call.state).toBe("got one");
  });

  it("a load that fails after the soft timeout is told once, and begins a back-off", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ...soft, clock });
    await fn("k");
    const running = source.waits();
    clock.advance("10s");
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(100);
    expect(call.state).toBe("got one");
    running.reject(failure);
    await vi.advanceTimersByTimeAsync(0);
    for (let i = 0; i < 5; i += 1) expect(await fn("k")).toBe("one");
    expect(source.runs).toBe(2);
    source.gives("two");
    clock.advance("1s");
    expect(await fn("k")).toBe("two");
  });

  it("hardTimeout rejects, each caller in its time, while one load goes on and is kept", async () => {
    const source = createSource();
    const fn = cached(source.load, { hardTimeout: "100ms" });
    const running = source.waits();
    const first = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(60);
    const second = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(40);
    expect([first.state, second.state]).toEqual(["timed out", "waiting"]);
    await vi.advanceTimersByTimeAsync(59);
    const third = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(1);
    expect(second.state).toBe("timed out");
    running.resolve("one");
    await vi.advanceTimersByTimeAsync(0);
    expect(third.state).toBe("got one");
    expect(source.runs).toBe(1);
    expect(await fn("k")).toBe("one");
  });

  it("hardTimeout serves the stale value where there is one", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ttl: "10s", staleIfError: "1h", hardTimeout: "100ms", clock });
    await fn("k");
    const running = source.waits();
    clock.advance("10s");
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(100);
    expect(call.state).toBe("got one");
    running.resolve("two");
    await vi.advanceTimersByTimeAsync(0);
  });

  it("a load that fails after the hard timeout is nobody's", async () => {
    const source = createSource();
    const fn = cached(source.load, { hardTimeout: "100ms" });
    const running = source.waits();
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(100);
    expect(call.state).toBe("timed out");
    running.reject(failure);
    await vi.advanceTimersByTimeAsync(0);
  });

  it("what is removed between the hard timeout and the end of the load is not stored", async () => {
    const source = createSource();
    const fn = cached(source.load, { hardTimeout: "100ms" });
    const running = source.waits();
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(100);
    expect(call.state).toBe("timed out");
    await fn.cache.delete("k");
    running.resolve("one");
    await vi.advanceTimersByTimeAsync(0);
    expect(await fn.cache.has("k")).toBe(false);
  });

  it("the function's own error is what the caller gets, if it comes in time", async () => {
    const source = createSource();
    const fn = cached(source.load, { hardTimeout: "100ms" });
    source.fails(failure);
    await expect(fn("k")).rejects.toBe(failure);
  });

  it("bug: a call that met a refresh waited for that longer than softTimeout, though there was a stale value", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ...soft, clock });
    await fn("k");
    clock.advance("10s");
    const running = source.waits();
    const refresh = watch(Promise.resolve(fn.cache.refresh("k")));
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(100);
    expect([refresh.state, call.state]).toEqual(["waiting", "got one"]);
    running.reject(failure);
    await vi.advanceTimersByTimeAsync(0);
    expect(refresh.state).toBe("failed: Error: the source is down");
    expect(await fn("k")).toBe("one");
  });

  it.each([
    ["after the soft timeout", 100],
    ["in time", 0],
  ])("bug: a load that failed %s was told to nobody, or once for each caller", async (_when, passed) => {
    const clock = createFakeClock();
    const source = createSource("one");
    const told: unknown[] = [];
    const fn = cached(source.load, { ...soft, clock, onError: (event) => void told.push(event) });
    await fn("k");
    const running = source.waits();
    clock.advance("10s");
    const calls = Array.from({ length: 10 }, () => watch(fn("k")));
    await vi.advanceTimersByTimeAsync(passed);
    running.reject(failure);
    await vi.advanceTimersByTimeAsync(0);
    expect(new Set(calls.map(({ state }) => state))).toEqual(new Set(["got one"]));
    expect(told).toMatchObject([{ operation: "load", error: failure }]);
    expect(fn.cache.stats()).toMatchObject({ stale: 10, loadFailures: 1 });
  });
});

describe("an engine that takes its time", () => {
  /** A function on an engine that answers when the gate is opened. */
  function gated(options: object) {
    const clock = createFakeClock();
    const source = createSource("one");
    const reads: { gate: Deferred<void> | undefined } = { gate: undefined };
    const engine = thirdPartyAsyncWith((store) => ({
      get: async (key) => {
        await reads.gate?.promise;
        return store.get(key);
      },
    }));
    const base = { engine, maxSize: Number.POSITIVE_INFINITY, policy: "fifo", engineTimeout: "1h", clock } as const;
    return { clock, source, reads, fn: acache(source.load, { ...base, ...options }) };
  }

  it("bug: softTimeout was forgotten where it took longer than that", async () => {
    const { clock, source, reads, fn } = gated({ ttl: "10s", staleIfError: "1h", softTimeout: "100ms" });
    await fn("k");
    clock.advance("10s");
    const running = source.waits();
    reads.gate = defer();
    const call = watch(fn("k"));
    await vi.advanceTimersByTimeAsync(250);
    reads.gate.resolve();
    reads.gate = undefined;
    await vi.advanceTimersByTimeAsync(99);
    expect([source.runs, call.state]).toEqual([2, "waiting"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(call.state).toBe("got one");
    running.resolve("two");
    await vi.advanceTimersByTimeAsync(0);
    expect(await fn("k")).toBe("two");
  });

  it("bug: who joined a load waited for it longer than hardTimeout", async () => {
    const { source, reads, fn } = gated({ hardTimeout: "100ms" });
    await fn("other");
    reads.gate = defer();
    source.gives("two");
    const calls = [watch(fn("k")), watch(fn("k"))];
    await vi.advanceTimersByTimeAsync(100);
    expect(calls.map(({ state }) => state)).toEqual(["timed out", "timed out"]);
    reads.gate.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(await fn("k")).toBe("two");
  });
});

it("the error says what to do, and can be told from others", async () => {
  const source = createSource();
  const fn = mcache(source.load, { name: "slow", hardTimeout: "100ms" });
  source.waits();
  const call = fn("k");
  const caught = call.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(100);
  expect(await caught).toMatchObject({
    name: "CacheTimeoutError",
    code: "ERR_CACHE_TIMEOUT",
    message:
      'The function of the cache "slow" took longer than 100 ms. It goes on; try again later, or raise hardTimeout.',
  });
});
