/**
 * The encoding of values into strings that keys are made of.
 *
 * It is typed (each token begins with a letter or sign for its kind), self-delimiting (each says itself where it ends)
 * and therefore injective: two lists of values have one encoding only if they are equal. Equal means: the same primitive
 * (`-0` is not `0`, `NaN` is `NaN`), or a plain object, array or built-in of the same kind with equal contents and the
 * same sharing of objects within. The order of a plain object's properties does not count. Everything else is told apart
 * by being itself.
 */

import { CacheKeyError } from "../errors.js";
import { isProxy } from "../native/index.js";
import { type Builtin, builtinWith } from "./builtins.js";
import { hookOf } from "./hook.js";
import { type Identify, inProcess } from "./identity.js";

/** Deeper values are not keys: the encoding is recursive, and a stack overflow must stay far away. */
const MAX_DEPTH = 500;
/** Up to here a linear search for an object met before is faster than a Map. */
const LINEAR = 16;

/** What one encoding has met so far. */
interface Walk {
  readonly identify: Identify;
  depth: number;
  readonly met: object[];
  numbers: Map<object, number> | undefined;
}

/** The encoding of a list of values. Sharing between the values counts. */
export function encodeList(values: ArrayLike<unknown>, identify: Identify = inProcess): string {
  const walk: Walk = { identify, depth: 0, met: [], numbers: undefined };
  let text = "";
  for (let i = 0; i < values.length; i += 1) text += encodeValue(values[i], walk);
  return text;
}

/** The token of one value. */
function encodeValue(value: unknown, walk: Walk): string {
  switch (typeof value) {
    case "string":
      return `s${value.length}:${value}`;
    case "number":
      return value === 0 && 1 / value < 0 ? "n-0;" : `n${value};`;
    case "boolean":
      return value ? "t" : "f";
    case "undefined":
      return "u";
    case "bigint":
      return `i${value};`;
    case "symbol":
      return encodeSymbol(value, walk);
    case "function":
      return encodeObject(value, walk);
    default:
      return value === null ? "l" : encodeObject(value as object, walk);
  }
}

function encodeSymbol(symbol: symbol, walk: Walk): string {
  const registered = Symbol.keyFor(symbol);
  return registered === undefined ? walk.identify(symbol, "thing") : `y${registered.length}:${registered}`;
}

function encodeObject(value: object, walk: Walk): string {
  // The handler of a proxy may answer each time differently, and need not show what it holds.
  if (isProxy(value)) return walk.identify(value, "thing");
  const prototype: object | null = Object.getPrototypeOf(value);
  const realm = realmOf(value, prototype, walk);
  const symbols = Object.getOwnPropertySymbols(value);
  if (realm === undefined || symbols.length > 0) {
    const hook = hookOf(value);
    if (hook !== undefined) return `C${encodeClass(value, prototype, walk)}${encodeNested(hook(), walk)}`;
  }
  if (typeof value === "function") return walk.identify(value, "thing");

  const before = numberOf(value, walk);
  if (before !== undefined) return `r${before};`;
  if (realm === undefined) return encodeInstance(value, prototype, symbols, walk);
  return (
    realm + (Array.isArray(value) ? encodeArray(value, symbols, walk) : `{${encodeProperties(value, symbols, walk)}}`)
  );
}

/**
 * Empty for plain objects and arrays; a prefix for those without a prototype and those of another realm (a `vm`
 * context, a test runner's sandbox); `undefined` for everything else.
 */
function realmOf(value: object, prototype: object | null, walk: Walk): string | undefined {
  if (prototype === Object.prototype) return "";
  if (prototype === null) return "N";
  if (Array.isArray(value)) {
    if (prototype === Array.prototype) return "";
    return Array.isArray(prototype) ? `F${walk.identify(prototype, "thing")}` : undefined;
  }
  const foreign = Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
  return foreign ? `F${walk.identify(prototype, "thing")}` : undefined;
}

