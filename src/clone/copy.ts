/**
 * Exact copies in memory.
 *
 * The platform's `structuredClone` is not exact: it drops prototypes, own properties of errors and dates, frozen state
 * and `lastIndex`, and turns a Buffer into a Uint8Array. Here everything comes back as it was, or is refused.
 */

import { CacheValueError } from "../errors.js";
import { errorTypes, hasExtras, isProxy, typedArrayTypes } from "../native/index.js";
import { type RegisteredType, typeWith } from "../registered-type.js";

/** Copies a value that is inside the one being copied. */
type Inner = (value: unknown) => unknown;

/** How objects with one prototype are copied. */
interface Copier {
  /** A new object with the same internal state; throws when the object only pretends to be of that kind. */
  shell(value: object, inner: Inner): object;
  /** Copies what the internal state refers to. */
  fill?(value: object, copy: object, inner: Inner): void;
  /** Whether the own properties come with the internal state. */
  whole?(value: object): boolean;
  /** What is inside must not lead back to the object, since it is copied before there is a copy of the object. */
  readonly closed?: boolean;
}

const { getTime } = Date.prototype;
const { forEach: forEachPair } = Map.prototype;
const { forEach: forEachItem } = Set.prototype;

const isBare = (view: object): boolean => !hasExtras(view);

const plain: Copier = { shell: () => ({}) };
const bare: Copier = { shell: () => Object.create(null) as object };
const array: Copier = {
  shell(value) {
    if (!Array.isArray(value)) throw new TypeError("not an array");
    return new Array(value.length);
  },
};

function viewCopier(type: new (buffer: ArrayBuffer, offset: number, length: number) => object, width: number): Copier {
  return {
    // Through the buffer, so that two views of one buffer are so again.
    shell: (value, inner) => {
      const { buffer, byteOffset, byteLength } = value as ArrayBufferView;
      return new type(inner(buffer) as ArrayBuffer, byteOffset, byteLength / width);
    },
    ...(type !== DataView && { whole: isBare }),
  };
}

function boxCopier(prototype: { valueOf(): unknown }): Copier {
  return { shell: (value) => Object(prototype.valueOf.call(value)) as object };
}

/** Errors are made anew; what their constructor has put on them gives way to the properties of the original. */
function errorCopier(type: new (message?: string) => Error): Copier {
  return {
    shell(value) {
      if (Object.prototype.toString.call(value) !== "[object Error]") throw new TypeError("not an error");
      const copy = type === (AggregateError as unknown) ? new AggregateError([]) : new type();
      // Depending on the version of V8, the stack is in a property like any other, or in an accessor of the engine's.
      const native = Object.getOwnPropertyDescriptor(copy, "stack")?.get;
      const keepsStack = native !== undefined && Object.getOwnPropertyDescriptor(value, "stack")?.get === native;
      for (const name of Object.getOwnPropertyNames(copy)) {
        if (name !== "stack" || !keepsStack) Reflect.deleteProperty(copy, name);
      }
      if (keepsStack) copy.stack = (value as Error).stack as string;
      return copy;
    },
  };
}

const boxes = [Number, String, Boolean, BigInt, Symbol];

const copiers = new Map<object | null, Copier>([
  [Object.prototype, plain],
  [null, bare],
  [Array.prototype, array],
  [Date.prototype, { shell: (value) => new Date(getTime.call(value)) }],
  [
    RegExp.prototype,
    {
      shell: (value) => new RegExp(value as RegExp),
    },
  ],
  [
    Map.prototype,
    {
      shell: () => new Map(),
      fill: (value, copy, inner) =>
        forEachPair.call(value as Map<unknown, unknown>, (item, key) => {
          (copy as Map<unknown, unknown>).set(inner(key), inner(item));
        }),
    },
  ],
  [
    Set.prototype,
    {
      shell: () => new Set(),
      fill: (value, copy, inner) =>
        forEachItem.call(value as Set<unknown>, (item) => {
          (copy as Set<unknown>).add(inner(item));
        }),
    },
  ],
  [ArrayBuffer.prototype, { shell: copyBuffer }],
  [DataView.prototype, viewCopier(DataView, 1)],
  ...typedArrayTypes.map((type): [object, Copier] => [type.prototype, viewCopier(type, type.BYTES_PER_ELEMENT)]),
  ...boxes.map((type): [object, Copier] => [type.prototype, boxCopier(type.prototype)]),
  ...errorTypes.map((type): [object, Copier] => [type.prototype, errorCopier(type as ErrorConstructor)]),
]);
if (typeof Buffer === "function") {
  // Without its buffer, which is a pool that holds other Buffers too.
  copiers.set(Buffer.prototype, { shell: (value) => Buffer.from(value as Uint8Array), whole: isBare });
}
if (typeof URL === "function") {
  copiers.set(URL.prototype, { shell: (value) => new URL((value as URL).href) });
  copiers.set(URLSearchParams.prototype, { shell: (value) => new URLSearchParams(value as URLSearchParams) });
}

function copyBuffer(value: object): ArrayBuffer {
  const { resizable = false } = value as { resizable?: boolean };
  if (resizable) throw new TypeError("a resizable buffer");
  // Not by its slice, which would ask an own property "constructor".
  return new Uint8Array(new Uint8Array(value as ArrayBuffer)).buffer;
}

