/**
 * Values that must come back exactly, values that must be refused, a generator of both kinds of trouble, and a comparator
 * that misses nothing. Written without regard to how values are encoded or copied.
 */

import { runInNewContext } from "node:vm";
import { registerType } from "../../src/register-type.js";

/** One kind of value; each call makes a new one. */
export interface Kind {
  readonly name: string;
  make(): unknown;
}

/** A class with plain fields, registered without a conversion. */
export class Point {
  x: unknown;
  y: unknown;
  constructor(x: unknown, y: unknown) {
    this.x = x;
    this.y = y;
  }
}

/** A subclass; registered too, on its own. */
export class Point3 extends Point {
  z = 3;
}

/** A class with private state, registered with a conversion. */
export class Money {
  readonly #cents: unknown;
  constructor(cents: unknown) {
    this.#cents = cents;
  }
  static centsOf(money: Money): unknown {
    return money.#cents;
  }
}

/** A subclass of a built-in class, registered with a conversion. */
export class Tags extends Set<unknown> {}

registerType("test.Point", Point);
registerType("test.Point3", Point3);
registerType("test.Money", Money, { encode: Money.centsOf, decode: (cents) => new Money(cents) });
registerType("test.Tags", Tags, { encode: (tags) => [...tags], decode: (items: unknown[]) => new Tags(items) });

/** Subclass without a registration. */
class Unregistered extends Point {}
class Failing {}
registerType("test.Failing", Failing, {
  encode: () => {
    throw new Error("no");
  },
  decode: () => new Failing(),
});
class Functional {}
registerType("test.Functional", Functional, { encode: () => [() => 1], decode: () => new Functional() });
class Selfish {}
registerType("test.Selfish", Selfish, { encode: (one) => [one], decode: () => new Selfish() });
class Listing extends Array<unknown> {}
registerType("test.Listing", Listing);

/** Gives an object own properties. */
function dressed<T extends object>(value: T, extras: object): T {
  for (const [name, extra] of Object.entries(extras)) {
    Object.defineProperty(value, name, { value: extra, enumerable: true, configurable: true, writable: true });
  }
  return value;
}

/** A flag that the compiler does not know for this target. */
const SETS: string = "v";

const HOLE = Symbol("hole");

function withHoles(items: unknown[]): unknown[] {
  for (const [i, item] of items.entries()) if (item === HOLE) Reflect.deleteProperty(items, i);
  return items;
}

function hide<T extends object>(value: T, name: string, hidden: unknown): T {
  return Object.defineProperty(value, name, { value: hidden, enumerable: false, configurable: true, writable: true });
}

function knot(): unknown {
  const knotted: { list: unknown[]; map: Map<unknown, unknown>; self?: unknown } = { list: [], map: new Map() };
  knotted.self = knotted;
  knotted.list.push(knotted, knotted.list, knotted.map);
  knotted.map.set(knotted.map, knotted).set(knotted, new Set([knotted.map, knotted.list]));
  return knotted;
}

function views(): unknown {
  const buffer = new ArrayBuffer(24);
  new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  return [
    new Uint16Array(buffer, 2, 3),
    new DataView(buffer, 1, 7),
    buffer,
    new Float64Array(buffer, 8),
    new Uint8Array(buffer),
  ];
}

function withMessage(error: Error): Error {
  return dressed(error, { code: "E_CODE", path: ["a", 1] });
}

function deep(levels: number): unknown {
  let value: unknown = "bottom";
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

const nestings: readonly (readonly [string, (inner: unknown) => unknown])[] = [
  ["frozen objects", (inner) => Object.freeze({ inner })],
  ["Maps", (inner) => Object.freeze(new Map([[inner, 1]]))],
  ["Sets with properties", (inner) => dressed(new Set(), { inner })],
  ["registered instances", (inner) => Object.freeze(new Point(inner, 1))],
  ["conversions", (inner) => Object.freeze(new Money(inner))],
  ["errors", (inner) => new Error("outer", { cause: inner })],
];

function kind(name: string, make: () => unknown): Kind {
  return { name, make };
}

const typedArrays = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];
const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

