/** What a decorator is put on. */

import type { AnyFunction } from "../function.js";
import type { Plan } from "../wrap/index.js";

/** What is wrapped, and how it was written. */
export interface Target {
  readonly fn: AnyFunction;
  /** A method of a class, which has a cache for each instance unless the options say otherwise. */
  readonly isMethod: boolean;
  /** What it is called where the options give no name. */
  readonly name: string;
  /** How messages call it: `mcache(area)`, `@mcache on method "find"`. */
  readonly label: string;
  /** The function that results on disk are known by. Default: `fn`. */
  readonly source?: AnyFunction;
  /** See {@link Plan.lookingUp}. */
  readonly lookingUp?: Plan["lookingUp"];
}
