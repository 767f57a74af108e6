import { describe, expect, it } from "vitest";
import { isAsyncFunction, isClass, isGeneratorFunction, mimic, seesThis } from "../../src/function.js";

/** Functions from text, so that no tool rewrites them. */
const make = (text: string): ((...args: unknown[]) => unknown) => new Function(`return (${text})`)() as never;
const member = (text: string): ((...args: unknown[]) => unknown) =>
  Object.values(new Function(`return ({${text}})`)() as object)[0] as never;

describe("seesThis", () => {
  it.each([
    "(a) => this",
    "a => a",
    "() => ({ async() { return this } })",
    "async (a) => this",
    "async a => a",
    "$a => $a",
    "function f(a) { return a }",
    "async function f(a) { return a }",
    "function f() { return thisIsNot + 1 }",
  ])("no: %s", (text) => expect(seesThis(make(text))).toBe(false));

  it.each([
    "function () { return this }",
    "function f(a) { return a ?? this.b }",
    "function () { return () => this }",
    "function () { return eval('th' + 'is') }",
    "function () { return \\u0065val('th' + 'is') }",
    "async function () { return this }",
    "function () { /* this */ }",
    "Math.max",
    "(function () {}).bind({})",
    "new Proxy(() => 1, {})",
  ])("yes, or who knows: %s", (text) => expect(seesThis(make(text))).toBe(true));

  it.each([
    "m() { return this }",
    "async m() { return this }",
    "async() { return this }",
    "m() { return super.m() }",
    "get: function () { return this }",
  ])("yes: a method %s", (text) => expect(seesThis(member(text))).toBe(true));

  it.each(["m() { return 1 }", "async(x) { return x }", "async m(x) { return x }"])("no: a method %s", (text) =>
    expect(seesThis(member(text))).toBe(false),
  );
});

describe("kinds of functions", () => {
  it("generators", () => {
    expect(isGeneratorFunction(make("function* () {}"))).toBe(true);
    expect(isGeneratorFunction(make("async function* () {}"))).toBe(true);
    expect(isGeneratorFunction(make("async function () {}"))).toBe(false);
    expect(isGeneratorFunction(make("() => 1"))).toBe(false);
  });

  it("async functions", () => {
    expect(isAsyncFunction(make("async () => 1"))).toBe(true);
    expect(isAsyncFunction(make("() => Promise.resolve(1)"))).toBe(false);
  });

  it("classes", () => {
    expect(isClass(make("class {}"))).toBe(true);
    expect(isClass(make("class A extends Map {}"))).toBe(true);
    expect(isClass(make("function classify() {}"))).toBe(false);
    expect(isClass(Date as never)).toBe(false);
  });
});

describe("mimic", () => {
  it("copies name, length, properties and symbols, accessors as accessors, and nothing that is the function's alone", () => {
    let asked = 0;
    const original = Object.defineProperties(function original(_a: unknown, _b: unknown) {}, {
      plain: { value: 1, enumerable: true },
      computed: {
        get() {
          asked += 1;
          return asked;
        },
      },
      [Symbol.for("s")]: { value: 2 },
    });
    const wrapper = { wrapper(): void {} }.wrapper;
    mimic(wrapper, original);
    expect([wrapper.name, wrapper.length, asked]).toEqual(["original", 2, 0]);
    const { plain, computed, prototype } = wrapper as unknown as Record<string, unknown>;
    expect([plain, computed, prototype]).toEqual([1, 1, undefined]);
    expect(Reflect.get(wrapper, Symbol.for("s"))).toBe(2);
  });
});