/** Kinds of values that must come back exactly as they were. */
export const kinds: readonly Kind[] = [
  ...[
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    127,
    128,
    -129,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    1.5,
  ].map((value) => kind(Object.is(value, -0) ? "-0" : String(value), () => value)),
  ...[
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_SAFE_INTEGER,
    5e-324,
    1.7976931348623157e308,
  ].map((value) => kind(String(value), () => value)),
  ...[0n, 1n, -1n, 255n, 256n, -(2n ** 64n), 2n ** 4_000n + 1n].map((value) =>
    kind(`bigint of ${value.toString(2).length} digits, ${value % 256n}`, () => value),
  ),
  kind("empty string", () => ""),
  kind("short string", () => "abc"),
  kind("NUL and latin1", () => "a\0b\xff\x80"),
  kind("long latin1", () => "é\0".repeat(500)),
  kind("wide string", () => "日本語 😀"),
  kind("long wide string", () => `${"x".repeat(300)}€`),
  kind("lone surrogates", () => ["\ud800", "\udc00a", "\udc00\ud800", `${"x".repeat(40)}\ud8ff`]),
  kind("byte order mark", () => ["\ufeff", "\ufffe\ufeff"]),
  kind("strings of every length", () => Array.from({ length: 140 }, (_, i) => "x".repeat(i))),
  kind("empty object", () => ({})),
  kind("plain object", () => ({ id: 1, name: "x", tags: ["a", "b"], at: new Date(1_700_000_000_123) })),
  kind("null prototype", () => Object.assign(Object.create(null), { a: 1, b: { c: 2 } })),
  kind("own __proto__", () => JSON.parse('{"__proto__":{"polluted":true},"a":1}')),
  kind("null prototype with __proto__", () => dressed(Object.create(null), { ["__proto__"]: 1, a: 2 })),
  kind("own constructor and toString", () => ({ constructor: 1, toString: "x", hasOwnProperty: null, valueOf: 0 })),
  kind("odd names", () => ({ "": 1, " ": 2, "\0": 3, "\ud800": 4, 日本: 5, "a.b": 6, length: 7, toJSON: 8 })),
  kind("order of names", () => ({ z: 1, 10: 2, a: 3, 2: 4, "-1": 5, "01": 6, 4294967295: 7 })),
  kind("undefined properties", () => ({ a: undefined, b: [undefined, null] })),
  kind("empty array", () => []),
  kind("array with holes", () => withHoles([1, HOLE, undefined, HOLE, 3, HOLE])),
  kind("array of holes", () => new Array(5)),
  kind("very sparse array", () => dressed([], { 4294967294: "last", 7: "first" })),
  kind("very long empty array", () => Object.assign([], { length: 4294967295 })),
  kind("array with properties", () => dressed([1, 2], { index: 0, input: "x", "4294967295": 1, "-1": 2 })),
  kind("array with a hole and properties", () => dressed(withHoles([1, HOLE, 3]), { name: "x" })),
  kind("result of a match", () => /(?<year>\d+)-(\d+)/.exec("on 2024-05")),
  kind("nested arrays", () => [[[[]]], [[1], [2, [3]]]]),
  kind("500 levels", () => deep(500)),
  ...nestings.map(([name, nest]) =>
    kind(`500 levels of ${name}`, () => {
      let value: unknown = Object.preventExtensions(new Uint8Array(1));
      for (let i = 1; i < 500; i++) value = nest(value);
      return value;
    }),
  ),
  kind("sharing", () => {
    const shared = { a: 1 };
    return [shared, { shared }, new Map([[shared, shared]]), new Set([shared])];
  }),
  kind("cycles", knot),
  kind("date", () => new Date(1_234_567_890_123)),
  kind("dates at the ends", () => [new Date(0), new Date(-8.64e15), new Date(8.64e15), new Date(-1)]),
  kind("invalid date", () => new Date(Number.NaN)),
  kind("date with properties", () => dressed(new Date(5), { zone: "UTC", list: [1] })),
  kind("regular expression", () => /a\/b[c]+\n/gimsuy),
  kind("regular expressions", () => [/(?:)/, new RegExp("[\\p{L}--[a-z]]", SETS), /\ud83d\ude00/u, /\//, /\n/, /x/d]),
  kind("lastIndex", () => Object.assign(/a/g, { lastIndex: 7 })),
  kind("odd lastIndex", () => Object.assign(/a/g, { lastIndex: { odd: [1] } })),
  kind("regular expression with properties", () => dressed(/a/, { global: true, source: "fake", flags: "zz" })),
  kind(
    "map",
    () =>
      new Map<unknown, unknown>([
        ["b", 1],
        ["a", 2],
        [Number.NaN, 3],
        [undefined, null],
        [1n, -0],
      ]),
  ),
  kind(
    "map with keys that are objects",
    () =>
      new Map<unknown, unknown>([
        [{}, 1],
        [[], new Map()],
        [new Date(1), new Set()],
      ]),
  ),
  kind("map with properties", () => dressed(new Map([[1, 2]]), { size: 99, extra: "x" })),
  kind("set", () => new Set<unknown>(["b", "a", Number.NaN, undefined, [], {}])),
  kind("set with properties", () => dressed(new Set([1]), { extra: new Set() })),
  ...errors.map((type) => kind(type.name, () => new type("it broke"))),
  kind("AggregateError", () => new AggregateError([new Error("one"), 2], "many", { cause: "x" })),
  kind("error without message", () => new Error()),
  kind("error with empty message", () => new Error("")),
  kind("error with cause", () => new Error("outer", { cause: new TypeError("inner", { cause: undefined }) })),
  kind("error with properties", () => withMessage(new RangeError("x"))),
  kind("error with a name of its own", () => dressed(new Error("x"), { name: "CustomError" })),
  kind("error with a hidden name", () => hide(new Error("x"), "name", "CustomError")),
  kind("error with visible message", () => {
    const error = new Error();
    Reflect.deleteProperty(error, "stack");
    return dressed(error, { message: "visible", cause: "also" });
  }),
  kind("error without stack", () => {
    const error = new Error("x");
    Reflect.deleteProperty(error, "stack");
    return error;
  }),
  kind("error with a stack of its own", () => Object.assign(new Error("x"), { stack: "mine" })),
  kind("sealed and frozen errors without message", () => [Object.seal(new Error()), Object.freeze(new Error())]),
  kind("error in a cycle", () => {
    const error = new Error("round") as Error & { cause: unknown };
    error.cause = { error, list: [error] };
    return error;
  }),
  kind("boxes", () => [
    Object(1),
    Object(-0),
    Object(Number.NaN),
    Object("text"),
    Object(""),
    Object(true),
    Object(false),
    Object(5n),
  ]),
  kind("boxed string with properties", () => dressed(Object("héllo"), { extra: 1, "9": "nine" })),
  kind("boxed number with properties", () => dressed(Object(7), { unit: "kg" })),
  kind("ArrayBuffer", () => new Uint8Array([1, 2, 3]).buffer),
  kind("empty ArrayBuffer", () => new ArrayBuffer(0)),
  kind("ArrayBuffer with properties", () => dressed(new ArrayBuffer(3), { label: "x", constructor: 1 })),
  ...typedArrays.map((type) => kind(type.name, () => new type([1, 2, 250, 3.5]))),
  ...typedArrays.map((type) => kind(`${type.name} inside`, () => [new type(5), { view: new type([7]) }])),
  kind("BigInt64Array", () => new BigInt64Array([1n, -(2n ** 63n)])),
  kind("BigUint64Array", () => new BigUint64Array([0n, 2n ** 64n - 1n])),
  kind("doubles of all kinds", () => new Float64Array([-0, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324])),
  kind("NaN with a payload", () => new Float64Array(new BigUint64Array([0x7ff8_0000_dead_beefn]).buffer)),
  kind("part of a buffer", () => new Uint8Array(new Uint8Array([1, 2, 3, 4, 5]).buffer, 1, 3)),
  kind("typed array with properties", () => dressed(new Uint8Array(3), { label: "x" })),
  kind("large typed array with properties", () => dressed(new Uint16Array(1_000), { label: "x", "": [] })),
  kind("empty typed array", () => new Float32Array(0)),
  kind("DataView", () => new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)),
  kind("DataView with properties", () => dressed(new DataView(new ArrayBuffer(4)), { label: "x" })),
  kind("views of one buffer", views),
  kind("view whose buffer leads back", () => {
    const view = new Uint8Array(4);
    dressed(view.buffer, { view });
    return { view, buffer: view.buffer };
  }),
  kind("Buffer", () => Buffer.from("bytes")),
  kind("empty Buffer", () => Buffer.alloc(0)),
  kind("large Buffer", () => Buffer.alloc(100_000, 7)),
  kind("Buffers inside", () => ({ one: Buffer.from("one"), two: [Buffer.from("two"), Buffer.alloc(10_000, 1)] })),
  kind("Buffer with properties", () => dressed(Buffer.from("x"), { encoding: "utf8" })),
  kind("the same Buffer twice", () => {
    const buffer = Buffer.from("x");
    return [buffer, buffer];
  }),
  kind("URL", () => new URL("https://user:pw@example.com:8080/a%20b/?q=1&q=2#frag")),
  kind("odd URLs", () =>
    ["http://a#", "http://a?", "data:text/plain,x y", "file:///c:/x", "mailto:a@b"].map((text) => new URL(text)),
  ),
  kind("URL with properties", () => dressed(new URL("http://a/"), { label: 1 })),
  kind(
    "URLSearchParams",
    () =>
      new URLSearchParams([
        ["a", "1"],
        ["a", "2 +&=%"],
        ["?", "é€"],
        ["", ""],
      ]),
  ),
  kind("frozen object", () => Object.freeze({ a: Object.freeze([1, {}]), b: {} })),
  kind("sealed object", () => Object.seal({ a: 1, inner: { b: 2 } })),
  kind("non-extensible object", () => Object.preventExtensions({ a: 1 })),
  kind("frozen and empty", () => [Object.freeze({}), Object.freeze([]), Object.preventExtensions({}), Object.seal([])]),
  kind("frozen, sealed, non-extensible arrays", () => [
    Object.freeze(withHoles([1, HOLE, 2])),
    Object.seal([1]),
    Object.preventExtensions([1]),
  ]),
  kind("frozen null prototype", () => Object.freeze(Object.assign(Object.create(null), { a: 1 }))),
  kind("frozen in a cycle", () => {
    const frozen: { self?: unknown; list: unknown[] } = { list: [] };
    frozen.self = frozen;
    frozen.list.push(frozen);
    Object.freeze(frozen.list);
    return Object.freeze(frozen);
  }),
  kind("frozen built-ins", () =>
    [
      new Map([[1, {}]]),
      new Set([1]),
      new Date(1),
      /x/g,
      new Error("x"),
      Object("s"),
      new ArrayBuffer(2),
      new URL("http://a/"),
    ].map(Object.freeze),
  ),
  kind("sealed built-ins", () =>
    [dressed(new Map(), { a: 1 }), dressed(new Date(1), { a: 1 }), /x/g, new TypeError("x")].map(Object.seal),
  ),
  kind("non-extensible built-ins", () =>
    [
      dressed(new Set(), { a: 1 }),
      new Uint8Array(3),
      Buffer.from("x"),
      new DataView(new ArrayBuffer(1)),
      new TypeError("x"),
    ].map(Object.preventExtensions),
  ),
  kind("view of a frozen buffer", () => {
    const view = new Int16Array(2);
    Object.freeze(dressed(view.buffer, { a: { view } }));
    return view;
  }),
  kind("registered class", () => new Point(1, { a: new Point("x", undefined) })),
  kind("registered subclass", () => [new Point3(1, 2), new Point(1, 2)]),
  kind("registered class, order and frozen", () => {
    const point = new Point(1, 2);
    Reflect.deleteProperty(point, "x");
    return Object.freeze(dressed(point, { constructor: 1, ["__proto__"]: 2, x: 3 }));
  }),
  kind("registered class in a cycle", () => {
    const point = new Point(1, 2);
    point.x = { point };
    point.y = Object.seal([point]);
    return point;
  }),
  kind("conversion", () => new Money({ cents: 12n, list: [new Money(-0)] })),
  kind("conversion, shared and frozen", () => {
    const money = Object.freeze(new Money(7));
    const inside = { a: 1 };
    return [money, { money }, new Money(inside), inside, Object.seal(new Money(inside))];
  }),
  kind("conversion of a subclass of Set", () => ({ tags: new Tags(["a", {}]), more: [new Tags()] })),
  kind("many names", () =>
    Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`name${i}`, { [`name${i % 7}`]: i }])),
  ),
  kind("table", () =>
    Array.from({ length: 50 }, (_, id) => ({ id, name: `row ${id}`, ok: id % 2 === 0, score: id / 3 })),
  ),
];

