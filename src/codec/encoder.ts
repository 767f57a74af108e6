/** From values to tokens, in one pass. */

import { CacheValueError } from "../errors.js";
import { isProxy } from "../native/index.js";
import { type RegisteredType, typeWith } from "../registered-type.js";
import {
  ARRAY,
  BARE,
  CONVERTED,
  DRESSED,
  FALSE,
  INSTANCE,
  NULL,
  ODD_ARRAY,
  PLAIN,
  REFERENCE,
  TREE,
  TRUE,
  UNDEFINED,
} from "./format.js";
import { forms } from "./forms.js";
import { Numbering } from "./numbering.js";
import { keysOf, valueOfProperty } from "./property.js";
import type { Form, Sink } from "./sink.js";
import { levelOf } from "./state.js";
import { describe, PARTS, Trail } from "./trail.js";
import { Writer } from "./writer.js";

const wayOut = 'Return plain data, built-ins, or classes told to registerType, or use clone: "none" in memory.';

/** An encoding under way. */
class Encoder implements Sink {
  readonly out: Writer = new Writer();
  readonly trail: Trail = new Trail(wayOut);
  readonly #met = new Numbering<object>();
  /** Instances whose conversion is not over. */
  #open: Set<object> | undefined;

  value(value: unknown): void {
    if (typeof value === "string") this.out.string(value);
    else if (typeof value === "number") this.out.number(value);
    else if (typeof value === "object" && value !== null) this.#object(value);
    else this.#rarer(value);
  }

  meet(value: object): boolean {
    if (this.#met.of(value) >= 0) return false;
    this.#met.add(value);
    return true;
  }

  dress(value: object, level: number, keys: readonly PropertyKey[]): void {
    this.out.byte(level);
    this.#properties(value, level, keys);
  }

  #object(value: object): void {
    const known = this.#met.of(value);
    if (known >= 0) {
      this.#again(value, known);
      return;
    }
    this.#met.add(value);
    this.trail.enter();
    if (isProxy(value)) throw this.trail.refusal("A proxy");
    const level = levelOf(value);
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) this.#plain(value, PLAIN, level);
    else if (prototype === Array.prototype) this.#array(value, level);
    else if (prototype === null) this.#plain(value, BARE, level);
    else {
      const form = forms.get(prototype);
      if (form === undefined) this.#instance(value, prototype, level);
      else this.#builtin(value, form, level);
    }
    this.trail.leave();
  }

  #rarer(value: unknown): void {
    if (value === null) this.out.byte(NULL);
    else if (typeof value === "boolean") this.out.byte(value ? TRUE : FALSE);
    else if (value === undefined) this.out.byte(UNDEFINED);
    else if (typeof value === "bigint") this.out.bigint(value);
    else throw this.trail.refusal(typeof value === "symbol" ? "A symbol" : "A function");
  }

  #again(value: object, known: number): void {
    if (this.#open?.has(value) === true)
      throw this.trail.refusal("A cycle that runs through an instance with a conversion");
    this.out.byte(REFERENCE);
    this.out.count(known);
  }

  #plain(value: object, tag: number, level: number, name?: string): void {
    if (level > 0) this.out.byte(DRESSED);
    this.out.byte(tag);
    if (name !== undefined) this.out.name(name);
    this.#properties(value, level, keysOf(value));
    if (level > 0) this.dress(value, level, []);
  }

  #properties(value: object, level: number, keys: readonly PropertyKey[]): void {
    this.out.count(keys.length);
    for (const key of keys) {
      const property = valueOfProperty(value, key, level, this.trail);
      this.out.name(key as string);
      this.trail.step(key as string);
      this.value(property.value);
    }
  }

  #array(value: object, level: number): void {
    if (!Array.isArray(value)) throw this.trail.refusal("An object that only pretends to be an array");
    const length = Object.getOwnPropertyDescriptor(value, "length");
    if (length?.writable !== level < 3) throw this.trail.refusal("An array of fixed length");
    const count = length.value as number;
    const keys = keysOf(value);
    if (level > 0) this.out.byte(DRESSED);
    // Elements come first, and "length" is there before any other property.
    if (keys.length === count + 1 && keys[count] === "length") {
      this.out.byte(ARRAY);
      this.#elements(value, level, count);
    } else {
      this.out.byte(ODD_ARRAY);
      this.out.count(count);
      this.#properties(
        value,
        level,
        keys.filter((key) => key !== "length"),
      );
    }
    if (level > 0) this.dress(value, level, []);
  }

  #elements(value: readonly unknown[], level: number, count: number): void {
    this.out.count(count);
    for (let i = 0; i < count; i++) {
      const element = valueOfProperty(value, i, level, this.trail);
      this.trail.step(i);
      this.value(element.value);
    }
  }

  #instance(value: object, prototype: object, level: number): void {
    const type = typeWith(prototype);
    if (type === undefined) throw this.trail.refusal(describe(value));
    if (type.conversion !== undefined) this.#converted(value, type, level);
    else if (inheritsState(prototype)) {
      throw this.trail.refusal(`${describe(value)}, which has more to it than its properties and needs a conversion,`);
    } else this.#plain(value, INSTANCE, level, type.name);
  }

  #builtin(value: object, form: Form, level: number): void {
    const keys = form.extras === undefined ? keysOf(value) : form.extras(value);
    const isDressed = level > 0 || keys.length > 0;
    if (isDressed) {
      // Before anything is asked that a symbol could answer.
      for (const key of keys) if (typeof key === "symbol") valueOfProperty(value, key, level, this.trail);
      this.out.byte(DRESSED);
    }
    form.write(value, this, level);
    if (isDressed) this.dress(value, level, keys);
  }

  #converted(value: object, type: RegisteredType, level: number): void {
    if (level > 0) this.out.byte(DRESSED);
    this.out.byte(CONVERTED);
    this.out.name(type.name);
    this.#open ??= new Set();
    this.#open.add(value);
    this.trail.step(PARTS);
    this.value(this.#partsOf(value, type));
    this.#open.delete(value);
    if (level > 0) this.dress(value, level, []);
  }

  #partsOf(value: object, type: RegisteredType): unknown {
    try {
      return type.conversion?.encode(value);
    } catch (cause) {
      throw this.trail.refusal(`An instance of "${type.name}", whose conversion failed,`, { cause });
    }
  }
}

const native = /^function \w*\(\) \{\s*\[native code\]\s*\}$/;
const { toString: sourceOf } = Function.prototype;

/** Whether a class stands on a built-in one or on a proxy: there is state that is not in properties. */
function inheritsState(prototype: object): boolean {
  let next: object | null = prototype;
  while (next !== null && next !== Object.prototype) {
    if (isProxy(next)) return true;
    const type: unknown = Object.getOwnPropertyDescriptor(next, "constructor")?.value;
    if (typeof type === "function" && native.test(sourceOf.call(type))) return true;
    next = Object.getPrototypeOf(next);
  }
  return false;
}

/** The tokens of a value, and the kind of the encoding. Throws `CacheValueError` for what cannot be kept exactly. */
export function encodeTree(value: unknown): Uint8Array {
  let encoder: Encoder | undefined;
  try {
    encoder = new Encoder();
    encoder.value(value);
    encoder.out.byte(TREE);
    return encoder.out.finish();
  } catch (cause) {
    encoder?.out.release();
    if (cause instanceof CacheValueError) throw cause;
    if (encoder === undefined || cause instanceof RangeError) {
      throw new CacheValueError("The value is too large or nests too deeply here to be kept.", { cause });
    }
    throw encoder.trail.refusal("An object that is not what its prototype says, or whose memory is shared,", { cause });
  }
}
