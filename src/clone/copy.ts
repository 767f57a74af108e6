/**
 * Exact copies in memory.
 *
 * The platform's `structuredClone` is not exact: it drops prototypes, own properties of errors and dates, frozen state
 * and `lastIndex`, and turns a Buffer into a Uint8Array. Here everything comes back as it was, or is refused.
 */

import { CacheValueError } from "../errors.js";
import { errorTypes, hasExtras, isProxy, typedArrayTypes } from "../native/index.js";

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

/** Errors are made without running their constructor's capture of a stack: the stack is a property that is copied. */
function errorCopier(type: new (message?: string) => Error): Copier {
  return {
    shell(value) {
      if (Object.prototype.toString.call(value) !== "[object Error]") throw new TypeError("not an error");
      const copy = type === (AggregateError as unknown) ? new AggregateError([]) : new type();
      for (const name of Object.getOwnPropertyNames(copy)) if (name !== "stack") Reflect.deleteProperty(copy, name);
      copy.stack = (value as Error).stack as string;
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
  return (value as ArrayBuffer).slice(0);
}

/** How an object is copied; throws `CacheValueError` for what cannot be copied exactly. */
function copierOf(value: object): Copier {
  const prototype: object | null = isProxy(value) || typeof value === "function" ? value : Object.getPrototypeOf(value);
  const copier = copiers.get(prototype);
  if (copier !== undefined) return copier;
  throw new CacheValueError(
    `${describe(value)} cannot be copied exactly. Return plain data, built-ins and errors, or use clone: "none".`,
  );
}

function describe(value: object): string {
  if (isProxy(value)) return "A proxy";
  if (typeof value === "function") return "A function";
  const type: unknown = value.constructor;
  return typeof type === "function" ? `An instance of ${type.name}` : "An object of an unknown class";
}

/**
 * A copy that shares nothing mutable with the original and equals it in every other way: prototypes, holes, order of
 * properties, symbols as keys, sharing and cycles within, frozen or sealed state.
 *
 * @throws CacheValueError for functions, accessors, proxies and instances of classes that are not built in.
 */
export function copyExactly<T>(value: T): T {
  const copies = new Map<object, object>();

  function copyObject(original: object): object {
    const known = copies.get(original);
    if (known !== undefined) return known;
    const copier = copierOf(original);
    const copy = shellOf(copier, original, inner);
    copies.set(original, copy);
    copier.fill?.(original, copy, inner);
    const whole = copier.whole?.(original) === true;
    if (!whole) copyProperties(original, copy, inner);
    if (!whole && Object.isFrozen(original)) return Object.freeze(copy);
    if (!whole && Object.isSealed(original)) return Object.seal(copy);
    return Object.isExtensible(original) ? copy : Object.preventExtensions(copy);
  }

  function inner(item: unknown): unknown {
    return (typeof item === "object" && item !== null) || typeof item === "function" ? copyObject(item) : item;
  }

  return inner(value) as T;
}

function shellOf(copier: Copier, original: object, inner: Inner): object {
  try {
    return copier.shell(original, inner);
  } catch (cause) {
    throw new CacheValueError(`${describe(original)} cannot be copied exactly.`, { cause });
  }
}

function copyProperties(original: object, copy: object, inner: Inner): void {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor === undefined) continue;
    // V8 keeps an error's stack in an accessor, depending on the version; the shell has it already.
    if (key === "stack" && original instanceof Error) continue;
    if (!("value" in descriptor)) {
      throw new CacheValueError(`The accessor "${String(key)}" cannot be copied exactly.`);
    }
    Object.defineProperty(copy, key, { ...descriptor, value: inner(descriptor.value) });
  }
}