function detached(): unknown {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

const resizable = (): ArrayBuffer =>
  new (ArrayBuffer as new (n: number, o: object) => ArrayBuffer)(8, { maxByteLength: 16 });

let runs = 0;

/** How often code of a refused value was run so far. */
export function codeRuns(): number {
  return runs;
}

const trap = (): never => {
  runs += 1;
  throw new Error("code of the value was run");
};

const getter = (value: object): object =>
  Object.defineProperty(value, "lazy", { enumerable: true, configurable: true, get: trap });

const traps: ProxyHandler<object> = {
  get: trap,
  ownKeys: trap,
  getPrototypeOf: trap,
  getOwnPropertyDescriptor: trap,
  has: trap,
  isExtensible: trap,
};

/** Kinds of values that must be refused: they cannot be kept exactly. None may run any code of theirs. */
export const refusedKinds: readonly Kind[] = [
  kind("function", () => () => 1),
  kind("class", () => class {}),
  kind("function inside", () => ({ a: [1, { b: () => 1 }] })),
  kind("symbol", () => Symbol("x")),
  kind("symbol inside", () => [Symbol.iterator]),
  kind("symbol as a key", () => ({ [Symbol("x")]: 1 })),
  kind("symbol as a key of a Map", () =>
    Object.defineProperty(new Map(), Symbol.toStringTag, { value: "Map", enumerable: true }),
  ),
  kind("symbol in a Map", () => new Map([[Symbol("x"), 1]])),
  kind("boxed symbol", () => Object(Symbol("x"))),
  kind("accessor", () => getter({})),
  kind("accessor of an array", () =>
    Object.defineProperty([1], 0, { get: trap, enumerable: true, configurable: true }),
  ),
  kind("accessor of a Date", () => getter(new Date())),
  kind("accessor of an error", () => getter(new Error("x"))),
  kind("frozen accessor", () => Object.freeze(getter({}))),
  kind("stack of one's own making", () =>
    Object.defineProperty(new Error("x"), "stack", { get: trap, configurable: true }),
  ),
  kind("accessor of a large view", () => Object.defineProperty(new Uint8Array(9_000), "constructor", { get: trap })),
  kind("accessor for the tag", () => Object.defineProperty(new Error("x"), Symbol.toStringTag, { get: trap })),
  kind("hidden property", () => hide({}, "a", 1)),
  kind("hidden property of a Map", () => hide(new Map(), "a", 1)),
  kind("hidden property of an error", () => hide(new Error("x"), "code", 1)),
  kind("hidden property of a view", () => hide(new Uint8Array(3), "a", 1)),
  kind("read-only property", () => Object.defineProperty({}, "a", { value: 1, enumerable: true, configurable: true })),
  kind("fixed property", () => Object.defineProperty({}, "a", { value: 1, enumerable: true, writable: true })),
  kind("read-only in a sealed object", () =>
    Object.seal(Object.defineProperty({ b: 1 }, "a", { value: 1, enumerable: true, configurable: true })),
  ),
  kind("array of fixed length", () => Object.defineProperty([1], "length", { writable: false })),
  kind("read-only lastIndex", () => Object.defineProperty(/x/, "lastIndex", { writable: false })),
  kind("read-only element", () => Object.defineProperty([1, 2], 1, { writable: false })),
  kind("proxy", () => new Proxy({}, traps)),
  kind("proxy that shows what is behind it", () => new Proxy({ a: 1 }, {})),
  kind("proxy of an array that shows it", () => ({ list: new Proxy([1], {}) })),
  kind("proxy of an array", () => [new Proxy([], traps)]),
  kind("proxy of a Map", () => new Proxy(new Map(), traps)),
  kind("proxy in the chain", () => Object.create(new Proxy({}, traps))),
  kind("revoked proxy", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }),
  kind("promise", () => Promise.resolve(1)),
  kind("WeakMap", () => new WeakMap()),
  kind("WeakSet", () => ({ set: new WeakSet() })),
  kind("WeakRef", () => new WeakRef({})),
  kind("generator", () =>
    (function* (): Generator<number> {
      yield 1;
    })(),
  ),
  kind("iterator of an array", () => [1][Symbol.iterator]()),
  kind("iterator of a Map", () => new Map().entries()),
  kind("unregistered class", () => new Unregistered(1, 2)),
  kind("anonymous class", () => new (class {})()),
  kind("subclass of Map", () => new (class extends Map {})()),
  kind("subclass of Array", () => new (class extends Array {})()),
  kind("subclass of Error", () => new (class extends Error {})("x")),
  kind("subclass of Uint8Array", () => new (class extends Uint8Array {})(3)),
  kind("registered subclass of Array without a conversion", () => new Listing()),
  ...[
    Map,
    Set,
    Date,
    RegExp,
    Array,
    ArrayBuffer,
    DataView,
    Uint8Array,
    Buffer,
    Number,
    String,
    Error,
    URL,
    URLSearchParams,
  ].map((type) => kind(`pretended ${type.name}`, () => Object.create(type.prototype))),
  kind("one view in the clothes of another", () => Object.setPrototypeOf(new Uint8Array(4), Int8Array.prototype)),
  kind("SharedArrayBuffer", () => new SharedArrayBuffer(4)),
  kind("view of shared memory", () => new Uint8Array(new SharedArrayBuffer(4))),
  kind("DataView of shared memory", () => [new DataView(new SharedArrayBuffer(4))]),
  kind("Buffer of shared memory", () => Buffer.from(new SharedArrayBuffer(4))),
  kind("resizable ArrayBuffer", resizable),
  kind("view that tracks a length", () => new Uint8Array(resizable())),
  kind("view of a resizable buffer", () => new Uint8Array(resizable(), 0, 4)),
  kind("detached ArrayBuffer", detached),
  kind("view of a detached buffer", () => {
    const view = new Uint8Array(8);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return [view];
  }),
  kind("object of another realm", () => runInNewContext("({ a: 1 })")),
  kind("array of another realm", () => ({ list: runInNewContext("[1]") })),
  kind("date of another realm", () => runInNewContext("new Date(1)")),
  kind("error of another realm", () => runInNewContext("new Error('x')")),
  kind("arguments", () =>
    (function (..._rest: unknown[]): unknown {
      // biome-ignore lint/complexity/noArguments: arguments objects are what is made here.
      return arguments;
    })(1, 2),
  ),
  kind("Blob", () => new Blob(["x"])),
  kind("AbortController", () => new AbortController()),
  kind("DOMException", () => new DOMException("x")),
  kind("Intl object", () => new Intl.NumberFormat("en")),
  kind("globalThis", () => globalThis),
  kind("Math", () => Math),
  kind("process.env", () => process.env),
  kind("bare object with a getter", () => getter(Object.create(null))),
  kind("conversion that throws", () => [new Failing()]),
  kind("conversion into what is refused", () => new Functional()),
  kind("conversion that leads back", () => new Selfish()),
  kind("cycle through a conversion", () => {
    const list: unknown[] = [];
    list.push(new Money(list));
    return list[0];
  }),
  kind("hidden property of a registered class", () => hide(new Point(1, 2), "a", 1)),
  kind("501 levels", () => deep(501)),
  kind("100,000 levels", () => deep(100_000)),
];

