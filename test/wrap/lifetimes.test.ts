/** How long values live. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { acache, bcache, ConfigurationError, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { kinds } from "../support/kinds.js";
import { createSource } from "../support/scripted.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe.each(kinds)("on $name", ({ cached }) => {
  it("jitter makes a lifetime shorter, never longer, once for each value", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
    const fn = cached(source.load, { ttl: "10s", jitter: 0.4, clock });
    await fn("k");
    random.mockReturnValue(0);
    await fn("other");
    clock.advance("7900ms");
    expect(await fn.cache.has("k")).toBe(true);
    clock.advance("100ms");
    expect(await fn.cache.has("k")).toBe(false);
    clock.advance("1900ms");
    expect(await fn.cache.has("other")).toBe(true);
    clock.advance("100ms");
    expect(await fn.cache.has("other")).toBe(false);
  });

  it("jitter has nothing to do with values that live for ever", async () => {
    const clock = createFakeClock();
    const fn = cached(createSource("one").load, { jitter: 1, clock });
    await fn("k");
    clock.advance("1000d");
    expect(await fn.cache.has("k")).toBe(true);
  });

  it("expiresAt ends a value by the clock, whatever ttl says", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, {
      ttl: "10s",
      clock,
      expiresAt: (_value: unknown, [key]: readonly [string]): Date | undefined =>
        key === "never" ? undefined : new Date(clock.now() + (key === "soon" ? 3_000 : 99_000)),
    });
    for (const key of ["soon", "late", "never"]) await fn(key);
    clock.advance("3s");
    expect(await Promise.all(["soon", "late", "never"].map((key) => fn.cache.has(key)))).toEqual([false, true, true]);
    clock.advance("7s");
    expect(await Promise.all(["soon", "late", "never"].map((key) => fn.cache.has(key)))).toEqual([false, false, false]);
  });

  it("a value that is over already is not retained", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { expiresAt: clock.now(), clock });
    expect(await fn("k")).toBe("one");
    expect(await fn.cache.has("k")).toBe(false);
  });

  it.each([undefined, null])("negativeTtl is the lifetime of %s", async (nothing) => {
    const clock = createFakeClock();
    const source = createSource(nothing);
    const fn = cached(source.load, { ttl: "10s", negativeTtl: "1s", clock });
    await fn("k");
    clock.advance("999ms");
    await fn("k");
    expect(source.runs).toBe(1);
    clock.advance("1ms");
    source.gives(0);
    expect(await fn("k")).toBe(0);
    clock.advance("9s");
    expect(await fn("k")).toBe(0);
    expect(source.runs).toBe(2);
  });

  it("negativeTtl is the lifetime of what its `when` says", async () => {
    const clock = createFakeClock();
    const source = createSource([]);
    const when = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
    const fn = cached(source.load, { ttl: "10s", negativeTtl: { ttl: 0, when }, clock });
    await fn("k");
    expect(await fn.cache.has("k")).toBe(false);
    source.gives(null);
    await fn("k");
    expect(await fn.cache.has("k")).toBe(true);
  });

  it("a result of nothing takes the place of a stale one: it is no failure", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ttl: "10s", negativeTtl: "1s", staleIfError: "1h", clock });
    await fn("k");
    clock.advance("10s");
    source.gives(undefined);
    expect(await fn("k")).toBe(undefined);
    source.fails(new Error("down"));
    clock.advance("1s");
    expect(await fn("k")).toBe(undefined);
  });

  it("minCost keeps what took longer, and callers share the load of what did not", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const source = createSource();
    const fn = cached(source.load, { minCost: "50ms" });
    const during = async (milliseconds: number): Promise<unknown> => {
      const running = source.waits();
      const before = source.runs;
      const calls = [fn("k"), fn("k")];
      while (source.runs === before) await settle();
      vi.advanceTimersByTime(milliseconds);
      running.resolve(milliseconds);
      expect(new Set(await Promise.all(calls)).size).toBe(1);
      expect(source.runs).toBe(before + 1);
      return fn.cache.has("k");
    };
    expect(await during(50)).toBe(false);
    expect(await during(51)).toBe(true);
  });

  it("a lifetime beyond what a timer can take is kept", async () => {
    const clock = createFakeClock();
    const fn = cached(createSource("one").load, { ttl: "400d", clock });
    await fn("k");
    clock.advance("399d");
    expect(await fn.cache.has("k")).toBe(true);
    clock.advance("1d");
    expect(await fn.cache.has("k")).toBe(false);
  });

  it("a clock that is set back makes nothing younger, nor stale values useful", async () => {
    let time = 1_000_000;
    const source = createSource("one");
    const fn = cached(source.load, { ttl: "10s", staleIfError: "1h", clock: { now: () => time } });
    await fn("k");
    time -= 100_000;
    source.fails(new Error("down"));
    await expect(fn("k")).rejects.toThrow("down");
  });
});

describe("idle", () => {
  it("ends a value that nobody asks for, and ttl stays the most", () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = mcache(source.loadNow, { ttl: "10s", idle: "3s", clock });
    fn("k");
    for (let i = 0; i < 4; i += 1) {
      clock.advance("2s");
      fn("k");
    }
    expect(source.runs).toBe(1);
    clock.advance("1900ms");
    expect(fn.cache.has("k")).toBe(true);
    clock.advance("100ms");
    expect(fn.cache.has("k")).toBe(false);
    fn("k");
    clock.advance("3s");
    expect(fn.cache.has("k")).toBe(false);
  });

  it("needs no ttl, and is not put off by has and peek", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = acache(source.load, { engine: "map", idle: "3s", clock });
    await fn("k");
    for (let i = 0; i < 100; i += 1) {
      clock.advance("2s");
      expect(await fn("k")).toBe("one");
    }
    expect(source.runs).toBe(1);
    clock.advance("2s");
    fn.cache.has("k");
    fn.cache.peek("k");
    clock.advance("1s");
    expect(fn.cache.has("k")).toBe(false);
  });

  it.each([
    ["an engine that copies", thirdPartySync],
    ["an engine that answers with promises", thirdPartyAsync],
  ] as const)("is refused for %s", (_what, engine) => {
    const options = { engine, idle: "3s", maxSize: Number.POSITIVE_INFINITY, policy: "fifo", fallback: false } as const;
    expect(() => acache(createSource("one").load, options)).toThrow(/cannot put off the end/);
  });

  it("is refused on disk, where a hit never writes", () => {
    const options = { idle: "3s" } as object;
    expect(() => bcache(createSource("one").load, { name: "x", ...options })).toThrow(ConfigurationError);
  });
});

describe("options that cannot work are refused at decoration", () => {
  const load = createSource("one").load;
  it.each<[string, object, RegExp]>([
    ["jitter beyond 1", { jitter: 1.1 }, /jitter: expected a number from 0 to 1/],
    ["refreshAhead of 1", { refreshAhead: 1 }, /refreshAhead: expected a number between 0 and 1/],
    ["refreshAhead of 0", { refreshAhead: 0 }, /refreshAhead/],
    ["a negative time", { staleWhileRevalidate: -1 }, /staleWhileRevalidate/],
    [
      "an unknown part",
      { staleIfError: { for: "1s", until: "2s" } },
      /staleIfError: expected .* or \{ for, backoff \}/,
    ],
    ["a soft timeout with nothing to serve", { softTimeout: 10 }, /softTimeout: expected to stand beside staleIfError/],
    ["a soft timeout of 0", { softTimeout: 0, staleIfError: "1s" }, /softTimeout: expected .* more than 0/],
    [
      "a soft timeout beyond the hard one",
      { softTimeout: 20, hardTimeout: 10, staleIfError: "1s" },
      /no longer than hardTimeout/,
    ],
    ["idle with stale values", { idle: "1s", staleIfError: "1s" }, /idle: expected to stand without staleIfError/],
    ["idle of 0", { idle: 0 }, /idle/],
    ["a moment that is none", { expiresAt: "tomorrow" }, /expiresAt: expected a date/],
    ["an invalid date", { expiresAt: new Date(Number.NaN) }, /expiresAt: expected a date/],
    ["a negative lifetime without ttl", { negativeTtl: { when: () => true } }, /negativeTtl/],
  ])("%s", (_what, options, message) => {
    expect(() => acache(load, options)).toThrow(ConfigurationError);
    expect(() => acache(load, options)).toThrow(message);
  });

  it("what needs a background, where a function has to answer at once", () => {
    const options = { name: "x", sync: true, staleWhileRevalidate: "1s" } as const;
    expect(() => bcache((n: number) => n, options)).toThrow(
      /staleWhileRevalidate: expected a function that returns promises/,
    );
  });
});

describe("options that are functions, and fail", () => {
  it.each([
    ["expiresAt", { expiresAt: () => "x" }],
    ["expiresAt", { expiresAt: () => Promise.resolve(1) }],
    [
      "negativeTtl",
      {
        negativeTtl: {
          ttl: 1,
          when: () => {
            throw new Error("no");
          },
        },
      },
    ],
  ] as [string, object][])("%s: the value is returned, and not stored", async (option, options) => {
    const told: unknown[] = [];
    const fn = acache(createSource("one").load, { ...options, onError: (event) => void told.push(event) });
    expect(await fn("k")).toBe("one");
    expect(fn.cache.has("k")).toBe(false);
    expect(told).toMatchObject([{ operation: option }]);
  });
});
