/** The codec whose bytes other programs can read. */

import { CacheValueError, SerializationError } from "../errors.js";
import { isProxy } from "../native/index.js";
import type { Codec } from "./codec.js";
import { valueOfProperty } from "./property.js";
import { describe, Trail } from "./trail.js";

const wayOut = 'JSON has no such thing: return what JSON can say, or use codec: "exact".';
/** JSON would ask these for a `toJSON` of their own. */
const prototypes = [Object.prototype, Array.prototype, String.prototype, Number.prototype, Boolean.prototype];
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Walks through a value, and refuses what would come back different. */
class Inspector {
  readonly #trail = new Trail(wayOut);
  readonly #met = new Set<object>();

  value(value: unknown): void {
    if (value === null || typeof value === "string" || typeof value === "boolean") return;
    if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return;
    if (typeof value !== "object") {
      throw this.#trail.refusal(
        typeof value === "number" ? `The number ${Object.is(value, -0) ? "-0" : value}` : nameOf(value),
      );
    }
    if (this.#met.has(value)) throw this.#trail.refusal("An object that is there twice");
    this.#met.add(value);
    this.#trail.enter();
    this.#object(value);
    this.#trail.leave();
  }

  #object(value: object): void {
    if (isProxy(value)) throw this.#trail.refusal("A proxy");
    const prototype: object | null = Object.getPrototypeOf(value);
    const isArray = prototype === Array.prototype && Array.isArray(value);
    if (prototype === null) throw this.#trail.refusal("An object without a prototype");
    if (!isArray && prototype !== Object.prototype) throw this.#trail.refusal(describe(value));
    if (!Object.isExtensible(value)) throw this.#trail.refusal("A frozen or sealed object");
    const keys = Reflect.ownKeys(value);
    if (isArray) this.#checkArray(value, keys);
    for (const key of isArray ? keys.slice(0, -1) : keys) {
      const property = valueOfProperty(value, key, 0, this.#trail);
      this.#trail.step(key as string);
      this.value(property.value);
    }
  }

  #checkArray(value: readonly unknown[], keys: readonly PropertyKey[]): void {
    const isFixed = Object.getOwnPropertyDescriptor(value, "length")?.writable !== true;
    if (isFixed || keys.length !== value.length + 1 || keys[value.length] !== "length") {
      throw this.#trail.refusal("An array with holes or properties of its own");
    }
  }
}

function nameOf(value: unknown): string {
  return value === undefined ? "undefined" : `A ${typeof value}`;
}

/**
 * Keeps values as JSON text in UTF-8, which other programs can read, and refuses what would come back from JSON
 * different: everything but plain objects, arrays, strings, finite numbers, booleans and null.
 */
export const jsonCodec: Codec = Object.freeze({
  name: "json",
  encode(value: unknown): Uint8Array {
    try {
      new Inspector().value(value);
      if (prototypes.some((prototype) => "toJSON" in prototype)) {
        throw new CacheValueError("Somebody has given built-in objects a toJSON, so that JSON is not what it says.");
      }
      return Buffer.from(JSON.stringify(value), "utf8");
    } catch (cause) {
      if (cause instanceof CacheValueError) throw cause;
      throw new CacheValueError("The value is too large or nests too deeply here to be kept.", { cause });
    }
  },
  decode(bytes: Uint8Array): unknown {
    try {
      return JSON.parse(utf8.decode(bytes));
    } catch (cause) {
      throw new SerializationError('These bytes are not a value of the codec "json".', { cause });
    }
  },
});