type Random = () => number;

const NAMES = [
  "a",
  "b",
  "c",
  "id",
  "__proto__",
  "constructor",
  "length",
  "0",
  "7",
  "4294967295",
  "",
  "é",
  "日本",
  "toJSON",
  "stack",
  "x".repeat(40),
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  127,
  128,
  255,
  65_536,
  2 ** 31,
  2 ** 53,
  0.1,
  -1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const TEXTS = ["", "a", "ab", "é", "\0", "日本", "\ud800", "\udfff", "long ".repeat(9), "長い".repeat(30), "__proto__"];

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));

interface Growth {
  readonly random: Random;
  readonly met: unknown[];
}

function primitive({ random }: Growth): unknown {
  const dice = random();
  if (dice < 0.35) return pick(random, TEXTS) + (random() < 0.3 ? pick(random, TEXTS) : "");
  if (dice < 0.55) return pick(random, NUMBERS);
  if (dice < 0.7) return Math.floor((random() - 0.5) * 2 ** pick(random, [4, 9, 33, 60]));
  if (dice < 0.8)
    return BigInt(Math.floor(random() * 2 ** 53)) ** BigInt(upTo(random, 4)) * (random() < 0.5 ? -1n : 1n);
  return pick(random, [true, false, null, undefined]);
}

