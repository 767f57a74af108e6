/** Values that are over, and of use all the same. */

import { describe, expect, it } from "vitest";
import { mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { type Cached, kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createSource } from "../support/scripted.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

const lines = collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();

describe.each(kinds)("on $name", ({ cached, isPersistent }) => {
  const graced = { ttl: "10s", staleIfError: { for: "60s", backoff: "5s" } } as const;

  describe("staleIfError", () => {
    it("serves the last value where the function fails, and the function's error where there is none", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      expect(await fn("k")).toBe("one");
      source.fails(failure);
      clock.advance("10s");
      expect(await fn("k")).toBe("one");
      expect(source.runs).toBe(2);
      await expect(fn("other")).rejects.toBe(failure);
    });

    it("is not there unless it is asked for", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s", clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      await expect(fn("k")).rejects.toBe(failure);
    });

    it("gives a call the new value where the function works, and never the old one", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, softTimeout: "1h", clock });
      await fn("k");
      source.gives("two");
      clock.advance("10s");
      expect(await fn("k")).toBe("two");
    });

    it("ends, and failures meanwhile do not make it longer", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      for (let passed = 0; passed < 60; passed += 6) {
        expect(await fn("k")).toBe("one");
        clock.advance("6s");
      }
      await expect(fn("k")).rejects.toBe(failure);
    });

    it.each<[string, unknown]>([
      ["undefined", undefined],
      ["a text", "no"],
    ])("serves it where the reason is %s, and no error", async (_what, reason) => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.fails(reason);
      clock.advance("10s");
      expect(await fn("k")).toBe("one");
    });

    it("tries again when the back-off is over, counted from the failure, and not before", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("40s");
      for (let i = 0; i < 5; i += 1) expect(await fn("k")).toBe("one");
      expect(source.runs).toBe(2);
      source.gives("two");
      clock.advance("4900ms");
      expect(await fn("k")).toBe("one");
      clock.advance("100ms");
      expect(await fn("k")).toBe("two");
      expect(source.runs).toBe(3);
    });

    it("runs the function once for all who wait, and serves them all", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      expect(new Set(await Promise.all(Array.from({ length: 100 }, () => fn("k"))))).toEqual(new Set(["one"]));
      expect(source.runs).toBe(2);
    });

    it("has and peek see what is fresh alone, and begin nothing", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      clock.advance("10s");
      expect(await fn.cache.has("k")).toBe(false);
      expect(await fn.cache.peek("k")).toBe(undefined);
      expect(source.runs).toBe(1);
    });

    it.each(["delete", "clear"] as const)(
      "has nothing to serve after %s, though a back-off was on",
      async (removal) => {
        const clock = createFakeClock();
        const source = createSource("one");
        const fn = cached(source.load, { ...graced, clock });
        await fn("k");
        source.fails(failure);
        clock.advance("10s");
        await fn("k");
        await fn.cache[removal]("k");
        await expect(fn("k")).rejects.toBe(failure);
      },
    );

    it("serves nothing that was removed while the function ran", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("10s");
      const call = fn("k");
      while (source.runs < 2) await settle();
      await fn.cache.delete("k");
      running.reject(failure);
      await expect(call).rejects.toBe(failure);
      source.gives("two");
      expect(await fn("k")).toBe("two");
    });

    it("does not cover a refresh, whose failure leaves the entry as it is", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      source.fails(failure);
      await expect(fn.cache.refresh("k")).rejects.toBe(failure);
      expect(await fn("k")).toBe("one");
    });

    it.each([
      ["fresh", "0s"],
      ["over, and of use", "10s"],
    ] as const)("bug: a call that met a refresh failed with it, though there was a value: %s", async (_what, age) => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      clock.advance(age);
      const running = source.waits();
      const refresh = Promise.resolve(fn.cache.refresh("k"));
      const call = fn("k");
      // A store that other processes use is asked first what they have removed.
      await expect.poll(() => source.runs).toBe(2);
      running.reject(failure);
      await expect(refresh).rejects.toBe(failure);
      expect(await call).toBe("one");
      expect(source.runs).toBe(2);
    });

    it.each([
      ["a call", (fn: Cached) => fn("k")],
      ["a refresh", (fn: Cached) => fn.cache.refresh("k")],
    ])("bug: an older value outlived a newer one of %s that was not to be stored", async (_what, load) => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, ttl: (value) => (value === "one" ? "10s" : 0), clock });
      await fn("k");
      source.gives("two");
      clock.advance("10s");
      expect(await load(fn)).toBe("two");
      source.fails(failure);
      await expect(fn("k")).rejects.toBe(failure);
    });

    it("bug: a refresh whose value was not to be stored kept a later one from being stored", async () => {
      const source = createSource();
      const fn = cached(source.load, { ttl: (value) => (value === "one" ? 0 : "10s"), clock: createFakeClock() });
      const [first, second] = [source.waits(), Promise.resolve(fn.cache.refresh("k"))];
      await expect.poll(() => source.runs).toBe(1);
      const later = source.waits();
      const third = Promise.resolve(fn.cache.refresh("k"));
      first.resolve("one");
      expect(await second).toBe("one");
      later.resolve("two");
      expect(await third).toBe("two");
      expect(await fn("k")).toBe("two");
      expect(source.runs).toBe(2);
    });

    it("counts what it serves, and says once what has failed", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const told: unknown[] = [];
      const fn = cached(source.load, {
        ...graced,
        clock,
        name: `counted-${told.length}-${isPersistent}`,
        onError: (event) => void told.push(event),
      });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      const before = lines.length;
      await fn("k");
      await fn("k");
      const { hits, misses, stale, loadFailures } = fn.cache.stats();
      expect({ hits, misses, stale, loadFailures }).toEqual({ hits: 1, misses: 2, stale: 2, loadFailures: 1 });
      expect(told).toMatchObject([{ operation: "load", error: failure }]);
      expect(lines.length - before).toBeLessThanOrEqual(1);
    });
  });

  describe("staleWhileRevalidate", () => {
    const revalidated = { ttl: "10s", staleWhileRevalidate: "60s" } as const;

    it("serves the old value at once, while one call in the background makes a new one", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...revalidated, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("10s");
      for (let i = 0; i < 20; i += 1) expect(await fn("k")).toBe("one");
      expect(new Set(await Promise.all(Array.from({ length: 20 }, () => fn("k"))))).toEqual(new Set(["one"]));
      await expect.poll(() => source.runs).toBe(2);
      running.resolve("two");
      await expect.poll(() => fn("k")).toBe("two");
      expect(source.runs).toBe(2);
      clock.advance("9900ms");
      expect(await fn("k")).toBe("two");
      expect(source.runs).toBe(2);
    });

    it("is silent about failures, and does not try again before the back-off is over", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...revalidated, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      for (let i = 0; i < 10; i += 1) {
        expect(await fn("k")).toBe("one");
        await settle();
      }
      await expect.poll(() => source.runs).toBe(2);
      source.gives("two");
      clock.advance("1s");
      expect(await fn("k")).toBe("one");
      await expect.poll(() => fn("k")).toBe("two");
    });

    it("ends: the call waits then", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...revalidated, clock });
      await fn("k");
      source.gives("two");
      clock.advance("70s");
      expect(await fn("k")).toBe("two");
    });

    it("goes on as staleIfError, where that is longer", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s", staleWhileRevalidate: "10s", staleIfError: "60s", clock });
      await fn("k");
      source.fails(failure);
      clock.advance("25s");
      expect(await fn("k")).toBe("one");
      source.gives("two");
      clock.advance("1s");
      expect(await fn("k")).toBe("two");
    });

    it("a removal while the new value is made: neither value comes back", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...revalidated, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("10s");
      expect(await fn("k")).toBe("one");
      await fn.cache.delete("k");
      source.gives("three");
      const call = fn("k");
      running.resolve("two");
      expect(await call).toBe("three");
      await settle();
      expect(await fn("k")).toBe("three");
      expect(source.runs).toBe(3);
    });

    it("hands its work over to waitUntil, where it does not reject", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const handed: Promise<void>[] = [];
      const fn = cached(source.load, { ...revalidated, clock, waitUntil: (work) => void handed.push(work) });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      await fn("k");
      expect(handed).toHaveLength(1);
      expect(await handed[0]).toBe(undefined);
    });

    it("what one caller does to a value reaches no other", async () => {
      if (!isPersistent) return;
      const clock = createFakeClock();
      const source = createSource({ list: [1] });
      const fn = cached(source.load, { ...revalidated, staleIfError: "60s", clock });
      await fn("k");
      source.fails(failure);
      clock.advance("10s");
      for (let i = 0; i < 5; i += 1) {
        const value = (await fn("k")) as { list: number[] };
        expect(value).toEqual({ list: [1] });
        value.list.push(2);
      }
    });
  });

  describe("refreshAhead", () => {
    const ahead = { ttl: "100s", refreshAhead: 0.8 } as const;

    it("makes a new value in the background before the old one is over", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...ahead, clock });
      await fn("k");
      clock.advance("79s");
      expect(await fn("k")).toBe("one");
      expect(source.runs).toBe(1);
      const running = source.waits();
      clock.advance("1s");
      for (let i = 0; i < 10; i += 1) expect(await fn("k")).toBe("one");
      await expect.poll(() => source.runs).toBe(2);
      running.resolve("two");
      await expect.poll(() => fn("k")).toBe("two");
      clock.advance("79s");
      expect(await fn("k")).toBe("two");
      expect(source.runs).toBe(2);
      expect(fn.cache.stats().stale).toBe(0);
    });

    it("a call that comes when the old value is over waits for the load that is under way", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...ahead, clock });
      await fn("k");
      const running = source.waits();
      clock.advance("90s");
      expect(await fn("k")).toBe("one");
      clock.advance("10s");
      const call = fn("k");
      await settle();
      running.resolve("two");
      expect(await call).toBe("two");
      expect(source.runs).toBe(2);
    });

    it("bug: a refresh ahead that failed was tried again by each call, where neither other option gave a back-off", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...ahead, clock });
      await fn("k");
      source.fails(failure);
      clock.advance("80s");
      for (let i = 0; i < 10; i += 1) {
        expect(await fn("k")).toBe("one");
        await settle();
      }
      await expect.poll(() => source.runs).toBe(2);
      source.gives("two");
      clock.advance("1s");
      expect(await fn("k")).toBe("one");
      await expect.poll(() => fn("k")).toBe("two");
    });

    it("has nothing to do where values do not expire", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { refreshAhead: 0.5, clock });
      await fn("k");
      clock.advance("1000d");
      expect(await fn("k")).toBe("one");
      expect(source.runs).toBe(1);
    });
  });

  describe("expire()", () => {
    it("keeps the value for those whom it is of use to", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock });
      await fn("k");
      expect(await fn.cache.expire("k")).toBe(true);
      expect(await fn.cache.expire("nothing")).toBe(false);
      expect(await fn.cache.has("k")).toBe(false);
      source.fails(failure);
      expect(await fn("k")).toBe("one");
      source.gives("two");
      clock.advance("5s");
      expect(await fn("k")).toBe("two");
    });

    it("removes it where it is of none", async () => {
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s" });
      await fn("k");
      expect(await fn.cache.expire("k")).toBe(true);
      source.fails(failure);
      await expect(fn("k")).rejects.toBe(failure);
    });

    it("works for a value without a lifetime, and does not put off the end of another", async () => {
      const clock = createFakeClock();
      const source = createSource("one");
      const eternal = cached(source.load, { staleIfError: "60s", clock });
      await eternal("k");
      await eternal.cache.expire("k");
      source.fails(failure);
      expect(await eternal("k")).toBe("one");
      clock.advance("60s");
      await expect(eternal("k")).rejects.toBe(failure);
    });

    it.each(["delete", "clear"] as const)(
      "bug: brought back what %s removed while it was carried out",
      async (removal) => {
        const source = createSource("one");
        const fn = cached(source.load, { ...graced, clock: createFakeClock() });
        await fn("k");
        await Promise.all([fn.cache.expire("k"), fn.cache[removal]("k")]);
        source.fails(failure);
        await expect(fn("k")).rejects.toBe(failure);
      },
    );

    it("bug: took the place of a newer value that was set while it was carried out", async () => {
      const source = createSource("one");
      const fn = cached(source.load, { ...graced, clock: createFakeClock() });
      await fn("k");
      await Promise.all([fn.cache.expire("k"), fn.cache.set(["k"], "two")]);
      expect(await fn("k")).toBe("two");
      expect(source.runs).toBe(1);
    });

    it("bug: fenced loads that began after it", async () => {
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "10s", clock: createFakeClock() });
      await Promise.all([fn.cache.expire("k"), fn("k")]);
      await fn("k");
      expect(source.runs).toBe(1);
    });

    it("a load that began before is not stored", async () => {
      const source = createSource();
      const fn = cached(source.load, { ...graced, clock: createFakeClock() });
      const running = source.waits();
      const call = fn("k");
      while (source.runs < 1) await settle();
      await fn.cache.expire("k");
      running.resolve("one");
      expect(await call).toBe("one");
      source.gives("two");
      expect(await fn("k")).toBe("two");
    });
  });
});

describe("a function that answers at once", () => {
  it("gets its last value where it throws, and is tried again when the back-off is over", () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = mcache(source.loadNow, { ttl: "10s", staleIfError: { for: "60s", backoff: "5s" }, clock });
    fn("k");
    source.fails(failure);
    clock.advance("10s");
    expect([fn("k"), fn("k"), fn("k")]).toEqual(["one", "one", "one"]);
    expect(source.runs).toBe(2);
    clock.advance("60s");
    expect(() => fn("k")).toThrow(failure);
  });

  it("is not run in the background: a value that is over is made anew, one that is not is served", () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = mcache(source.loadNow, { ttl: "10s", staleWhileRevalidate: "60s", refreshAhead: 0.5, clock });
    fn("k");
    source.gives("two");
    clock.advance("6s");
    expect(fn("k")).toBe("one");
    clock.advance("4s");
    expect(fn("k")).toBe("two");
  });
});
