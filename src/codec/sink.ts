/** What the encodings of single kinds of objects write to. */

import type { Trail } from "./trail.js";
import type { Writer } from "./writer.js";

/** An encoding under way. */
export interface Sink {
  readonly out: Writer;
  readonly trail: Trail;
  /** Writes any value. */
  value(value: unknown): void;
  /** Notes a new object, which gets the next number; false: it was there before. */
  meet(value: object): boolean;
  /** Writes what an object has beyond its kind: level of immutability and own properties. */
  dress(value: object, level: number, keys: readonly PropertyKey[]): void;
}

/** How the objects with one prototype are written. */
export interface Form {
  /** Own properties that `write` does not cover. Default: all. */
  extras?(value: object): readonly PropertyKey[];
  /** Writes a tag and what is inside; throws anything for what only pretends to be of the kind. */
  write(value: object, sink: Sink, level: number): void;
}