const bytes = (random: Random, length: number): Uint8Array => Uint8Array.from({ length }, () => upTo(random, 255));

/** Empty objects of all kinds, and what fills them. */
const growers: readonly ((growth: Growth, depth: number) => object)[] = [
  ({ met }) => known(met, {}),
  ({ met }) => known(met, {}),
  ({ met }) => known(met, Object.create(null)),
  ({ met }) => known(met, new Point(1, 2)),
  (growth, depth) => {
    const array: unknown[] = known(growth.met, []);
    for (let i = upTo(growth.random, 4); i > 0; i--) array.push(grow(growth, depth - 1));
    if (growth.random() < 0.3) array.length += upTo(growth.random, 3);
    if (growth.random() < 0.1) Reflect.deleteProperty(array, 0);
    return array;
  },
  (growth, depth) => {
    const map = known(growth.met, new Map<unknown, unknown>());
    for (let i = upTo(growth.random, 3); i > 0; i--) map.set(grow(growth, depth - 1), grow(growth, depth - 1));
    return map;
  },
  (growth, depth) => {
    const set = known(growth.met, new Set<unknown>());
    for (let i = upTo(growth.random, 3); i > 0; i--) set.add(grow(growth, depth - 1));
    return set;
  },
  ({ random, met }) => known(met, new Date(pick(random, [0, -1, 1e12, Number.NaN, 8.64e15]))),
  (growth, depth) => {
    const expression = known(
      growth.met,
      new RegExp(pick(growth.random, ["a", "(?:)", "[\\n/]+", "日"]), pick(growth.random, ["", "g", "dimsuy"])),
    );
    if (growth.random() < 0.3) Object.assign(expression, { lastIndex: grow(growth, depth - 1) });
    return expression;
  },
  (growth, depth) => {
    const { random, met } = growth;
    const options = random() < 0.3 ? { cause: grow(growth, depth - 1) } : undefined;
    const error =
      random() < 0.2
        ? new AggregateError([grow(growth, depth - 1)], "all", options)
        : new (pick(random, errors))(pick(random, TEXTS), options);
    if (random() < 0.3) Reflect.deleteProperty(error, "stack");
    if (random() < 0.3) Reflect.deleteProperty(error, "message");
    return known(met, error);
  },
  (growth) => known(growth.met, Object(pick(growth.random, [1, -0, "box", "", true, 12n])) as object),
  ({ random, met }) => known(met, Buffer.from(bytes(random, upTo(random, 40)))),
  ({ random, met }) => {
    const buffers = met.filter((item) => item instanceof ArrayBuffer);
    const buffer =
      buffers.length > 0 && random() < 0.6
        ? pick(random, buffers)
        : known(met, bytes(random, 8 * upTo(random, 4)).buffer as ArrayBuffer);
    const type = pick(random, [...typedArrays, BigInt64Array]);
    const whole = Math.floor(buffer.byteLength / 8) * 8;
    const offset = upTo(random, whole / 8) * 8;
    const width = type.BYTES_PER_ELEMENT;
    if (random() < 0.2) return known(met, new DataView(buffer, offset));
    return known(met, random() < 0.2 ? buffer : new type(buffer, offset, upTo(random, (whole - offset) / width)));
  },
  ({ random, met }) => known(met, new URL(pick(random, ["http://a/?x=1", "file:///x#y", "data:,a b"]))),
  ({ random, met }) => known(met, new URLSearchParams([[pick(random, TEXTS), pick(random, TEXTS)]])),
  // Made after what is inside, which must not lead to it.
  (growth, depth) => known(growth.met, new Money(grow({ random: growth.random, met: [] }, depth - 1))),
  (growth, depth) => known(growth.met, new Tags([grow({ random: growth.random, met: [] }, depth - 1)])),
];

