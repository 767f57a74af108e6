import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyExactly, freezeDeeply, quickCopierFor } from "../../src/clone/index.js";
import { CacheValueError } from "../../src/errors.js";
import { parseBytes, parseDuration } from "../../src/quantity.js";
import { estimateBytes } from "../../src/size.js";
import { generateArguments } from "../support/arguments.js";
import { createRandom, seed } from "../support/random.js";
import { expectSame, kinds, randomValue } from "../support/values.js";

class Foo {
  a = 1;
}
const cyclic: Record<string, unknown> = { list: [] };
cyclic.self = cyclic;
(cyclic.list as unknown[]).push(cyclic, new Map([[cyclic, new Set([cyclic])]]));
const shared = { v: 1 };
const holes = Object.assign(new Array<unknown>(4), { 0: 1, 2: 3 });
const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
const error = Object.assign(new RangeError("bad", { cause: new TypeError("worse") }), { code: 5 });

describe("copyExactly", () => {
  const values: readonly (readonly [string, unknown])[] = [
    ["primitives", [1, -0, Number.NaN, "a", 5n, true, null, undefined, Symbol.iterator]],
    ["nested plain objects, in their order", { b: 1, a: { c: [1, 2] } }],
    ["own __proto__", JSON.parse('{"__proto__": {"a": 1}}')],
    ["no prototype", Object.assign(Object.create(null), { a: 1 })],
    ["symbols as keys", { [Symbol.for("k")]: 1 }],
    ["hidden and read-only properties", Object.defineProperty({}, "hidden", { value: { a: 1 } })],
    ["holes", holes],
    ["arrays with properties", Object.assign([1, 2], { index: 5 })],
    ["dates", new Date(5)],
    ["dates with properties", Object.assign(new Date(5), { zone: "UTC" })],
    ["expressions", Object.assign(/a/gi, { lastIndex: 3 })],
    ["maps and sets", new Map<unknown, unknown>([[{ k: 1 }, new Set([1, { a: 1 }])]])],
    ["errors, with cause and own properties", error],
    ["aggregate errors", new AggregateError([error], "many")],
    ["typed arrays", [new Float64Array([1.5, -0]), new BigInt64Array([5n]), new DataView(new ArrayBuffer(8), 2, 4)]],
    ["buffers", Buffer.from("text")],
    ["buffers with properties", Object.assign(Buffer.from("text"), { tag: { a: 1 } })],
    ["typed arrays with properties", Object.assign(new Float64Array([1, -0]), { unit: "m", [Symbol.for("k")]: 1 })],
    ["array buffers", buffer],
    ["boxes", [Object(1), Object("text"), Object(true), Object(5n)]],
    ["URLs", [new URL("https://a.example/?q=1"), new URLSearchParams("a=1&b=2")]],
    ["cycles", cyclic],
    ["sharing", [shared, shared, { shared }]],
    ["two views of one buffer", [new Uint8Array(buffer, 0, 2), new Uint16Array(buffer, 2, 1), buffer]],
  ];

  it.each(values)("%s", (_what, value) => {
    const copy = copyExactly(value);
    expect(isDeepStrictEqual(copy, value)).toBe(true);
    expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(value));
    expect(copy).not.toBe(value);
    expect(Reflect.ownKeys(copy as object)).toEqual(Reflect.ownKeys(value as object));
    expect(Object.getOwnPropertyDescriptors(copy)).toEqual(Object.getOwnPropertyDescriptors(value));
  });

  it("shares nothing mutable with the original", () => {
    const original = { map: new Map([["a", { n: 1 }]]), bytes: new Uint8Array([1]), date: new Date(1) };
    const copy = copyExactly(original);
    copy.map.set("b", { n: 2 });
    (copy.map.get("a") as { n: number }).n = 5;
    copy.bytes[0] = 9;
    copy.date.setTime(9);
    expect([original.map.size, original.map.get("a"), original.bytes[0], original.date.getTime()]).toEqual([
      1,
      { n: 1 },
      1,
      1,
    ]);
  });

  it("runs no setter that somebody gave to all objects, and minds no property of theirs that is read-only", () => {
    const heard: unknown[] = [];
    const add = (name: string, how: PropertyDescriptor): void =>
      void Object.defineProperty(Object.prototype, name, { ...how, configurable: true });
    add("heard", { set: (value) => void heard.push(value) });
    add("fixed", { value: "theirs", writable: false });
    try {
      const original = Object.defineProperties(
        {},
        {
          heard: { value: 1, writable: true, enumerable: true, configurable: true },
          fixed: { value: "ours", writable: true, enumerable: true, configurable: true },
        },
      );
      const copy = copyExactly(original);
      expect(Object.getOwnPropertyDescriptors(copy)).toEqual(Object.getOwnPropertyDescriptors(original));
      expect(heard).toEqual([]);
    } finally {
      for (const name of ["heard", "fixed"]) Reflect.deleteProperty(Object.prototype, name);
    }
  });

  it("keeps sharing and cycles within", () => {
    const copy = copyExactly({ a: shared, b: shared, cyclic });
    expect(copy.a).toBe(copy.b);
    expect(copy.cyclic.self).toBe(copy.cyclic);
    expect((copy.cyclic.list as unknown[])[0]).toBe(copy.cyclic);
    const [one, two, whole] = copyExactly([new Uint8Array(buffer, 0, 2), new Uint16Array(buffer, 2, 1), buffer]) as [
      Uint8Array,
      Uint16Array,
      ArrayBuffer,
    ];
    expect([one.buffer === whole, two.buffer === whole]).toEqual([true, true]);
    expect(whole).not.toBe(buffer);
  });

  it("keeps frozen, sealed and non-extensible state, inside too", () => {
    const copy = copyExactly({
      frozen: Object.freeze([1]),
      sealed: Object.seal({ a: 1 }),
      closed: Object.preventExtensions({ a: 1 }),
    });
    expect([
      Object.isFrozen(copy),
      Object.isFrozen(copy.frozen),
      Object.isSealed(copy.sealed),
      Object.isExtensible(copy.closed),
    ]).toEqual([false, true, true, false]);
    expect(Object.isFrozen(copy.sealed)).toBe(false);
  });

  it.each<[string, unknown]>([
    ["functions", () => 1],
    ["instances", new Foo()],
    ["subclasses", new (class extends Map {})()],
    [
      "accessors",
      {
        get a() {
          return 1;
        },
      },
    ],
    ["proxies", new Proxy({}, {})],
    ["promises", Promise.resolve(1)],
    ["weak maps", new WeakMap()],
    ["shared memory", new SharedArrayBuffer(8)],
    ["views of shared memory", new Uint8Array(new SharedArrayBuffer(8))],
    ["impostors", Object.create(Date.prototype)],
    ["impostors of arrays", Object.create(Array.prototype)],
    ["impostors of errors", Object.create(Error.prototype)],
  ])("refuses %s, inside too", (_what, value) => {
    expect(() => copyExactly(value)).toThrow(CacheValueError);
    expect(() => copyExactly({ list: [value] })).toThrow(CacheValueError);
  });

  it(`20,000 generated values come back exactly (SEED=${seed})`, () => {
    const random = createRandom(seed);
    for (let i = 0; i < 20_000; i += 1) {
      const { truth, make } = generateArguments(random);
      const value = make();
      if (!isDeepStrictEqual(copyExactly(value), value)) expect.fail(truth);
    }
  });
});

