/** Keys as people read them. */

import { expect, it } from "vitest";
import { type Key, keyOf, keyWithin, readableKey } from "../../src/keys/index.js";
import { Scanner } from "../../src/keys/scanner.js";
import { generateArguments } from "../support/arguments.js";
import { createRandom, seed } from "../support/random.js";

class Point {
  readonly x = 1;
}

const shared = { n: 1 };
const circle: Record<string, unknown> = { name: "me" };
circle.me = circle;

it.each<readonly [string, readonly unknown[]]>([
  ["", []],
  ['"a"', ["a"]],
  ["12", [12]],
  ["0", [0]],
  ["-0, NaN, Infinity", [-0, Number.NaN, Number.POSITIVE_INFINITY]],
  ["true, false, undefined, null, 10n", [true, false, undefined, null, 10n]],
  ['Symbol.for("x")', [Symbol.for("x")]],
  ['"\\u0000n1;"', ["\0n1;"]],
  ['{a: [1, "2"], b: {"a-b": 1}}', [{ b: { "a-b": 1 }, a: [1, "2"] }]],
  ['Map {1 => "a"}, Set {1, 2}', [new Map([[1, "a"]]), new Set([1, 2])]],
  ['Date(1970-01-01T00:00:00.000Z), RegExp("a.b", "gi")', [new Date(0), /a.b/gi]],
  ["Date(invalid)", [new Date(Number.NaN)]],
  ['TypeError {message: "no"}', [new TypeError("no")]],
  [
    "Uint8Array(3 bytes), Buffer(2 bytes), ArrayBuffer(4 bytes)",
    [new Uint8Array(3), Buffer.from("ab"), new ArrayBuffer(4)],
  ],
  ['URL("http://a/b"), URLSearchParams("a=1")', [new URL("http://a/b"), new URLSearchParams("a=1")]],
  ["Object(1)", [Object(1)]],
  ["{n: 1}, the same object (0)", [shared, shared]],
  ['{me: the same object (0), name: "me"}', [circle]],
  ['Array(3) {"0": 1, "2": 3}', [Object.assign(new Array(3), { 0: 1, 2: 3 })]],
  ["[[[[[…]]]]]", [[[[[[[1]]]]]]]],
])("%s", (text, args) => {
  expect(readableKey(keyOf(args))).toEqual({ args: text, namespace: undefined, self: undefined });
});

it("what is told apart by being itself has a number, and runs no code of its own", () => {
  const trap = new Proxy({}, { get: () => expect.fail("read"), ownKeys: () => expect.fail("listed") });
  const { args } = readableKey(keyOf([new Point(), () => 1, trap]));
  expect(args).toMatch(/^object @\d+, object @\d+, object @\d+$/);
});

it("long ones are cut", () => {
  const long = readableKey(keyOf(["x".repeat(300), 1])).args;
  expect(long).toBe(`"${"x".repeat(200)}"… (300 characters), 1`);
  expect(readableKey(keyOf([Array.from({ length: 100 }, (_, i) => i)])).args).toMatch(/, 19, 80 more\]$/);
  for (const huge of ["y".repeat(1e6), Array.from({ length: 1e5 }, (_, i) => ({ i }))]) {
    expect(readableKey(keyOf([huge, huge, huge])).args.length).toBeLessThan(1_100);
    expect(readableKey(keyOf([huge])).args.length).toBeLessThan(1_100);
  }
});

it("spaces are named, in any order and number", () => {
  const inner = keyWithin(["this", ["@7;"]], keyOf([1, "#:"]));
  expect(readableKey(keyWithin(["namespace", '"odd": #1'], inner))).toEqual({
    args: '1, "#:"',
    namespace: '"odd": #1',
    self: "object @7",
  });
  const long = "n".repeat(200);
  expect(readableKey(keyWithin(["namespace", long], 5))).toEqual({ args: "5", namespace: long, self: undefined });
  expect(readableKey(keyWithin(["thisKey", { a: 1 }], "text"))).toEqual({
    args: '"text"',
    namespace: undefined,
    self: "{a: 1}",
  });
});

it("what nobody has encoded is shown as it is", () => {
  for (const key of ["\0zzz", "\0s99:a", "\0.", "\0[", "\0{1:", "\0@", "\0.s9:namespace"] satisfies Key[]) {
    expect(readableKey(key).args).toBe(JSON.stringify(key));
  }
});

it(`every key can be read to its end (SEED=${seed})`, () => {
  const random = createRandom(seed);
  for (let i = 0; i < 20_000; i += 1) {
    const { truth, make } = generateArguments(random);
    const args = make();
    const key = keyWithin(["namespace", "n"], keyOf(args));
    expect(readableKey(key).namespace).toBe("n");
    const own = keyOf(args);
    if (typeof own === "number" || !own.startsWith("\0")) continue;
    const scanner = new Scanner(own, 1);
    if (scanner.list().length !== args.length || scanner.rest !== "") expect.fail(truth);
  }
});
