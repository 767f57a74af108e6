import { describe, expect, it } from "vitest";
import { type Codec, codecOf, exactCodec, isSame, jsonCodec } from "../../src/codec/index.js";
import { CacheValueError, ConfigurationError, SerializationError } from "../../src/errors.js";
import { registerType } from "../../src/register-type.js";

class Lossy {
  kept = 1;
  readonly #lost: number;
  constructor(lost = 0) {
    this.#lost = lost;
  }
  static lostOf(one: Lossy): number {
    return one.#lost;
  }
}
registerType("choice.Lossy", Lossy, { encode: Lossy.lostOf, decode: (lost: number) => new Lossy(lost + 1) });

/** Loses everything that JSON loses. */
const naive: Codec = {
  name: "naive",
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
};
const broken = (change: Partial<Codec>): Codec => codecOf({ ...naive, ...change }, false);
const fail = (): never => {
  throw new Error("broken");
};

describe("codecOf", () => {
  it("ours by name, and as they are", () => {
    expect(codecOf("exact", false)).toBe(exactCodec);
    expect(codecOf("json", false)).toBe(jsonCodec);
    expect(codecOf(exactCodec, false)).toBe(exactCodec);
    expect(codecOf("json", true).name).toBe("json");
  });

  it("a codec of the user's", () => {
    const codec = codecOf(naive, false);
    expect(codec.name).toBe("naive");
    expect(codec.decode(codec.encode({ a: [1] }))).toEqual({ a: [1] });
  });

  it("tells a codec whose bytes they are", () => {
    const seen: unknown[] = [];
    const codec = broken({ decode: (_bytes, owned) => seen.push(owned) });
    codec.decode(new Uint8Array(1), true);
    codec.decode(new Uint8Array(1));
    expect(seen).toEqual([true, false]);
  });

  it("a value that is a view of the bytes was a view of those that the next hit gets", () => {
    const bytes = Buffer.from([1, 2, 3]);
    const codec = broken({ decode: (given) => given });
    const value = codec.decode(bytes) as Buffer;
    value[0] = 9;
    expect([value, bytes]).toEqual([Buffer.from([9, 2, 3]), Buffer.from([1, 2, 3])]);
    expect(codec.decode(bytes, true)).toBe(bytes);
  });

  it("what a codec throws becomes an error of this library, with its cause", () => {
    const cause = expect.objectContaining({ message: "broken" });
    expect(() => broken({ encode: fail }).encode(1)).toThrow(
      expect.objectContaining({
        name: "CacheValueError",
        message: 'The codec "naive" failed to encode a value: broken',
        cause,
      }),
    );
    expect(() => broken({ decode: fail }).decode(new Uint8Array(1))).toThrow(
      expect.objectContaining({
        name: "SerializationError",
        message: 'The codec "naive" failed to decode: broken',
        cause,
      }),
    );
  });

  it("errors of this library pass", () => {
    const refusal = new CacheValueError("not this one");
    const unreadable = new SerializationError("not mine");
    const codec = broken({
      encode: () => {
        throw refusal;
      },
      decode: () => {
        throw unreadable;
      },
    });
    expect(() => codec.encode(1)).toThrow(refusal);
    expect(() => codec.decode(new Uint8Array(1))).toThrow(unreadable);
  });

  it.each([undefined, null, "text", [1], new Uint16Array(2), Promise.resolve(new Uint8Array(1))])(
    "an answer that is no Uint8Array: %s",
    (answer) => {
      expect(() => broken({ encode: () => answer as unknown as Uint8Array }).encode(1)).toThrow(CacheValueError);
    },
  );

  it.each([
    undefined,
    null,
    "xml",
    7,
    {},
    { ...naive, encode: 1 },
    { ...naive, decode: undefined },
    { ...naive, name: "" },
    { ...naive, name: "x".repeat(41) },
    { ...naive, name: "my codec" },
    { ...naive, name: "exact" },
    { ...naive, name: "json" },
  ])("what is no codec: %j", (choice) => {
    expect(() => codecOf(choice as Codec, false)).toThrow(ConfigurationError);
  });
});

describe("verify", () => {
  it("refuses what comes back different", () => {
    const codec = codecOf(naive, true);
    expect(codec.decode(codec.encode({ a: [1, "x", null] }))).toEqual({ a: [1, "x", null] });
    for (const value of [{ at: new Date() }, [undefined], -0, Object.freeze({}), { a: undefined }]) {
      expect(() => codec.encode(value)).toThrow(CacheValueError);
    }
  });

  it("refuses what cannot be decoded", () => {
    const codec = codecOf({ ...naive, decode: fail }, true);
    expect(() => codec.encode(1)).toThrow(
      expect.objectContaining({ name: "CacheValueError", cause: expect.any(SerializationError) }),
    );
  });

  it("finds a conversion that changes what it keeps", () => {
    expect(codecOf("exact", false).encode(new Lossy())).toBeInstanceOf(Uint8Array);
    expect(() => codecOf("exact", true).encode([new Lossy()])).toThrow(/different/);
  });

  it("values that only the user's codec keeps are compared as Node does", () => {
    const symbol = Symbol.for("x");
    const codec = codecOf({ name: "symbols", encode: () => new Uint8Array(1), decode: () => ({ symbol }) }, true);
    expect(codec.encode({ symbol })).toBeInstanceOf(Uint8Array);
    expect(() => codec.encode({ symbol: Symbol.for("y") })).toThrow(CacheValueError);
  });
});

describe("isSame", () => {
  const shared = {};
  it.each([
    ["-0", 0, -0],
    ["order", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["sharing", [shared, shared], [{}, {}]],
    ["frozen", Object.freeze({}), {}],
    ["holes", new Array(1), [undefined]],
    ["prototype", Object.create(null), {}],
    ["kept by one side only", { a: 1 }, { a: Symbol.iterator }],
  ])("sees a difference in %s", (_what, one, other) => {
    expect(isSame(one, other)).toBe(false);
  });

  it("of values that cannot be kept", () => {
    const fn = (): number => 1;
    expect([isSame(fn, fn), isSame(fn, () => 1), isSame([Symbol.iterator], [Symbol.iterator])]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