describe("quickCopierFor", () => {
  /** Objects inside a value, by however many ways. */
  function objectsIn(value: unknown, met: Set<object> = new Set()): Set<object> {
    if (typeof value !== "object" || value === null || met.has(value)) return met;
    met.add(value);
    for (const key of Reflect.ownKeys(value)) objectsIn(Object.getOwnPropertyDescriptor(value, key)?.value, met);
    return met;
  }

  /** A copy of what can be copied at all. */
  function masterOf(value: unknown): { readonly master: unknown } | undefined {
    try {
      return { master: copyExactly(value) };
    } catch {
      return undefined;
    }
  }

  function check(value: unknown): boolean {
    const made = masterOf(value);
    if (made === undefined) return false;
    const { master } = made;
    const copy = quickCopierFor(master);
    if (copy === undefined) return false;
    for (let i = 0; i < 2; i += 1) expectSame(copy(master), master);
    const theirs = objectsIn(master);
    for (const object of objectsIn(copy(master))) expect(theirs.has(object)).toBe(false);
    return true;
  }

  const quick: readonly (readonly [string, unknown])[] = [
    ["primitives", 5n],
    ["plain data", { id: 1, tags: ["a", null, undefined, -0], address: { street: "x", lines: [[{}]] } }],
    ["own __proto__", JSON.parse('{"__proto__": {"a": [1]}, "b": {"__proto__": 5}}')],
    ["keys that look like indices, and others, in their order", { b: {}, 2: [], 1: {}, a: [2] }],
    ["empty lists and objects", [[], {}]],
  ];
  it.each(quick)("copies quickly: %s", (_what, value) => expect(check(value)).toBe(true));

  const exact: readonly (readonly [string, unknown])[] = [
    ["as many names as holes", Object.assign(new Array(2), { 0: 1, name: {} })],
    ["holes", [Object.assign(new Array(3), { 1: 1 })]],
    ["symbols as keys", { [Symbol.for("k")]: { a: 1 } }],
    ["hidden properties", Object.defineProperty({ a: 1 }, "hidden", { value: [], writable: true, configurable: true })],
    ["an element that cannot be changed", Object.defineProperty([1, 2], 1, { writable: false })],
    ["a length that cannot be changed", Object.defineProperty([1, 2], "length", { writable: false })],
    ["frozen parts", { list: Object.freeze([1]) }],
    ["sealed parts", { inner: Object.seal({ a: 1 }) }],
    ["parts that take nothing new", { inner: Object.preventExtensions({}) }],
    ["no prototype", { inner: Object.create(null) }],
    ["parts that are there twice", [shared, shared]],
    ["cycles", cyclic],
    ["dates, maps and views inside", { list: [new Date(1), new Map([[1, {}]]), new Uint8Array(2)] }],
  ];
  it.each(exact)("has nothing for: %s", (_what, value) => expect(check(value)).toBe(false));

  it.each(kinds)("copies exactly, if at all: $name", ({ make }) => void check(make()));

  it(`5,000 generated values come back exactly, a good part of them quickly (SEED=${seed})`, () => {
    const random = createRandom(seed);
    let quickly = 0;
    for (let i = 0; i < 5_000; i += 1) if (check(randomValue(random))) quickly += 1;
    expect(quickly).toBeGreaterThan(500);
  });

  it("runs no setter that somebody gave to all objects, and copies nothing of theirs", () => {
    const heard: unknown[] = [];
    const mine = { own: {}, heard: [1], list: [{}] };
    const master = copyExactly(mine);
    const copy = quickCopierFor(master) ?? expect.fail("It is plain data.");
    let made: typeof mine;
    Object.defineProperty(Object.prototype, "heard", { set: (value) => void heard.push(value), configurable: true });
    Object.defineProperty(Object.prototype, "theirs", { value: {}, enumerable: true, configurable: true });
    try {
      made = copy(master) as typeof mine;
    } finally {
      for (const name of ["heard", "theirs"]) Reflect.deleteProperty(Object.prototype, name);
    }
    expect(Reflect.ownKeys(made)).toEqual(["own", "heard", "list"]);
    expect([made.own === master.own, made.heard, heard]).toEqual([false, [1], []]);
  });

  it.each<[string, object]>([
    ["a proxy", new Proxy({ a: 1 }, {})],
    ["a proxy of a list", new Proxy([1], {})],
    [
      "an accessor",
      {
        get a() {
          return 1;
        },
      },
    ],
    ["a function", { act: () => 1 }],
    ["an instance", new Foo()],
  ])("has nothing for what only somebody else's codec makes: %s", (_what, value) => {
    expect([quickCopierFor(value), quickCopierFor([{ value }])]).toEqual([undefined, undefined]);
  });

  it("has nothing for what is too deep to be looked at", () => {
    let deep: unknown = {};
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(quickCopierFor(deep)).toBeUndefined();
  });
});