function known<T>(met: unknown[], value: T): T {
  if (!met.includes(value)) met.push(value);
  return value;
}

function grow(growth: Growth, depth: number): unknown {
  const { random, met } = growth;
  if (depth <= 0 || random() < 0.25) return met.length > 0 && random() < 0.2 ? pick(random, met) : primitive(growth);
  const value = pick(random, growers)(growth, depth);
  const isPlain = [Object.prototype, null, Point.prototype].includes(Object.getPrototypeOf(value));
  const isConverted = value instanceof Money || value instanceof Tags;
  if (!isConverted && (isPlain || random() < 0.15) && Object.isExtensible(value)) decorate(value, growth, depth);
  if (random() < 0.12) protect(value, random);
  return value;
}

function decorate(value: object, growth: Growth, depth: number): void {
  for (let i = upTo(growth.random, 4); i > 0; i--) {
    const name = pick(growth.random, NAMES);
    const inner = grow(growth, depth - 1);
    // What is there already keeps its attributes; elements and lengths stay what they are.
    if (Object.hasOwn(value, name) || ArrayBuffer.isView(value) || !Object.isExtensible(value)) continue;
    dressed(value, { [name]: inner });
  }
}

function protect(value: object, random: Random): void {
  if (ArrayBuffer.isView(value)) Object.preventExtensions(value);
  else pick(random, [Object.freeze, Object.seal, Object.preventExtensions])(value);
}

