/** Callers that stop waiting. */

import { describe, expect, it, vi } from "vitest";
import { acache, mcache, withCache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { Load } from "../../src/wrap/inflight.js";
import { type Deferred, defer, settle } from "../support/deferred.js";
import { type Cached, kinds } from "../support/kinds.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

expectNothingUnhandled();

type Cancellable = Omit<Cached, "cache"> & {
  (key: string, signal?: AbortSignal): Promise<unknown>;
  readonly cache: Cached["cache"];
};

/** A source that hears of aborts, as fetch does. */
interface Hearing {
  readonly runs: { readonly signal: AbortSignal | undefined; readonly work: Deferred<unknown> }[];
  load(key: string, signal?: AbortSignal): Promise<unknown>;
}

function hearing(): Hearing {
  const runs: Hearing["runs"] = [];
  return {
    runs,
    load(_key, signal) {
      const work = defer<unknown>();
      signal?.addEventListener("abort", () => work.reject(signal.reason));
      runs.push({ signal, work });
      return work.promise;
    },
  };
}

async function untilRuns(source: Hearing, count: number): Promise<void> {
  while (source.runs.length < count) await settle();
}

describe.each(kinds)("on $name", ({ cached }) => {
  const make = (source: Hearing, options = {}): Cancellable => cached(source.load, options) as Cancellable;

  it("a signal is no part of the key", async () => {
    const source = hearing();
    const fn = make(source);
    const call = fn("k", new AbortController().signal);
    await untilRuns(source, 1);
    source.runs[0]?.work.resolve("one");
    expect(await call).toBe("one");
    expect(await fn("k")).toBe("one");
    expect(await fn("k", new AbortController().signal)).toBe("one");
    expect(source.runs).toHaveLength(1);
  });

  it("the only caller who stops is rejected with its reason, and the load ends, unstored", async () => {
    const source = hearing();
    const fn = make(source);
    const controller = new AbortController();
    const call = fn("k", controller.signal);
    await untilRuns(source, 1);
    const reason = new Error("the user has left");
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(source.runs[0]?.signal?.aborted).toBe(true);
    expect(source.runs[0]?.signal?.reason).toBe(reason);
    expect(await fn.cache.has("k")).toBe(false);
    const again = fn("k");
    await untilRuns(source, 2);
    source.runs[1]?.work.resolve("two");
    expect(await again).toBe("two");
  });

  it("one of two who stops leaves the load to the other", async () => {
    const source = hearing();
    const fn = make(source);
    const [one, two] = [new AbortController(), new AbortController()];
    const first = fn("k", one.signal);
    const second = fn("k", two.signal);
    await untilRuns(source, 1);
    one.abort();
    await expect(first).rejects.toBe(one.signal.reason);
    expect(source.runs[0]?.signal?.aborted).toBe(false);
    source.runs[0]?.work.resolve("one");
    expect(await second).toBe("one");
    expect(await fn("k")).toBe("one");
    expect(source.runs).toHaveLength(1);
  });

  it("when the last of them has stopped, the load ends", async () => {
    const source = hearing();
    const fn = make(source);
    const controllers = Array.from({ length: 5 }, () => new AbortController());
    const calls = controllers.map(({ signal }) => fn("k", signal).catch((error: unknown) => error));
    await untilRuns(source, 1);
    for (const controller of controllers.slice(1)) controller.abort();
    expect(source.runs[0]?.signal?.aborted).toBe(false);
    controllers[0]?.abort();
    expect(source.runs[0]?.signal?.aborted).toBe(true);
    for (const came of await Promise.all(calls)) expect(came).toMatchObject({ name: "AbortError" });
  });

  it("a caller without a signal holds the load", async () => {
    const source = hearing();
    const fn = make(source);
    const controller = new AbortController();
    const first = fn("k", controller.signal);
    await untilRuns(source, 1);
    const second = fn("k");
    controller.abort();
    await expect(first).rejects.toBe(controller.signal.reason);
    expect(source.runs[0]?.signal?.aborted).toBe(false);
    source.runs[0]?.work.resolve("one");
    expect(await second).toBe("one");
  });

  it("a signal that was aborted before is its caller's alone", async () => {
    const source = hearing();
    const fn = make(source);
    const call = fn("k", AbortSignal.abort("gone"));
    if (source.runs.length > 0) source.runs[0]?.work.reject("gone");
    await expect(call).rejects.toBe("gone");
    expect(await fn.cache.has("k")).toBe(false);
  });

  it("nothing stays on a signal that lives long", async () => {
    const source = hearing();
    const fn = make(source);
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    for (let i = 0; i < 20; i += 1) {
      const call = fn(`key ${i}`, signal);
      await untilRuns(source, i + 1);
      source.runs[i]?.work.resolve(i);
      await call;
    }
    expect(listeners).toBe(0);
  });

  it("who has a stale value while a new one is made ends nothing by leaving", async () => {
    const clock = createFakeClock();
    const source = hearing();
    const fn = make(source, { ttl: "10s", staleWhileRevalidate: "1h", clock });
    const first = fn("k");
    await untilRuns(source, 1);
    source.runs[0]?.work.resolve("one");
    await first;
    clock.advance("10s");
    const controller = new AbortController();
    expect(await fn("k", controller.signal)).toBe("one");
    await untilRuns(source, 2);
    controller.abort();
    expect(source.runs[1]?.signal?.aborted).toBe(false);
    source.runs[1]?.work.resolve("two");
    await expect.poll(() => fn("k")).toBe("two");
  });

  it("to stop waiting is no failure: no stale value, no back-off", async () => {
    const clock = createFakeClock();
    const source = hearing();
    const fn = make(source, { ttl: "10s", staleIfError: "1h", clock });
    const first = fn("k");
    await untilRuns(source, 1);
    source.runs[0]?.work.resolve("one");
    await first;
    clock.advance("10s");
    const controller = new AbortController();
    const call = fn("k", controller.signal);
    await untilRuns(source, 2);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    const next = fn("k");
    await untilRuns(source, 3);
    // An abort that the function came to by itself is a failure like any other.
    source.runs[2]?.work.reject(new DOMException("too slow", "TimeoutError"));
    expect(await next).toBe("one");
  });

  it("a caller who joins a refresh and stops does not keep its result from being stored", async () => {
    const source = hearing();
    const fn = make(source);
    const controller = new AbortController();
    const refreshed = fn.cache.refresh("k");
    await untilRuns(source, 1);
    const call = fn("k", controller.signal);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    source.runs[0]?.work.resolve("one");
    expect([await refreshed, await fn("k")]).toEqual(["one", "one"]);
    expect(source.runs).toHaveLength(1);
  });

  it("a caller who joins what is being put in and stops does not keep it from being stored", async () => {
    const source = hearing();
    const fn = make(source);
    const controller = new AbortController();
    const value = defer<unknown>();
    const put = fn.cache.set(["k"], value.promise);
    const call = fn("k", controller.signal);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    value.resolve("put in");
    await put;
    expect(await fn("k")).toBe("put in");
    expect(source.runs).toHaveLength(0);
  });

  it("who warms the cache holds a load whose caller stops", async () => {
    const source = hearing();
    const fn = make(source, { staleIfError: "1h" });
    const controller = new AbortController();
    const call = fn("k", controller.signal);
    await untilRuns(source, 1);
    const joins = vi.spyOn(Load.prototype, "join");
    const warmed = fn.cache.warm([["k"]]);
    while (joins.mock.calls.length === 0) await settle();
    joins.mockRestore();
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    expect(source.runs[0]?.signal?.aborted).toBe(false);
    source.runs[0]?.work.resolve("one");
    expect(await warmed).toEqual({ loaded: 1, skipped: 0, failed: 0 });
    expect(await fn("k")).toBe("one");
  });

  it("in a block that says refresh, a signal ends its caller's wait as ever", async () => {
    const source = hearing();
    const fn = make(source);
    const controller = new AbortController();
    const call = withCache({ refresh: true }, () => fn("k", controller.signal));
    await untilRuns(source, 1);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    expect(source.runs[0]?.signal?.aborted).toBe(true);
  });

  it("a signal that is aborted while the function is being called ends the wait too", async () => {
    const controller = new AbortController();
    let own: AbortSignal | undefined;
    const load = (_key: string, signal?: AbortSignal): Promise<unknown> => {
      own = signal;
      controller.abort("gone");
      return new Promise(() => undefined);
    };
    const fn = cached(load as never, {}) as Cancellable;
    await expect(fn("k", controller.signal)).rejects.toBe("gone");
    expect(own?.aborted).toBe(true);
    expect(await fn.cache.has("k")).toBe(false);
  });
});

describe("signalOf", () => {
  it("finds a signal among options, in whose place the function gets the load's own", async () => {
    const given: unknown[] = [];
    const fn = acache(
      async (request: { url: string; signal?: AbortSignal }) => {
        given.push(request);
        await new Promise((_resolve, reject) =>
          request.signal?.addEventListener("abort", () => reject(request.signal?.reason)),
        );
      },
      { key: ({ url }) => url, signalOf: ([{ signal }]) => signal },
    );
    const controller = new AbortController();
    const request = { url: "/", signal: controller.signal };
    const call = fn(request);
    await settle();
    expect(given).toEqual([{ url: "/", signal: expect.any(AbortSignal) }]);
    expect((given[0] as typeof request).signal).not.toBe(controller.signal);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    expect((given[0] as typeof request).signal.aborted).toBe(true);
  });

  it("that fails is told, and the call goes on without a signal", async () => {
    const told: unknown[] = [];
    const fn = acache(async (n: number) => n, {
      signalOf: () => {
        throw new Error("no");
      },
      onError: (event) => void told.push(event),
    });
    expect(await fn(1)).toBe(1);
    expect(told).toMatchObject([{ operation: "signalOf" }]);
  });
});

it("a function that answers at once is called as ever", () => {
  const given: unknown[] = [];
  const fn = mcache((n: number, signal?: AbortSignal) => {
    given.push(signal);
    return n * 2;
  });
  const controller = new AbortController();
  expect([fn(1, controller.signal), fn(1), fn(1, AbortSignal.abort())]).toEqual([2, 2, 2]);
  expect(given).toHaveLength(1);
});
