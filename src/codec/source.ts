/** What the decodings of single kinds of objects read from. */

import type { Reader } from "./reader.js";

/** A decoding under way. */
export interface Source {
  readonly reader: Reader;
  /** Whether values may be views of the bytes. */
  readonly owned: boolean;
  /** Reads any value. */
  value(): unknown;
  /** Notes a new object, before what is inside it is read. */
  meet<T extends object>(value: T): T;
  /** Keeps the next number for an object that is made after what is inside it. */
  reserve(): number;
  /** Gives a number that was kept its object. */
  settle<T extends object>(number: number, value: T): T;
  /** Reads names and values into own properties. */
  properties(value: object): void;
  /** Reads what an object has beyond its kind. */
  dress(value: object): void;
}

/** Sets an own property that looks like any other, whatever the prototypes have under that name. */
export function define(object: object, name: string, value: unknown, enumerable = true): void {
  Object.defineProperty(object, name, { value, enumerable, configurable: true, writable: true });
}
