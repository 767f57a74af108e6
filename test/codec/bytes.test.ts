import { describe, expect, it } from "vitest";
import { exactCodec } from "../../src/codec/index.js";
import { SerializationError } from "../../src/errors.js";
import { createRandom, seed } from "../support/random.js";
import { expectSame, kinds, Money, Point, randomValue } from "../support/values.js";

/** Decodes what may be nonsense; throws unless that ends as it should. */
function tryToDecode(bytes: Uint8Array): "value" | "error" {
  try {
    exactCodec.decode(bytes);
    return "value";
  } catch (error) {
    if (error instanceof SerializationError) return "error";
    throw error;
  }
}

const small = kinds
  .map(({ name, make }) => ({ name, bytes: Buffer.from(exactCodec.encode(make())) }))
  .filter(({ bytes }) => bytes.length <= 600);

describe("bytes that nobody made", () => {
  it.each(small)("every bit of them flipped, every end cut off: $name", ({ bytes }) => {
    const outcomes = { value: 0, error: 0 };
    for (let i = 0; i < bytes.length * 8; i++) {
      const mutated = Buffer.from(bytes);
      mutated[i >> 3] = (mutated[i >> 3] as number) ^ (1 << (i & 7));
      outcomes[tryToDecode(mutated)] += 1;
    }
    for (let length = 0; length < bytes.length; length++) outcomes[tryToDecode(bytes.subarray(0, length))] += 1;
    // The kind alone has many wrong bits.
    expect(outcomes.error).toBeGreaterThan(0);
    expect(Reflect.ownKeys({})).toEqual([]);
  });

  it(`random bytes, and random changes of encodings (SEED=${seed})`, () => {
    const random = createRandom(seed);
    const began = performance.now();
    for (let i = 0; i < 50_000; i++) {
      const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
      if (random() < 0.3) for (const [at, byte] of bytes.entries()) bytes[at] = byte % 36;
      if (bytes.length > 0 && random() < 0.9) bytes[bytes.length - 1] = random() < 0.8 ? 1 : 2;
      tryToDecode(bytes);
    }
    for (let i = 0; i < 10_000; i++) {
      const bytes = Buffer.from(exactCodec.encode(randomValue(random)));
      for (let n = 0; n < 3; n++) bytes[Math.floor(random() * (bytes.length - 1))] = Math.floor(random() * 256);
      tryToDecode(bytes);
    }
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it.each([
    ["nothing", ""],
    ["no kind", "00"],
    ["a kind that there is not", "0003"],
    ["a tree without a value", "01"],
    ["two values", "000001"],
    ["an unknown tag", "0c01"],
    ["an object tag that there is not", "3001"],
    ["a string longer than the bytes", "0a8080808080047801"],
    ["a Buffer longer than the bytes", "1c056101"],
    ["an array of a billion", "128094ebdc0301"],
    ["an object of a billion", "108094ebdc0301"],
    ["a number that does not end", "05ffffffffffffffffffff01"],
    ["an array longer than arrays are", "13808080808080010001"],
    ["a reference ahead", "120b0101"],
    ["a reference to the box that is being made", "190b0001"],
    ["a name that is not known", "1001050001"],
    ["an element beyond the end of its array", "1301010002358101"],
    ["a typed array cut within an element", "0102030502"],
    ["a raw DataView", "010002"],
    ["a raw type that there is not", "01ff02"],
    ["dressed twice", "21211000000001"],
    ["dressed, but not an object", "21000001"],
    ["a level that there is not", "211000040001"],
    ["a date without a time", "160001"],
    ["a pattern that is none", "170228008001"],
    ["a view of no buffer", "1b0200000001"],
    ["a view beyond its buffer", "1b021a0100000501"],
    ["an address that is none", "1d02780001"],
    ["a class that nobody registered", "1f000c4e6f626f64790001"],
  ])("%s", (_what, hex) => {
    expect(() => exactCodec.decode(Buffer.from(hex, "hex"))).toThrow(SerializationError);
  });

  it("names the class that is not registered", () => {
    const bytes = Buffer.from(exactCodec.encode(new Point(1, 2)));
    bytes.write("test.Nobod", bytes.indexOf("test.Point"), "latin1");
    expect(() => exactCodec.decode(bytes)).toThrow(/"test.Nobod" is not known; register it before/);
  });

  it("a class that has a conversion now and had none then, and the other way round", () => {
    const converted = Buffer.from(exactCodec.encode(new Money(1)));
    converted.write("test.Point", converted.indexOf("test.Money"), "latin1");
    expect(() => exactCodec.decode(converted)).toThrow(/had a conversion then/);
    const plain = Buffer.from(exactCodec.encode(new Point(1, 2)));
    plain.write("test.Money", plain.indexOf("test.Point"), "latin1");
    expect(() => exactCodec.decode(plain)).toThrow(/had no conversion then/);
  });

  it.each([
    ["arrays", "1201".repeat(100_000)],
    ["dressed arrays", "211201".repeat(100_000)],
    ["maps", "1401".repeat(100_000)],
    ["boxes", "19".repeat(100_000)],
  ])("a bomb of %s is no crash", (_what, hex) => {
    expect(() => exactCodec.decode(Buffer.from(`${hex}0001`, "hex"))).toThrow(/nest too deeply/);
  });

  it("a sparse array takes no memory for its holes", () => {
    const before = process.memoryUsage().heapUsed;
    const arrays = Array.from({ length: 100 }, () =>
      exactCodec.decode(Buffer.from("138094eb0e0001", "hex")),
    ) as unknown[][];
    expect(arrays[0]?.length).toBeGreaterThan(30_000_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  });
});

describe("the format is fixed: later releases read what this one wrote", () => {
  const error = new TypeError("no");
  error.stack = "at x";
  const buffer = new ArrayBuffer(2);
  const values: readonly (readonly [string, unknown, string])[] = [
    [
      "primitives",
      [undefined, null, true, false, 0, 127, 128, -1, 1.5, Number.NaN, -0, 300n, -1n, "é", "€"],
      "120f0001020380ff058001060007000000000000f83f040700000000000000800802012c0901010a02e90a03ac2001",
    ],
    [
      "objects",
      { id: 1, list: [{ id: 2 }], bare: Object.assign(Object.create(null), { id: 3 }) },
      "1003000469648100086c6973741201100101820008626172651101018301",
    ],
    [
      "built-ins",
      [
        new Map([[1, 2]]),
        new Set(["a"]),
        new Date(5),
        /a/g,
        Object("s"),
        new URL("http://a/"),
        new URLSearchParams("a=1"),
      ],
      "12071401818215010a02611685170261026780190a02731d12687474703a2f2f612f1e06613d3101",
    ],
    ["error", error, "18050200000a737461636b0a086174207800000e6d6573736167650a046e6f01"],
    [
      "views",
      [new Uint8Array(buffer), new DataView(buffer, 1), Buffer.from("b")],
      "12031b021a02000000021b000b0201011c016201",
    ],
    [
      "dressed",
      Object.freeze([Object.seal(Object.assign(new Date(1), { a: 1 })), Object.assign([1], { b: 2, length: 2 })]),
      "2112022116810201000261811302020002308100026282030001",
    ],
    [
      "registered",
      [new Point(1, 2), new Money("x")],
      "12021f0014746573742e506f696e74020002788100027982200014746573742e4d6f6e65790a027801",
    ],
    ["a Buffer", Buffer.from("raw"), "7261774102"],
    ["a Float64Array", new Float64Array([1]), "000000000000f03f0902"],
    ["an ArrayBuffer", new Uint8Array([1, 2]).buffer, "01024002"],
  ];

  it.each(values)("%s", (_what, value, hex) => {
    expect(Buffer.from(exactCodec.encode(value)).toString("hex")).toBe(hex);
    expectSame(exactCodec.decode(Buffer.from(hex, "hex")), value);
  });
});
