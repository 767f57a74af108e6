import { describe, expect, it } from "vitest";
import { copyExactly } from "../../src/clone/index.js";
import { exactCodec, isSame } from "../../src/codec/index.js";
import { CacheValueError } from "../../src/errors.js";
import { createRandom, seed } from "../support/random.js";
import { codeRuns, expectSame, kinds, Money, Point, randomValue, refusedKinds } from "../support/values.js";

const roundTrip = (value: unknown): unknown => exactCodec.decode(exactCodec.encode(value));
const globals = Reflect.ownKeys(Object.prototype);

describe("the codec exact", () => {
  it("there are enough kinds", () => {
    expect(kinds.length).toBeGreaterThanOrEqual(75);
    expect(refusedKinds.length).toBeGreaterThanOrEqual(30);
    expect(new Set([...kinds, ...refusedKinds].map(({ name }) => name)).size).toBe(kinds.length + refusedKinds.length);
  });

  it.each(kinds)("keeps: $name", ({ make }) => {
    const value = make();
    const bytes = exactCodec.encode(value);
    expectSame(exactCodec.decode(bytes), value);
    expectSame(exactCodec.decode(Uint8Array.from(bytes), true), value);
    // Wherever the bytes lie in memory.
    const padded = Buffer.concat([Buffer.from("pad"), bytes, Buffer.from("pad")]).subarray(3, 3 + bytes.length);
    expectSame(exactCodec.decode(padded), value);
    expectSame(exactCodec.decode(Buffer.from(padded), true), value);
    expect(Buffer.from(exactCodec.encode(exactCodec.decode(bytes))).equals(bytes)).toBe(true);
  });

  it.each(kinds.filter(({ name }) => !name.includes("500")))("keeps inside others: $name", ({ make }) => {
    const value = make();
    const holder = { list: [value], map: new Map([[value, new Set([value])]]), last: [Object.freeze({ value })] };
    expectSame(roundTrip(holder), holder);
  });

  it.each(refusedKinds)("refuses: $name", ({ make }) => {
    const before = { list: [1] };
    const runs = codeRuns();
    expect(() => exactCodec.encode(make())).toThrow(CacheValueError);
    expect(() => exactCodec.encode([before, { inside: new Map([[1, make()]]) }])).toThrow(CacheValueError);
    expect(codeRuns()).toBe(runs);
    expectSame(roundTrip(before), before);
  });

  it("says what is refused, where, and what to do", () => {
    const messages = (
      [
        { a: [1, 2, { b: () => 1 }] },
        () => 1,
        [{ "odd name": new WeakMap() }],
        new Map([[1, [Symbol("x")]]]),
        { list: [Object.defineProperty({}, "lazy", { get: () => 1 })] },
      ] as unknown[]
    ).map((value) => {
      try {
        return exactCodec.encode(value);
      } catch (error) {
        return (error as Error).message;
      }
    });
    const wayOut = 'Return plain data, built-ins, or classes told to registerType, or use clone: "none" in memory.';
    expect(messages).toEqual([
      `A function at .a[2].b cannot be kept exactly. ${wayOut}`,
      `A function cannot be kept exactly. ${wayOut}`,
      `An instance of WeakMap at [0]["odd name"] cannot be kept exactly. ${wayOut}`,
      `A symbol at .values()[0] cannot be kept exactly. ${wayOut}`,
      `An accessor at .list[0].lazy cannot be kept exactly. ${wayOut}`,
    ]);
  });

  it(`keeps 20,000 generated values (SEED=${seed})`, () => {
    const random = createRandom(seed);
    for (let i = 0; i < 20_000; i++) {
      const value = randomValue(random);
      const bytes = exactCodec.encode(value);
      const back = exactCodec.decode(bytes);
      expectSame(back, value);
      expectSame(exactCodec.decode(Buffer.from(bytes), true), value);
      if (!isSame(back, value)) expect.fail("isSame does not know it again");
    }
  });

  it("tells different values apart", () => {
    const made = kinds.map(({ make }) => make());
    for (const [i, one] of made.entries()) {
      for (const [j, other] of made.entries()) expect(isSame(one, other), `${i}, ${j}`).toBe(i === j);
    }
  });

  it("shares nothing with the bytes or the value", () => {
    for (const make of [
      () => Buffer.from("abc"),
      () => new Uint8Array([1, 2]),
      () => ({ b: Buffer.from("abc"), a: [1] }),
    ]) {
      const value = make();
      const bytes = exactCodec.encode(value);
      const back = exactCodec.decode(bytes);
      bytes.fill(0xee);
      expectSame(back, make());
      const again = exactCodec.encode(value);
      if (value instanceof Uint8Array) value.fill(9);
      else value.b.fill(9);
      expectSame(exactCodec.decode(again), make());
      const first = exactCodec.decode(again) as Uint8Array | { b: Buffer; a: number[] };
      if (first instanceof Uint8Array) first.fill(7);
      else first.b.fill(first.a.push(2));
      expectSame(exactCodec.decode(again), make());
    }
  });

  it("a Buffer of the reader's own bytes is a view of them", () => {
    const bytes = Buffer.from(exactCodec.encode(Buffer.alloc(9_000, "view")));
    const back = exactCodec.decode(bytes, true) as Buffer;
    expect([back.buffer === bytes.buffer, back.toString("latin1", 0, 8)]).toEqual([true, "viewview"]);
    const copy = exactCodec.decode(bytes) as Buffer;
    bytes.fill(0);
    expect(copy.toString("latin1", 0, 8)).toBe("viewview");
  });

  it("pollutes no prototype", () => {
    const back = roundTrip(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Reflect.ownKeys(Object.prototype)).toEqual(globals);
  });

  it("a setter on Object.prototype is not run", () => {
    Object.defineProperty(Object.prototype, "trapped", { configurable: true, set: () => expect.fail("was run") });
    try {
      const value = Object.defineProperty({}, "trapped", {
        value: 1,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      expectSame(roundTrip(value), value);
    } finally {
      Reflect.deleteProperty(Object.prototype, "trapped");
    }
  });

  it("refuses, and never overflows, on a stack that is nearly full", () => {
    const value = kinds.find(({ name }) => name === "500 levels")?.make();
    const bytes = exactCodec.encode(value);
    const outcomes = new Set<string>();
    const attempt = (act: () => void): void => {
      try {
        act();
        outcomes.add("done");
      } catch (error) {
        outcomes.add((error as Error).constructor.name);
      }
    };
    const descend = (depth: number): void => {
      if (depth % 16 === 0) {
        attempt(() => exactCodec.encode(value));
        attempt(() => exactCodec.decode(bytes));
      }
      descend(depth + 1);
    };
    // The last frames have no room for anything at all, not even for another error.
    expect(() => descend(0)).toThrow(RangeError);
    outcomes.delete("RangeError");
    expect(outcomes).toEqual(new Set(["done", "CacheValueError", "SerializationError"]));
    expectSame(roundTrip(value), value);
  });

  it("a value that encodes values while it is encoded", () => {
    const nested = new Money({ inner: exactCodec.encode(new Money(1)) });
    expectSame(roundTrip([nested, "after"]), [nested, "after"]);
  });
});

describe("copyExactly", () => {
  it.each(kinds)("copies: $name", ({ make }) => {
    const value = make();
    expectSame(copyExactly(value), value);
  });

  it.each([
    "conversion that throws",
    "conversion into what is refused",
    "conversion that leads back",
    "cycle through a conversion",
    "registered subclass of Array without a conversion",
    "unregistered class",
  ])("refuses: %s", (name) => {
    const found = refusedKinds.find((one) => one.name === name);
    expect(() => copyExactly(found?.make())).toThrow(CacheValueError);
  });

  it("copies what a registered instance refers to", () => {
    const original = new Point({ a: 1 }, new Money({ b: [1] }));
    const copy = copyExactly(original);
    (original.x as { a: number }).a = 2;
    (Money.centsOf(original.y as Money) as { b: number[] }).b.push(2);
    expectSame(copy, new Point({ a: 1 }, new Money({ b: [1] })));
  });

  it(`copies 3,000 generated values (SEED=${seed})`, () => {
    const random = createRandom(seed);
    for (let i = 0; i < 3_000; i++) {
      const value = randomValue(random);
      expectSame(copyExactly(value), value);
    }
  });
});