/** A value that can be kept exactly: anything at all, with sharing and cycles. */
export function randomValue(random: () => number, depth = 4): unknown {
  return grow({ random, met: [] }, depth);
}

/** What two values have been compared so far: which object stands for which. */
interface Pairs {
  readonly there: Map<object, object>;
  readonly back: Map<object, object>;
}

function fail(path: string, what: string): never {
  throw new Error(`at value${path}: ${what}`);
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

function show(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value.slice(0, 80))
    : Object.is(value, -0)
      ? "-0"
      : String(value).slice(0, 80);
}

/** Throws, with a path, unless two values are alike in everything that can be seen of them. */
export function expectSame(actual: unknown, expected: unknown): void {
  const pairs: Pairs = { there: new Map(), back: new Map() };
  const waiting: [unknown, unknown, string][] = [[actual, expected, ""]];
  // Not by recursion, since values may nest deeply.
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [one, other, path] = next;
    if (!isObject(one) || !isObject(other)) {
      if (!Object.is(one, other))
        fail(
          path,
          `${isObject(one) ? "an object" : show(one)} in place of ${isObject(other) ? "an object" : show(other)}`,
        );
    } else if (pairs.there.get(one) !== other || pairs.back.get(other) !== one) {
      if (one === other) fail(path, "the very same object, not a copy");
      if (pairs.there.has(one) || pairs.back.has(other)) fail(path, "other sharing than before");
      pairs.there.set(one, other);
      pairs.back.set(other, one);
      compareObjects(one, other, path, (a, b, step) => waiting.push([a, b, path + step]));
    }
  }
}

