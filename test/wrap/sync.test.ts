import { describe, expect, it } from "vitest";
import { type CacheFunction, mcache, ucache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();

describe.each<[string, CacheFunction]>([
  ["mcache", mcache],
  ["ucache", ucache],
])("%s on a synchronous function", (_name, cache) => {
  it("runs it once for equal arguments", () => {
    let runs = 0;
    const add = cache((a: number, b: number) => {
      runs += 1;
      return a + b;
    });
    expect([add(1, 2), add(1, 2), add(2, 1), add(1, 2)]).toEqual([3, 3, 3, 3]);
    expect(runs).toBe(2);
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["false", false],
    ["0", 0],
    ["-0", -0],
    ["NaN", Number.NaN],
    ["an empty string", ""],
    ["a bigint", 0n],
    ["a symbol", Symbol("s")],
    ["an error", new Error("a value like any other")],
    ["a function", () => 1],
    ["an object", { a: [1] }],
    ["a Map", new Map([[1, 2]])],
    ["an instance", new (class Foo {})()],
  ])("keeps %s as it is", (_kind, value) => {
    let runs = 0;
    const give = cache((_key: string) => {
      runs += 1;
      return value;
    });
    give("k");
    expect(Object.is(give("k"), value)).toBe(true);
    expect(runs).toBe(1);
  });

  it("works for every kind of single argument, twice", () => {
    let runs = 0;
    const echo = cache((value: unknown) => {
      runs += 1;
      return [typeof value, value];
    });
    const values = ["a", "", "\0", "\0s1:a", 1, 0, -0, Number.NaN, true, undefined, null, 5n, { a: 1 }, [1], echo];
    const first = values.map((value) => echo(value));
    expect(values.map((value) => echo(value))).toEqual(first);
    expect(runs).toBe(values.length);
    expect(echo(0)[1]).toBe(0);
    expect(Object.is(echo(-0)[1], -0)).toBe(true);
  });

  it("takes the number of arguments for a difference", () => {
    const count = cache((...args: unknown[]) => args.length);
    expect([count(), count(undefined), count(undefined, undefined), count(), count(undefined)]).toEqual([
      0, 1, 2, 0, 1,
    ]);
  });

  it("passes `this` on, and takes it for a difference", () => {
    const scale = cache(function (this: unknown, n: number) {
      return n * ((this as { factor?: number } | undefined)?.factor ?? 1);
    });
    const two = { factor: 2, scale };
    const three = { factor: 3, scale };
    expect([two.scale(5), three.scale(5), scale(5), two.scale(5), three.scale(5)]).toEqual([10, 15, 5, 10, 15]);
    expect(scale.cache.stats().hits).toBe(2);
    expect(scale.call(7 as never, 5)).toBe(5);
    expect(scale.call(7 as never, 5)).toBe(5);
    expect(scale.cache.stats().hits).toBe(3);
  });

  it("takes `this` for no difference where the function cannot see it", () => {
    const api = { double: cache((n: number) => 2 * n) };
    expect([api.double(4), api.double(4), api.double.call({} as never, 4)]).toEqual([8, 8, 8]);
    expect(api.double.cache.stats().misses).toBe(1);
  });

  it("keeps name, length, prototype and properties; is no constructor", () => {
    function area(this: unknown, width: number, height = 1): number {
      return width * height;
    }
    const documented = Object.assign(area, { unit: "m²", [Symbol.for("tag")]: 1 });
    const cached = cache(documented);
    expect([cached.name, cached.length, cached.unit]).toEqual(["area", 1, "m²"]);
    expect(Reflect.get(cached, Symbol.for("tag"))).toBe(1);
    const asynchronous = async (): Promise<number> => 1;
    expect(Object.getPrototypeOf(cache(asynchronous))).toBe(Object.getPrototypeOf(asynchronous));
    expect(cached.cache.original).toBe(area);
    expect("prototype" in cached).toBe(false);
    expect(() => Reflect.construct(cached, [1])).toThrow(TypeError);
  });

  it("gives each wrapped function a cache of its own, even of one function", () => {
    const twice = (n: number): number => 2 * n;
    const [one, two] = [cache(twice), cache(twice)];
    one(1);
    two(1);
    expect([one.cache.stats().misses, two.cache.stats().misses]).toEqual([1, 1]);
    expect(one.cache.name).not.toBe(two.cache.name);
  });

  it("lets an error through, the very object, and tries again at the next call", () => {
    const error = new RangeError("no");
    let runs = 0;
    const fail = cache(() => {
      runs += 1;
      throw error;
    });
    for (let i = 0; i < 3; i += 1) {
      let caught: unknown;
      try {
        fail();
      } catch (thrown) {
        caught = thrown;
      }
      expect(caught).toBe(error);
    }
    expect(runs).toBe(3);
    expect(fail.cache.stats()).toMatchObject({ hits: 0, misses: 3, loads: 3, loadFailures: 3, size: 0 });
  });

  it("lets thrown things through that are no errors", () => {
    for (const thing of [undefined, null, 0, "text"]) {
      const fail = cache(() => {
        throw thing;
      });
      let caught: unknown = "nothing";
      try {
        fail();
      } catch (thrown) {
        caught = thrown;
      }
      expect(caught).toBe(thing);
    }
  });

  it("can be called by itself", () => {
    let runs = 0;
    const fibonacci = cache((n: number): number => {
      runs += 1;
      return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    });
    expect(fibonacci(70)).toBe(190_392_490_709_135);
    expect(runs).toBe(71);
  });

  it("keeps maxSize, by least recent use unless told otherwise", () => {
    const runs: number[] = [];
    const square = cache(
      (n: number) => {
        runs.push(n);
        return n * n;
      },
      { maxSize: 2 },
    );
    square(1);
    square(2);
    square(1);
    square(3);
    square(1);
    square(2);
    expect(runs).toEqual([1, 2, 3, 2]);
    expect(square.cache.stats()).toMatchObject({ evictions: 2, size: 2, maxSize: 2 });
  });

  it("is bounded at 1000 entries unless told otherwise", () => {
    const square = cache((n: number) => n * n);
    for (let i = 1; i <= 3_000; i += 1) square(i);
    expect(square.cache.stats()).toMatchObject({ size: 1_000, maxSize: 1_000, evictions: 2_000 });
  });

  it("holds any number of entries when told so, on the engine that can", () => {
    const square = cache((n: number) => n * n, { maxSize: Number.POSITIVE_INFINITY });
    for (let i = 1; i <= 3_000; i += 1) square(i);
    expect(square.cache.stats()).toMatchObject({ size: 3_000, engine: "map", evictions: 0 });
    expect(lines, "a choice is not a fallback").toEqual([]);
  });

  it.each(["fifo", "lfu", "rr", "mru", "lifo", "ttl"] as const)("evicts by %s, on the engine that can", (policy) => {
    const square = cache((n: number) => n * n, { maxSize: 5, policy });
    for (let i = 1; i <= 20; i += 1) square(i);
    expect(square.cache.stats()).toMatchObject({ size: 5, engine: "map", evictions: 15 });
    expect(lines).toEqual([]);
  });

  it("evicts by ttl what is soonest to expire, as each value's own lifetime says and hits put it off", () => {
    const clock = createFakeClock();
    const lives = cache((n: number) => n, { maxSize: 3, policy: "ttl", ttl: (n) => n, clock });
    for (const n of [300, 100, 200]) lives(n);
    lives(400);
    expect([300, 100, 200, 400].map((n) => lives.cache.has(n))).toEqual([true, false, true, true]);
    const slides = cache((n: number) => n, { maxSize: 2, policy: "ttl", idle: "10s", clock });
    slides(1);
    clock.advance("1s");
    slides(2);
    clock.advance("1s");
    slides(1);
    slides(3);
    expect([1, 2, 3].map((n) => slides.cache.has(n))).toEqual([true, false, true]);
  });

  it("runs again when the TTL is over, counted from when the load settled", () => {
    const clock = createFakeClock();
    let runs = 0;
    const slow = cache(
      (_key: string) => {
        runs += 1;
        clock.advance("10s");
        return runs;
      },
      { ttl: "5s", clock },
    );
    expect(slow("k")).toBe(1);
    clock.advance(4_999);
    expect(slow("k")).toBe(1);
    clock.advance(1);
    expect(slow("k")).toBe(2);
    expect(slow.cache.stats()).toMatchObject({ hits: 1, misses: 2, expirations: 1, size: 1 });
  });

  it("retains nothing with a TTL of 0", () => {
    let runs = 0;
    const now = cache(() => ++runs, { ttl: 0 });
    expect([now(), now(), now()]).toEqual([1, 2, 3]);
    expect(now.cache.stats()).toMatchObject({ size: 0, misses: 3, refusals: 0 });
  });

  it("never reads the clock for entries without a TTL", () => {
    const clock = {
      now(): number {
        throw new Error("the clock was read");
      },
    };
    const square = cache((n: number) => n * n, { clock });
    expect([square(3), square(3), square(4)]).toEqual([9, 9, 16]);
  });

  it("keeps TTLs beyond 24.8 days, without a timer", () => {
    const clock = createFakeClock();
    const rate = cache((key: string) => ({ key }), { ttl: "400d", clock });
    const first = rate("k");
    clock.advance("399d");
    expect(rate("k")).toBe(first);
    clock.advance("1d");
    expect(rate("k")).not.toBe(first);
  });
});

describe("an encoded key is no string that a caller can pass", () => {
  it.each([
    ["two arguments", [1, 2], "\0n1;n2;"],
    ["no argument", [], "\0"],
    ["one that is not its own key", [true], "\0t"],
    ["zero", [0], "\0n0;"],
  ])("%s", (_title, args, text) => {
    const count = mcache((...given: unknown[]) => given.length + String(given[0]).length);
    const expected = count(...args);
    expect(count(text)).toBe(1 + text.length);
    expect(count(text)).toBe(1 + text.length);
    expect(count(...args)).toBe(expected);
    expect(count.cache.stats()).toMatchObject({ hits: 2, misses: 2 });
  });
});
