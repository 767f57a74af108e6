/** From tokens to values. */

import { builders } from "./builders.js";
import {
  ARRAY,
  BIGINT,
  DOUBLE,
  DRESSED,
  FALSE,
  MAX_DEPTH,
  NAN,
  NEGATIVE,
  NEGATIVE_BIGINT,
  NULL,
  PLAIN,
  POSITIVE,
  REFERENCE,
  SMALL,
  STRING,
  TRUE,
  UNDEFINED,
} from "./format.js";
import { Reader, unreadable } from "./reader.js";
import { define, type Source } from "./source.js";

const freezers: readonly ((value: object) => object)[] = [
  (value) => value,
  Object.preventExtensions,
  Object.seal,
  Object.freeze,
];

/** A decoding under way. */
class Decoder implements Source {
  readonly reader: Reader;
  readonly owned: boolean;
  readonly #met: (object | undefined)[] = [];
  #depth = 0;

  constructor(reader: Reader, owned: boolean) {
    this.reader = reader;
    this.owned = owned;
  }

  value(): unknown {
    const tag = this.reader.byte();
    if (tag >= SMALL) return tag - SMALL;
    if (tag === STRING) return this.reader.text();
    return tag >= PLAIN ? this.#object(tag) : this.#primitive(tag);
  }

  meet<T extends object>(value: T): T {
    this.#met.push(value);
    return value;
  }

  reserve(): number {
    return this.#met.push(undefined) - 1;
  }

  settle<T extends object>(number: number, value: T): T {
    this.#met[number] = value;
    return value;
  }

  properties(value: object): void {
    const count = this.reader.countOf(2);
    for (let i = 0; i < count; i++) {
      const name = this.reader.name();
      define(value, name, this.value());
    }
  }

  dress(value: object): void {
    const freeze = freezers[this.reader.byte()];
    if (freeze === undefined) throw unreadable("a level of immutability is not known");
    this.properties(value);
    freeze(value);
  }

  #primitive(tag: number): unknown {
    switch (tag) {
      case UNDEFINED:
        return undefined;
      case NULL:
        return null;
      case TRUE:
        return true;
      case FALSE:
        return false;
      case NAN:
        return Number.NaN;
      case POSITIVE:
        return this.reader.count();
      case NEGATIVE:
        return -1 - this.reader.count();
      case DOUBLE:
        return this.reader.double();
      case BIGINT:
        return this.reader.bigint();
      case NEGATIVE_BIGINT:
        return -this.reader.bigint();
      case REFERENCE:
        return this.#reference();
      default:
        throw unreadable("a tag is not known");
    }
  }

  #reference(): object {
    const value = this.#met[this.reader.count()];
    if (value === undefined) throw unreadable("a reference leads nowhere");
    return value;
  }

  #object(tag: number): object {
    this.#depth += 1;
    // Dressed objects take two, and the innermost may be a view with its buffer.
    if (this.#depth > 2 * MAX_DEPTH + 2) throw unreadable("they nest too deeply");
    const value = this.#byTag(tag);
    this.#depth -= 1;
    return value;
  }

  #byTag(tag: number): object {
    if (tag === PLAIN) return this.#plain();
    if (tag === ARRAY) return this.#array();
    if (tag === DRESSED) return this.#dressed();
    const builder = builders[tag];
    if (builder === undefined) throw unreadable("a tag is not known");
    return builder(this);
  }

  #plain(): object {
    const count = this.reader.countOf(2);
    const object: Record<string, unknown> = this.meet({});
    for (let i = 0; i < count; i++) {
      const name = this.reader.name();
      const value = this.value();
      // What is assigned could end in a setter of the prototype: `__proto__` is one.
      if (name in Object.prototype) define(object, name, value);
      else object[name] = value;
    }
    return object;
  }

  #array(): object {
    const count = this.reader.countOf(1);
    const array: unknown[] = this.meet([]);
    for (let i = 0; i < count; i++) array.push(this.value());
    return array;
  }

  #dressed(): object {
    const tag = this.reader.byte();
    if (tag < PLAIN || tag >= DRESSED) throw unreadable("a tag is not known");
    const value = this.#object(tag);
    this.dress(value);
    return value;
  }
}

/** The value that the first `end` bytes hold as tokens. Throws `SerializationError`, or anything, for other bytes. */
export function decodeTree(bytes: Uint8Array, end: number, owned: boolean): unknown {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, end), end);
  const value = new Decoder(reader, owned).value();
  if (reader.left > 0) throw unreadable("there are more than one value has");
  return value;
}