describe("freezeDeeply", () => {
  it("freezes everything, in place", () => {
    const value = {
      list: [{ a: 1 }],
      error: new Error("e", { cause: { b: 1 } }),
      bare: Object.create(null) as object,
      [Symbol.for("s")]: { c: 1 },
    };
    expect(freezeDeeply(value)).toBe(value);
    const parts = [
      value,
      value.list,
      value.list[0],
      value.error,
      value.error.cause,
      value.bare,
      Reflect.get(value, Symbol.for("s")),
    ];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
    expect(freezeDeeply(cyclicPlain())).toBeDefined();
    expect(freezeDeeply(5)).toBe(5);
  });

  it.each<[string, unknown]>([
    ["maps", new Map()],
    ["sets", new Set()],
    ["dates", new Date()],
    ["typed arrays", new Uint8Array(1)],
    ["functions", () => 1],
    ["instances", new Foo()],
    [
      "accessors",
      {
        get a() {
          return 1;
        },
      },
    ],
    ["proxies", new Proxy({}, {})],
  ])("refuses %s, and freezes nothing then", (_what, value) => {
    const whole = { first: { a: 1 }, value };
    expect(() => freezeDeeply(whole)).toThrow(CacheValueError);
    expect([Object.isFrozen(whole), Object.isFrozen(whole.first)]).toEqual([false, false]);
  });

  function cyclicPlain(): object {
    const value: Record<string, unknown> = {};
    value.self = value;
    return value;
  }
});