type Compare = (one: unknown, other: unknown, step: string) => void;

function compareObjects(one: object, other: object, path: string, compare: Compare): void {
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) fail(path, "another prototype");
  const tags = [one, other].map((value) => Object.prototype.toString.call(value));
  if (tags[0] !== tags[1]) fail(path, `${tags[0]} in place of ${tags[1]}`);
  // Sealed and frozen are seen in the attributes; V8 errs about frozen where a property is an accessor inside.
  if (Object.isExtensible(one) !== Object.isExtensible(other)) fail(path, "not as extensible");
  compareState(one, other, path, compare);
  compareProperties(one, other, path, compare);
}

function compareProperties(one: object, other: object, path: string, compare: Compare): void {
  const [keys, otherKeys] = [Reflect.ownKeys(one), Reflect.ownKeys(other)];
  if (keys.length !== otherKeys.length || keys.some((key, i) => key !== otherKeys[i])) {
    fail(path, `properties ${keys.slice(0, 20).map(String)} in place of ${otherKeys.slice(0, 20).map(String)}`);
  }
  for (const key of keys) {
    const a = Object.getOwnPropertyDescriptor(one, key) as PropertyDescriptor;
    const b = Object.getOwnPropertyDescriptor(other, key) as PropertyDescriptor;
    const step = `.${String(key)}`;
    for (const name of ["enumerable", "configurable", "writable", "get", "set"] as const) {
      if (a[name] !== b[name]) fail(path + step, `${name} is ${String(a[name])}`);
    }
    if (a.get === undefined) compare(a.value, b.value, step);
    else compare(a.get.call(one), b.get?.call(other), step);
  }
}

function compareState(one: object, other: object, path: string, compare: Compare): void {
  const read = stateOf(one);
  const expected = stateOf(other);
  if (read.length !== expected.length) fail(path, `${read.length} parts inside in place of ${expected.length}`);
  for (const [i, part] of read.entries()) compare(part, expected[i], `<${i}>`);
}

/** Everything inside an object that is not in its properties. */
function stateOf(value: object): unknown[] {
  if (value instanceof Money) return [Money.centsOf(value)];
  if (value instanceof Map) return [...Map.prototype.entries.call(value)].flat(1);
  if (value instanceof Set) return [...Set.prototype.values.call(value)];
  if (value instanceof Date) return [Date.prototype.getTime.call(value)];
  if (value instanceof RegExp) {
    const copy = new RegExp(value);
    return [copy.source, copy.flags];
  }
  if (value instanceof Error) return [Object.prototype.toString.call(value), value.message, value.stack];
  for (const type of [Number, String, Boolean, BigInt])
    if (value instanceof type) return [(type.prototype.valueOf as () => unknown).call(value)];
  if (value instanceof URL) return [value.href, value.hash, value.search];
  if (value instanceof URLSearchParams) return [...value].flat();
  if (value instanceof ArrayBuffer) return [value.byteLength, hex(value)];
  if (Buffer.isBuffer(value)) return [value.length, value.toString("hex")];
  if (ArrayBuffer.isView(value)) return [value.buffer, value.byteOffset, value.byteLength, value.buffer.byteLength];
  return [Array.isArray(value)];
}

function hex(buffer: ArrayBuffer): string {
  return Buffer.from(buffer).toString("hex");
}