/** An instance of a class: a built-in whose state can be seen is that state, any other is told apart by being itself. */
function encodeInstance(value: object, prototype: object | null, symbols: readonly symbol[], walk: Walk): string {
  const builtin = prototype === null ? undefined : builtinWith(prototype);
  const text = builtin?.encode(value, (inner) => encodeNested(inner, walk));
  if (builtin === undefined || text === undefined) return walk.identify(value, "thing");
  if (symbols.length === 0 && builtin.whole?.(value) === true) return text;
  const properties = encodeProperties(value, symbols, walk, builtin);
  return properties === "" ? text : `${text}+{${properties}}`;
}

/** What an object with a hook is an instance of; a function or a bare object stands for itself. */
function encodeClass(value: object, prototype: object | null, walk: Walk): string {
  if (typeof value === "function" || prototype === null) return walk.identify(value, "thing");
  return walk.identify(prototype, "class");
}

/** A value inside another: the one place where depth is counted. */
function encodeNested(value: unknown, walk: Walk): string {
  if (typeof value !== "object" || value === null) return encodeValue(value, walk);
  if (walk.depth >= MAX_DEPTH) {
    throw new CacheKeyError(`Arguments nested deeper than ${MAX_DEPTH} levels cannot be a key; give the option "key".`);
  }
  walk.depth += 1;
  const text = encodeObject(value, walk);
  walk.depth -= 1;
  return text;
}

/** The number of an object that was met before; an object met for the first time is given one. */
function numberOf(value: object, walk: Walk): number | undefined {
  const { met } = walk;
  if (walk.numbers !== undefined) {
    const number = walk.numbers.get(value);
    if (number === undefined) walk.numbers.set(value, walk.numbers.size);
    return number;
  }
  for (let i = 0; i < met.length; i += 1) if (met[i] === value) return i;
  met.push(value);
  if (met.length > LINEAR) walk.numbers = new Map(met.map((object, i) => [object, i]));
  return undefined;
}

/**
 * The own properties of an object, in the order of their names, so that the order in which they were added does not
 * count. An object with accessors, or with properties that enumeration hides, is told apart by being itself as well:
 * reading it now says too little about what the function will read.
 */
function encodeProperties(
  value: object,
  symbols: readonly symbol[],
  walk: Walk,
  rules: Pick<Builtin, "covers" | "hidden"> = {},
): string {
  const names = Object.getOwnPropertyNames(value);
  if (names.length > 1) names.sort();
  let text = "";
  let odd = false;
  for (const name of names) {
    if (rules.covers?.(name, value) === true) continue;
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    odd ||= isOdd(descriptor, rules.hidden);
    text += `${name.length}:${name}${encodeNested(descriptor?.value, walk)}`;
  }
  if (symbols.length > 0) {
    const tokens = symbols.map((symbol) => ({ symbol, token: encodeSymbol(symbol, walk) }));
    for (const { symbol, token } of tokens.sort((a, b) => (a.token < b.token ? -1 : 1))) {
      const descriptor = Object.getOwnPropertyDescriptor(value, symbol);
      odd ||= isOdd(descriptor);
      text += token + encodeNested(descriptor?.value, walk);
    }
  }
  return odd ? walk.identify(value, "thing") + text : text;
}

function isOdd(descriptor: PropertyDescriptor | undefined, hidden = false): boolean {
  return descriptor === undefined || !("value" in descriptor) || (!hidden && descriptor.enumerable !== true);
}

function encodeArray(value: readonly unknown[], symbols: readonly symbol[], walk: Walk): string {
  const { length } = value;
  const names = Object.getOwnPropertyNames(value);
  // Integer keys come first, in order, then "length": at its place, every index is there and nothing else is.
  if (names.length !== length + 1 || names[length] !== "length" || symbols.length > 0) {
    return `[${length}{${encodeProperties(value, symbols, walk, arrayRules)}}]`;
  }
  let text = "";
  let odd = false;
  for (let i = 0; i < length; i += 1) {
    const descriptor = Object.getOwnPropertyDescriptor(value, i);
    odd ||= isOdd(descriptor);
    text += encodeNested(descriptor?.value, walk);
  }
  return odd ? `[${walk.identify(value, "thing")}${text}]` : `[${text}]`;
}

const arrayRules = { covers: (name: string): boolean => name === "length" };
