import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { cacheKey, keyOf } from "../../src/keys/index.js";

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
class Same {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
class User {
  constructor(
    readonly id: number,
    readonly noise: unknown = {},
  ) {}
  [cacheKey](): unknown {
    return this.id;
  }
}
class Customer extends User {}

const shared = { a: 1 };
const cyclic = (depth: number): object => {
  const first: Record<string, unknown> = {};
  let last = first;
  for (let i = 0; i < depth; i += 1) {
    last.next = {};
    last = last.next as Record<string, unknown>;
  }
  last.next = first;
  return first;
};
const sparse = (length: number, ...indices: number[]): unknown[] => {
  const array: unknown[] = [];
  array.length = length;
  for (const index of indices) array[index] = index;
  return array;
};
const withProto = (value: unknown): object =>
  Object.defineProperty({}, "__proto__", { value, enumerable: true, configurable: true, writable: true });

/** Lists of arguments that differ, each from all the others. */
const different: readonly (readonly [name: string, args: readonly unknown[]])[] = [
  ["nothing", []],
  ["undefined", [undefined]],
  ["null", [null]],
  ["true", [true]],
  ["false", [false]],
  ["1", [1]],
  ["“1”", ["1"]],
  ["1n", [1n]],
  ["0", [0]],
  ["-0", [-0]],
  ["NaN", [Number.NaN]],
  ["Infinity", [Number.POSITIVE_INFINITY]],
  ["“NaN”", ["NaN"]],
  ["empty string", [""]],
  ["U+0000", ["\0"]],
  ["the text of an encoded key", [keyOf([1, 2])]],
  ["the text of another encoded key", [keyOf([true])]],
  ["1, 2", [1, 2]],
  ["12", [12]],
  ["1, undefined", [1, undefined]],
  ["[1]", [[1]]],
  ["“[1]”", ["[1]"]],
  ["[1, 2]", [[1, 2]]],
  ["[[1, 2]]", [[[1, 2]]]],
  ["[[1], 2]", [[[1], 2]]],
  ["“a”, “bc”", ["a", "bc"]],
  ["“ab”, “c”", ["ab", "c"]],
  ["[“a”, “bc”]", [["a", "bc"]]],
  ["[“ab”, “c”]", [["ab", "c"]]],
  ["[“a,bc”]", [["a,bc"]]],
  ["[]", [[]]],
  ["[undefined]", [[undefined]]],
  ["[null]", [[null]]],
  ["a hole", [sparse(1)]],
  ["two holes", [sparse(2)]],
  ["a hole, then 1", [sparse(2, 1)]],
  ["1 after undefined", [[undefined, 1]]],
  ["a far index", [sparse(4_000_000_000, 3_999_999_999)]],
  ["an array with a property", [Object.assign([1], { index: 0 })]],
  ["an array with another property", [Object.assign([1], { index: 1 })]],
  ["{}", [{}]],
  ["{ a: undefined }", [{ a: undefined }]],
  ["{ a: 1 }", [{ a: 1 }]],
  ["{ a: “1” }", [{ a: "1" }]],
  ["{ b: 1 }", [{ b: 1 }]],
  ["{ a: 1, b: 2 }", [{ a: 1, b: 2 }]],
  ["{ a: { b: 2 } }", [{ a: { b: 2 } }]],
  ["{ “a1:b”: 1 }", [{ "a1:b": 1 }]],
  ["no prototype", [Object.create(null)]],
  ["no prototype, with a", [Object.assign(Object.create(null), { a: 1 })]],
  ["own __proto__: null", [withProto(null)]],
  ["own __proto__: 1", [withProto(1)]],
  ["own constructor", [{ constructor: 1 }]],
  ["two equal objects", [{ a: 1 }, { a: 1 }]],
  ["one object twice", [shared, shared]],
  ["[x, x]", [[shared, shared]]],
  ["[x, y]", [[{ a: 1 }, { a: 1 }]]],
  ["a cycle of 1", [cyclic(0)]],
  ["a cycle of 2", [cyclic(1)]],
  ["a cycle of 3", [cyclic(2)]],
  ["a registered symbol", [Symbol.for("a")]],
  ["another registered symbol", [Symbol.for("b")]],
  ["a symbol", [Symbol("a")]],
  ["another symbol of that name", [Symbol("a")]],
  ["Symbol.iterator", [Symbol.iterator]],
  ["a symbol as a key", [{ [Symbol.for("k")]: 1 }]],
  ["another value under that symbol", [{ [Symbol.for("k")]: 2 }]],
  ["another symbol as a key", [{ [Symbol.for("l")]: 1 }]],
  ["new Date(1)", [new Date(1)]],
  ["new Date(2)", [new Date(2)]],
  ["an invalid date", [new Date(Number.NaN)]],
  ["a date's number", [1, "date"]],
  ["/a/", [/a/]],
  ["/b/", [/b/]],
  ["/a/g", [/a/g]],
  ["/a/g, further on", [Object.assign(/a/g, { lastIndex: 3 })]],
  ["Error(“a”)", [new Error("a")]],
  ["Error(“b”)", [new Error("b")]],
  ["TypeError(“a”)", [new TypeError("a")]],
  ["Error with a cause", [new Error("a", { cause: 1 })]],
  ["AggregateError", [new AggregateError([new Error("a")], "a")]],
  ["Map {}", [new Map()]],
  ["Map { a → 1 }", [new Map([["a", 1]])]],
  ["Map { b → 1 }", [new Map([["b", 1]])]],
  ["Map { a → 1, b → 2 }", [new Map(Object.entries({ a: 1, b: 2 }))]],
  ["Map { b → 2, a → 1 }", [new Map(Object.entries({ b: 2, a: 1 }))]],
  ["Map with an object as key", [new Map([[{ a: 1 }, 1]])]],
  ["Map with a property", [Object.assign(new Map(), { a: 1 })]],
  ["Set {}", [new Set()]],
  ["Set { 1 }", [new Set([1])]],
  ["Set { “1” }", [new Set(["1"])]],
  ["Set { 1, 2 }", [new Set([1, 2])]],
  ["Set { 2, 1 }", [new Set([2, 1])]],
  ["Uint8Array [1]", [new Uint8Array([1])]],
  ["Uint8Array [2]", [new Uint8Array([2])]],
  ["Uint8Array [1] with a tag", [Object.assign(new Uint8Array([1]), { tag: "x" })]],
  ["Uint8Array [1] with another tag", [Object.assign(new Uint8Array([1]), { tag: "y" })]],
  ["Uint8Array [1] with a symbol", [Object.assign(new Uint8Array([1]), { [Symbol.for("tag")]: "x" })]],
  ["Uint8Array [1] with a class of its own", [Object.assign(new Uint8Array([1]), { constructor: Buffer })]],
  ["Buffer [1] with a tag", [Object.assign(Buffer.from([1]), { tag: "x" })]],
  ["DataView of 2 with an index", [Object.assign(new DataView(new ArrayBuffer(2)), { 0: "A" })]],
  ["DataView of 2 with another index", [Object.assign(new DataView(new ArrayBuffer(2)), { 0: "B" })]],
  ["String with an index beyond its end", [Object.assign(Object("ab") as object, { 5: "A" })]],
  ["String with another index beyond its end", [Object.assign(Object("ab") as object, { 5: "B" })]],
  ["DataView of 8 with a tag", [Object.assign(new DataView(new ArrayBuffer(8)), { tag: "x" })]],
  ["/a/ that claims another source", [Object.defineProperty(/a/, "source", { value: "c", enumerable: true })]],
  ["/b/ that claims another source", [Object.defineProperty(/b/, "source", { value: "c", enumerable: true })]],
  ["Int8Array [1]", [new Int8Array([1])]],
  ["Uint8ClampedArray [1]", [new Uint8ClampedArray([1])]],
  ["Uint16Array [1]", [new Uint16Array([1])]],
  ["Float64Array [1]", [new Float64Array([1])]],
  ["Float64Array [-0]", [new Float64Array([-0])]],
  ["Float64Array [0]", [new Float64Array([0])]],
  ["BigInt64Array [1n]", [new BigInt64Array([1n])]],
  ["Buffer [1]", [Buffer.from([1])]],
  ["ArrayBuffer [1]", [new Uint8Array([1]).buffer]],
  ["ArrayBuffer of 8", [new ArrayBuffer(8)]],
  ["DataView of 8", [new DataView(new ArrayBuffer(8))]],
  ["SharedArrayBuffer", [new SharedArrayBuffer(8)]],
  ["another SharedArrayBuffer", [new SharedArrayBuffer(8)]],
  ["a view of shared memory", [new Uint8Array(new SharedArrayBuffer(1))]],
  ["Object(1)", [Object(1)]],
  ["Object(“1”)", [Object("1")]],
  ["Object(true)", [Object(true)]],
  ["Object(1n)", [Object(1n)]],
  ["Object(Symbol.for)", [Object(Symbol.for("a"))]],
  ["URL a", [new URL("https://a.example/")]],
  ["URL b", [new URL("https://b.example/")]],
  ["URL's text", ["https://a.example/"]],
  ["URLSearchParams", [new URLSearchParams("a=1")]],
  ["other URLSearchParams", [new URLSearchParams("a=2")]],
  ["a function", [() => 1]],
  ["another function with that text", [() => 1]],
  ["a class", [Point]],
  ["an instance", [new Point(1, 2)]],
  ["another instance", [new Point(1, 2)]],
  ["an instance of another class", [new Same(1, 2)]],
  ["an object like the instance", [{ x: 1, y: 2 }]],
  ["a promise", [Promise.resolve(1)]],
  ["another promise", [Promise.resolve(1)]],
  ["a WeakMap", [new WeakMap()]],
  ["a subclass of Map", [new (class extends Map {})()]],
  ["a subclass of Array", [new (class extends Array {})()]],
  ["a user by id", [new User(7)]],
  ["another user by id", [new User(8)]],
  ["an id", [7, "user"]],
  ["a customer with that id", [new Customer(7)]],
  ["an impostor of Map", [Object.create(Map.prototype)]],
  ["an impostor of Date", [Object.create(Date.prototype)]],
  ["an impostor of Error", [Object.create(Error.prototype)]],
  ["an empty proxy", [new Proxy({}, {})]],
  ["another empty proxy", [new Proxy({}, {})]],
  ["a lone surrogate", ["\ud800"]],
  ["another lone surrogate", ["\ud801"]],
  ["the replacement character", ["\ufffd"]],
  ["a surrogate in a list", [["\ud800"]]],
  ["another surrogate in a list", [["\ud801"]]],
  ["composed é", [["é"]]],
  ["decomposed é", [["e\u0301"]]],
  ["a list from another realm", [runInContext("[1]", createContext({}))]],
  ["an object from another realm", [runInContext("({ a: 1 })", createContext({}))]],
];

describe("different arguments have different keys", () => {
  it(`each of ${different.length} lists from all the others`, () => {
    const seen = new Map<unknown, string>();
    for (const [name, args] of different) {
      const key = keyOf(args);
      expect(seen.get(key), `${name} is taken for ${seen.get(key)}`).toBeUndefined();
      seen.set(key, name);
    }
  });
});

/** Makers of lists of arguments; what one makes twice is equal. */
const equal: readonly (readonly [name: string, make: () => readonly unknown[], again?: () => readonly unknown[]])[] = [
  ["plain objects, whatever the order", () => [{ a: 1, b: 2, c: 3 }], () => [{ c: 3, a: 1, b: 2 }]],
  ["nested objects, whatever the order", () => [{ x: { a: 1, b: [2] } }], () => [{ x: { b: [2], a: 1 } }]],
  [
    "objects with integer-like names",
    () => [
      Object.fromEntries([
        ["b", 1],
        ["2", 2],
        ["10", 3],
      ]),
    ],
    () => [
      Object.fromEntries([
        ["10", 3],
        ["b", 1],
        ["2", 2],
      ]),
    ],
  ],
  [
    "sharing, in whatever order it is met",
    () => {
      const x = { v: 1 };
      return [{ a: x, b: { v: 1 }, c: x }];
    },
    () => {
      const x = { v: 1 };
      return [{ c: x, b: { v: 1 }, a: x }];
    },
  ],
  [
    "symbols as keys, in whatever order",
    () => [{ [Symbol.for("a")]: 1, [Symbol.for("b")]: 2 }],
    () => [{ [Symbol.for("b")]: 2, [Symbol.for("a")]: 1 }],
  ],
  ["arrays", () => [[1, [2, "3"], { a: [] }]]],
  ["sparse arrays", () => [sparse(1_000_000, 5, 7)]],
  ["cycles", () => [cyclic(4)]],
  ["dates", () => [new Date(12345)]],
  ["expressions", () => [/a+/giu]],
  ["views with properties", () => [Object.assign(new Float64Array([1, Number.NaN, -0]), { unit: "m" })]],
  ["Buffers with properties", () => [Object.assign(Buffer.from("text"), { tag: { a: 1 } })]],
  [
    "maps",
    () => [
      new Map<unknown, unknown>([
        ["a", 1],
        [{ k: 1 }, new Set([1, 2])],
      ]),
    ],
  ],
  ["typed arrays", () => [new Float32Array([1.5, -0])]],
  ["views of different buffers", () => [new Uint8Array([1, 2])], () => [new Uint8Array([0, 1, 2, 3]).subarray(1, 3)]],
  ["buffers", () => [Buffer.from("héllo")]],
  ["URLs", () => [new URL("https://example.com/?q=1")]],
  ["boxes", () => [Object("text"), Object(1)]],
  ["NaN", () => [Number.NaN, [Number.NaN]]],
  ["no prototype", () => [Object.assign(Object.create(null), { a: 1 })]],
  ["hooks", () => [new User(7)], () => [new User(7, { other: Math.random() })]],
  ["hooks, twice", () => [[new User(7), new User(7)]], () => [Array(2).fill(new User(7))]],
  ["many objects", () => [Array.from({ length: 100 }, (_, i) => ({ i }))]],
];

describe("equal arguments have equal keys", () => {
  for (const [name, make, again = make] of equal) it(name, () => expect(keyOf(make())).toBe(keyOf(again())));

  it("the same function, instance, symbol", () => {
    for (const one of [() => 1, new Point(1, 2), Symbol("s"), Point, new Proxy({}, {})]) {
      expect(keyOf([one])).toBe(keyOf([one]));
      expect(keyOf([{ one }])).toBe(keyOf([{ one }]));
    }
  });

  it("an error that is the same in everything", () => {
    const make = (): Error => Object.assign(new RangeError("a", { cause: { b: 1 } }), { stack: "s", code: 5 });
    expect(keyOf([make()])).toBe(keyOf([make()]));
    expect(keyOf([Object.assign(make(), { code: 6 })])).not.toBe(keyOf([make()]));
    expect(keyOf([Object.assign(make(), { stack: "t" })])).not.toBe(keyOf([make()]));
  });
});

describe("a single string or number is its own key", () => {
  it.each(["a", "", "1", " ", "\ud800", 1, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY])("%j", (value) => {
    expect(keyOf([value])).toBe(value);
  });

  it.each(["\0", "\0a"])("but not one that looks encoded: %j", (value) => {
    expect(keyOf([value])).not.toBe(value);
  });

  it("but not 0, which a Map would find by -0", () => {
    expect(typeof keyOf([0])).toBe("string");
    expect(keyOf([0])).not.toBe(keyOf([-0]));
  });
});

describe("objects that hide something are told apart by being themselves", () => {
  it("accessors", () => {
    let count = 0;
    const make = (): object => ({
      get next() {
        count += 1;
        return count;
      },
    });
    const one = make();
    expect(keyOf([one])).toBe(keyOf([one]));
    expect(keyOf([one])).not.toBe(keyOf([make()]));
    expect(count, "the accessor is not run").toBe(0);
  });

  it("accessors beside data: a change of the data is another key", () => {
    const one = {
      a: 1,
      get b() {
        return this.a;
      },
    };
    const before = keyOf([one]);
    one.a = 2;
    expect(keyOf([one])).not.toBe(before);
  });

  it("accessors in arrays", () => {
    const make = (): unknown[] => Object.defineProperty([1, 2], 0, { get: () => Math.random(), enumerable: true });
    expect(keyOf([make()])).not.toBe(keyOf([make()]));
  });

  it("properties that enumeration does not show", () => {
    const make = (value: number): object => Object.defineProperty({ a: 1 }, "hidden", { value });
    expect(keyOf([make(1)])).not.toBe(keyOf([make(1)]));
  });

  it("proxies, whose traps are not asked", () => {
    const trap = (): never => {
      throw new Error("a trap was asked");
    };
    const handler = { get: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap, has: trap };
    const proxy = new Proxy({}, handler);
    expect(keyOf([proxy])).toBe(keyOf([proxy]));
    expect(keyOf([[proxy]])).not.toBe(keyOf([[new Proxy({}, handler)]]));
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(keyOf([revoked.proxy])).toBe(keyOf([revoked.proxy]));
    const callable = new Proxy(() => 1, { get: trap });
    expect(keyOf([callable])).toBe(keyOf([callable]));
  });
});

describe("a hook says what stands for an object", () => {
  it("on plain objects and functions too", () => {
    const plain = (id: number): object => ({ [cacheKey]: () => id, noise: Math.random() });
    const one = plain(1);
    expect(keyOf([one])).toBe(keyOf([one]));
    const fn = Object.assign(() => 1, { [cacheKey]: () => "fn" });
    expect(keyOf([fn])).toBe(keyOf([fn]));
    expect(keyOf([fn])).not.toBe(keyOf([Object.assign(() => 1, { [cacheKey]: () => "other" })]));
  });

  it("that returns anything, itself excepted", () => {
    class Deep {
      [cacheKey](): unknown {
        return { a: [1, new Date(5)] };
      }
    }
    expect(keyOf([new Deep()])).toBe(keyOf([new Deep()]));
    class Loop {
      [cacheKey](): unknown {
        return this;
      }
    }
    expect(() => keyOf([new Loop()])).toThrow(/deeper than/);
  });

  it("whose error is the caller's to know", () => {
    class Bad {
      [cacheKey](): unknown {
        throw new Error("no id yet");
      }
    }
    expect(() => keyOf([new Bad()])).toThrow("no id yet");
  });
});

it("values nested too deeply are no key", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i += 1) deep = [deep];
  expect(() => keyOf([deep])).toThrow(/deeper than 500 levels/);
});
