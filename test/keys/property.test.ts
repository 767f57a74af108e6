import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { keyOf, keyWithin } from "../../src/keys/index.js";
import { generateArguments } from "../support/arguments.js";
import { createRandom, seed } from "../support/random.js";

/** A million lists are told apart by 72 bits of digest: a chance collision is less likely than one in 10^9. */
const digest = (text: unknown): string =>
  createHash("sha1").update(String(text), "utf16le").digest().toString("latin1", 0, 9);

it(`1,000,000 generated lists: equal keys for equal lists, and for no others (SEED=${seed})`, () => {
  const random = createRandom(seed);
  const truthByKey = new Map<string, string>();
  const keyByTruth = new Map<string, string>();
  let repeated = 0;
  for (let i = 0; i < 1_000_000; i += 1) {
    const { truth, make } = generateArguments(random);
    const key = keyOf(make());
    const keyDigest = digest(`${typeof key}${key}`);
    const truthDigest = digest(truth);
    const known = truthByKey.get(keyDigest);
    if (known !== undefined && known !== truthDigest) expect.fail(`alias: the key of ${truth} is also another list's`);
    const before = keyByTruth.get(truthDigest);
    if (before !== undefined) repeated += 1;
    if (before !== undefined && before !== keyDigest) expect.fail(`two keys for ${truth}`);
    truthByKey.set(keyDigest, truthDigest);
    keyByTruth.set(truthDigest, keyDigest);
  }
  expect(truthByKey.size).toBe(keyByTruth.size);
  expect(truthByKey.size).toBeGreaterThan(400_000);
  expect(repeated).toBeGreaterThan(50_000);
}, 120_000);

it("50,000 lists made twice, with properties in any order, have the same key", () => {
  const random = createRandom(seed + 1);
  for (let i = 0; i < 50_000; i += 1) {
    const { truth, make } = generateArguments(random);
    if (!Object.is(keyOf(make()), keyOf(make()))) expect.fail(`two keys for ${truth}`);
  }
});

it("anything can be asked for a key: it is one, or an error of ours", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
          withBoxedValues: true,
        }),
      ),
      (args) => {
        expect(["string", "number"]).toContain(typeof keyOf(args));
        expect(keyOf(args)).toBe(keyOf(args));
      },
    ),
    { seed, numRuns: 2_000 },
  );
});

it("spaces keep keys apart, from one another and from those without a space", () => {
  const key = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.array(fc.string()).map(keyOf));
  const space = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.integer()), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(space, key, space, key, (spaceA, keyA, spaceB, keyB) => {
      const same = keyA === keyB && JSON.stringify(spaceA) === JSON.stringify(spaceB);
      expect(keyWithin(spaceA, keyA) === keyWithin(spaceB, keyB)).toBe(same);
      expect(keyWithin(spaceA, keyA)).not.toBe(keyA);
      expect(keyWithin(spaceA, keyWithin(spaceB, keyA))).not.toBe(keyWithin(spaceA, keyA));
    }),
    { seed, numRuns: 5_000 },
  );
});