describe("estimateBytes", () => {
  it("a map, a set or bytes of a class of the user's had code of that class run", () => {
    const run = (): never => {
      throw new Error("run");
    };
    const own = { get: run };
    const members = { size: own, byteLength: own, forEach: own, [Symbol.iterator]: own };
    class Pairs extends Map<string, string> {}
    class Items extends Set<string> {}
    class Octets extends Uint8Array {}
    for (const { prototype } of [Pairs, Items, Octets]) Object.defineProperties(prototype, members);
    const [pairs, items] = [new Pairs(), new Items()];
    Map.prototype.set.call(pairs, "k", "x".repeat(500));
    Set.prototype.add.call(items, "x".repeat(500));
    for (const value of [pairs, items, new Octets(1_000)]) expect(estimateBytes(value)).toBeGreaterThan(1_000);
    expect(estimateBytes(new DataView(new ArrayBuffer(1_000)))).toBeGreaterThan(1_000);
  });

  it("grows with what is held, and counts shared things once", () => {
    expect(estimateBytes("x".repeat(1_000))).toBeGreaterThanOrEqual(2_000);
    expect(estimateBytes(new Uint8Array(1_000))).toBeGreaterThanOrEqual(1_000);
    expect(estimateBytes(new ArrayBuffer(1_000))).toBeGreaterThanOrEqual(1_000);
    expect(estimateBytes(Array.from({ length: 100 }, (_, i) => ({ i })))).toBeGreaterThan(100 * 40);
    expect(estimateBytes(2n ** 8_000n)).toBeGreaterThanOrEqual(1_000);
    expect(estimateBytes(new Map([["k", "x".repeat(500)]]))).toBeGreaterThan(1_000);
    expect(estimateBytes(new Set(["x".repeat(500)]))).toBeGreaterThan(1_000);
    const big = "x".repeat(10_000).split("");
    expect(estimateBytes([big, big])).toBeLessThan(1.1 * estimateBytes([big]));
    expect(estimateBytes(cyclic)).toBeLessThan(1_000);
  });

  it("stops early when it is told to", () => {
    const long = Array.from({ length: 1_000_000 }, () => ({}));
    const started = performance.now();
    expect(estimateBytes({ a: "x".repeat(10_000), long }, 100)).toBeGreaterThan(100);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("never runs an accessor", () => {
    expect(
      estimateBytes({
        get a(): number {
          throw new Error("run");
        },
      }),
    ).toBeGreaterThan(0);
  });
});

describe("durations and sizes", () => {
  it.each([
    [5, 5],
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["1.5s", 1_500],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])("%j is %j ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [1, 1],
    ["512B", 512],
    ["100KB", 102_400],
    ["64MB", 67_108_864],
    ["1.5GB", 1_610_612_736],
  ])("%j is %j bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it("nothing else is one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return;
        expect(parseDuration(text)).toBeUndefined();
      }),
      { seed },
    );
    for (const value of [
      "5w",
      "constructor",
      "5constructor",
      "5__proto__",
      "-1s",
      "1e3s",
      ".5s",
      "5.s",
      null,
      undefined,
      true,
      [],
      {},
    ]) {
      expect(parseDuration(value)).toBeUndefined();
      expect(parseBytes(value)).toBeUndefined();
    }
    expect([parseBytes(0), parseBytes("0B"), parseBytes(0.5)]).toEqual([undefined, undefined, undefined]);
  });
});