/** How an object is copied; throws `CacheValueError` for what cannot be copied exactly. */
function copierOf(value: object): Copier {
  const isOrdinary = !isProxy(value) && typeof value !== "function";
  const prototype: object | null = isOrdinary ? Object.getPrototypeOf(value) : value;
  const copier = copiers.get(prototype);
  if (copier !== undefined) return copier;
  const type = prototype === null ? undefined : typeWith(prototype);
  if (type !== undefined && isOrdinary) return registeredCopier(type);
  throw new CacheValueError(
    `${describe(value)} cannot be copied exactly. Return plain data, built-ins, errors or classes told to registerType, or use clone: "none".`,
  );
}

/** Instances of registered classes are copied by their conversion, or are what their properties are. */
function registeredCopier({ name, prototype, conversion }: RegisteredType): Copier {
  if (conversion === undefined) {
    if (inheritsState(prototype)) {
      throw new CacheValueError(`"${name}" inherits from a built-in class: give registerType a conversion for it.`);
    }
    return { shell: () => Object.create(prototype) as object };
  }
  return {
    shell(value, inner) {
      const copy: unknown = conversion.decode(inner(conversion.encode(value)));
      if (typeof copy === "object" && copy !== null && Object.getPrototypeOf(copy) === prototype) return copy;
      throw new TypeError(`the conversion of "${name}" gave no instance of its class`);
    },
    whole: () => true,
    closed: true,
  };
}

/** Whether there is a built-in class or a proxy up the chain, and so state outside properties. */
function inheritsState(prototype: object): boolean {
  for (let next: object | null = prototype; next !== null && next !== Object.prototype; ) {
    if (isProxy(next)) return true;
    const type: unknown = Object.getOwnPropertyDescriptor(next, "constructor")?.value;
    if (typeof type === "function" && nativeSource.test(sourceOf.call(type))) return true;
    next = Object.getPrototypeOf(next);
  }
  return false;
}

const nativeSource = /^function \w*\(\) \{\s*\[native code\]\s*\}$/;
const { toString: sourceOf } = Function.prototype;

function describe(value: object): string {
  if (isProxy(value)) return "A proxy";
  if (typeof value === "function") return "A function";
  const type: unknown = value.constructor;
  return typeof type === "function" ? `An instance of ${type.name}` : "An object of an unknown class";
}

/** In place of a copy while a conversion is under way. */
const OPEN: object = Object.freeze({});

/**
 * A copy that shares nothing mutable with the original and equals it in every other way: prototypes, holes, order of
 * properties, symbols as keys, sharing and cycles within, frozen or sealed state. Instances of classes told to
 * `registerType` are copied by their conversion or, without one, property by property.
 *
 * @throws CacheValueError for functions, accessors, proxies, instances of classes that are neither built in nor
 * registered, and cycles that run through an instance with a conversion.
 */
export function copyExactly<T>(value: T): T {
  const copies = new Map<object, object>();

  function copyObject(original: object): object {
    const known = copies.get(original);
    if (known === OPEN) throw new CacheValueError(`${describe(original)} is part of what its conversion is made of.`);
    if (known !== undefined) return known;
    const copier = copierOf(original);
    if (copier.closed === true) copies.set(original, OPEN);
    const copy = shellOf(copier, original, inner);
    const meanwhile = copies.get(original);
    // A view was copied already if properties of its buffer lead back to it.
    if (meanwhile !== undefined && meanwhile !== OPEN) return meanwhile;
    copies.set(original, copy);
    copier.fill?.(original, copy, inner);
    const whole = copier.whole?.(original) === true;
    if (!whole) copyProperties(original, copy, inner);
    return immutableAs(original, copy, whole);
  }

  function inner(item: unknown): unknown {
    return (typeof item === "object" && item !== null) || typeof item === "function" ? copyObject(item) : item;
  }

  return inner(value) as T;
}

function immutableAs(original: object, copy: object, whole: boolean): object {
  // The elements of a view cannot be frozen, and asking looks at every one.
  const isView = whole && ArrayBuffer.isView(original);
  if (!isView && Object.isFrozen(original) && !hasWritable(original)) return Object.freeze(copy);
  if (!isView && Object.isSealed(original)) return Object.seal(copy);
  return Object.isExtensible(original) ? copy : Object.preventExtensions(copy);
}

/** V8 takes sealed objects for frozen ones where the only writable property is one of these, which it keeps by itself. */
function hasWritable(value: object): boolean {
  return ["length", "stack"].some((name) => Object.getOwnPropertyDescriptor(value, name)?.writable === true);
}

function shellOf(copier: Copier, original: object, inner: Inner): object {
  try {
    return copier.shell(original, inner);
  } catch (cause) {
    if (cause instanceof CacheValueError) throw cause;
    throw new CacheValueError(`${describe(original)} cannot be copied exactly.`, { cause });
  }
}

function copyProperties(original: object, copy: object, inner: Inner): void {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor === undefined) continue;
    // The shell has it already.
    if (key === "stack" && original instanceof Error && Object.hasOwn(copy, key)) continue;
    if (!("value" in descriptor)) {
      throw new CacheValueError(`The accessor "${String(key)}" cannot be copied exactly.`);
    }
    const value = inner(descriptor.value);
    const { writable, enumerable, configurable } = descriptor;
    // Takes a fifth of the time. What is there already, or is inherited, may have a setter, or not be writable.
    if (writable && enumerable && configurable && !(key in copy)) (copy as Record<PropertyKey, unknown>)[key] = value;
    else {
      descriptor.value = value;
      Object.defineProperty(copy, key, descriptor);
    }
  }
}
