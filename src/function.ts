/** What can be known of a function from the outside. */

/** Any function at all. The one place where `any` is written: no other type is satisfied by every function. */
// biome-ignore lint/suspicious/noExplicitAny: this is the definition of "any function".
export type AnyFunction = (...args: any[]) => any;

const sourceOf = Function.prototype.toString;
const tagOf = Object.prototype.toString;

/** Whether the function is a generator function, whose every call makes a new one-shot iterator. */
export function isGeneratorFunction(fn: AnyFunction): boolean {
  const tag = tagOf.call(fn);
  return tag === "[object GeneratorFunction]" || tag === "[object AsyncGeneratorFunction]";
}

/** Whether the function was written with `async`. One that merely returns promises looks like any other. */
export function isAsyncFunction(fn: AnyFunction): boolean {
  return tagOf.call(fn) === "[object AsyncFunction]";
}

/** Whether the function is a class written with `class`, which cannot be called without `new`. */
export function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(sourceOf.call(fn));
}

/**
 * Whether the function may see the `this` that it is called with. When in doubt, yes: a function that is wrongly said to
 * see `this` is only cached more narrowly.
 */
export function seesThis(fn: AnyFunction): boolean {
  const source = sourceOf.call(fn);
  // An arrow function takes `this` from where it was written. A method may be called "async", an async function that
  // begins with "async (" may not be one.
  if (isAsyncFunction(fn) ? /^async\s*(\(|[\w$]+\s*=>)/.test(source) : /^(\(|[\w$]+\s*=>)/.test(source)) return false;
  // `eval` may name `this` in text that is not here; an escape may spell either word differently.
  return /\b(this|super|eval)\b|\\u|\[native code\]/.test(source);
}

/** Properties that belong to one function object alone. */
const NOT_COPIED = new Set<PropertyKey>(["prototype", "arguments", "caller"]);

/** The part of reflect-metadata that matters here; frameworks keep what their decorators say about a method in it. */
interface MetadataReflection {
  getOwnMetadataKeys?(target: object): unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

/**
 * Makes the wrapper look like the original: its name, length, prototype, own properties, and the metadata that other
 * decorators have left on it.
 */
export function mimic(wrapper: AnyFunction, original: AnyFunction): void {
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(original));
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = NOT_COPIED.has(key) ? undefined : Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined) Object.defineProperty(wrapper, key, { ...descriptor, configurable: true });
  }
  const reflection = Reflect as MetadataReflection;
  for (const key of reflection.getOwnMetadataKeys?.(original) ?? []) {
    reflection.defineMetadata?.(key, reflection.getOwnMetadata?.(key, original), wrapper);
  }
}
