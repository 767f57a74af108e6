import { describe, expect, it } from "vitest";
import { jsonCodec } from "../../src/codec/index.js";
import { CacheValueError, SerializationError } from "../../src/errors.js";
import { createRandom, seed } from "../support/random.js";
import { expectSame, kinds, randomValue, refusedKinds } from "../support/values.js";

const shared = { a: 1 };
const cyclic: unknown[] = [];
cyclic.push(cyclic);
const holes = new Array<unknown>(3);

describe("the codec json", () => {
  it.each([
    null,
    true,
    0,
    -1,
    0.1,
    5e-324,
    Number.MAX_VALUE,
    "",
    "\ud800 € \0",
    [],
    {},
    [[1, "a", null], { b: [{}] }],
    { z: 1, 10: 2, a: 3, 2: 4, "": 5, toJSON: 6 },
    JSON.parse('{"__proto__":{"x":1},"constructor":2}'),
  ])("keeps %j", (value) => {
    const bytes = jsonCodec.encode(value);
    expectSame(jsonCodec.decode(bytes), value);
    expectSame(JSON.parse(Buffer.from(bytes).toString("utf8")), value);
  });

  it.each([
    ["undefined", undefined],
    ["undefined inside", { a: undefined }],
    ["NaN", [Number.NaN]],
    ["Infinity", Number.NEGATIVE_INFINITY],
    ["-0", { a: -0 }],
    ["bigint", 1n],
    ["holes", holes],
    ["an array with properties", Object.assign([1], { a: 1 })],
    ["a cycle", cyclic],
    ["sharing", [shared, shared]],
    ["a frozen object", Object.freeze({})],
    ["a sealed array", [Object.seal([1])]],
    ["no prototype", Object.create(null)],
    ["a date", { at: new Date() }],
    ["a Buffer", Buffer.from("x")],
    ["a boxed string", Object("x")],
    ["toJSON", { toJSON: () => 1 }],
    ["an array of fixed length", Object.defineProperty([1], "length", { writable: false })],
  ])("refuses %s", (_what, value) => {
    expect(() => jsonCodec.encode(value)).toThrow(CacheValueError);
  });

  it.each(refusedKinds)("refuses, too: $name", ({ make }) => {
    expect(() => jsonCodec.encode(make())).toThrow(CacheValueError);
  });

  it.each(kinds)("keeps exactly or refuses: $name", ({ make }) => {
    keptOrRefused(make());
  });

  it(`keeps exactly or refuses 10,000 generated values (SEED=${seed})`, () => {
    const random = createRandom(seed);
    let kept = 0;
    for (let i = 0; i < 10_000; i++) kept += keptOrRefused(randomValue(random, 2)) ? 1 : 0;
    expect(kept).toBeGreaterThan(500);
  });

  it("refuses while built-in objects have a toJSON", () => {
    Object.defineProperty(Array.prototype, "toJSON", { configurable: true, value: () => "changed" });
    try {
      expect(() => jsonCodec.encode([1])).toThrow(CacheValueError);
    } finally {
      Reflect.deleteProperty(Array.prototype, "toJSON");
    }
  });

  it.each(["", "{", "[1,]", "\ufeff1", "nonsense"])("bytes that are no JSON: %j", (text) => {
    expect(() => jsonCodec.decode(Buffer.from(text))).toThrow(SerializationError);
  });

  it("bytes that are no UTF-8", () => {
    expect(() => jsonCodec.decode(Buffer.from([0x22, 0xff, 0x22]))).toThrow(SerializationError);
  });

  it("says what is refused, where, and what to do", () => {
    expect(() => jsonCodec.encode({ a: [1, { at: Number.NaN }] })).toThrow(
      'The number NaN at .a[1].at cannot be kept exactly. JSON has no such thing: return what JSON can say, or use codec: "exact".',
    );
  });
});

function keptOrRefused(value: unknown): boolean {
  let bytes: Uint8Array;
  try {
    bytes = jsonCodec.encode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(CacheValueError);
    return false;
  }
  expectSame(jsonCodec.decode(bytes), value);
  return true;
}
