/** From a call to its key. */

import type { ResolvedConfig } from "../config/index.js";
import { identityOf, type Key, keyOf, keyWithin } from "../keys/index.js";
import { atOnce, consult } from "./guard.js";

/** Makes the key of a call from its `this` and its arguments. Throws when none can be made. */
export type Keyer = (self: unknown, args: ArrayLike<unknown>) => Key;

/**
 * The keyer of one cached function.
 *
 * @param selfCounts - Whether calls with different `this` are different calls.
 */
export function createKeyer(config: ResolvedConfig, selfCounts: boolean): Keyer {
  const { key, ignore, thisKey } = config;
  const keyOfArgs: Keyer =
    key !== undefined
      ? (self, args) => keyOf([consult("key", () => key.apply(self, Array.from(args)))])
      : ignore !== undefined
        ? (_self, args) => keyOf(consult("ignore", () => without(args, ignore)))
        : (_self, args) => keyOf(args);
  if (thisKey !== undefined) {
    return (self, args) => keyWithin(["thisKey", consult("thisKey", () => thisKey(self))], keyOfArgs(self, args));
  }
  if (!selfCounts) return keyOfArgs;
  return (self, args) => {
    const base = keyOfArgs(self, args);
    return self === undefined ? base : keyWithin(["this", standIn(self)], base);
  };
}

/** What stands for `this`: the object's identity, or the primitive itself. */
function standIn(self: unknown): unknown {
  const isObject = (typeof self === "object" && self !== null) || typeof self === "function";
  return isObject ? [identityOf(self)] : self;
}

/** A mark that no caller can pass. */
const IGNORED = Symbol("ignored");

/** The arguments with the ignored ones replaced; at the end of the list they count as not given. */
function without(args: ArrayLike<unknown>, ignore: NonNullable<ResolvedConfig["ignore"]>): unknown[] {
  const kept = Array.from(args, (argument, position) => (atOnce(ignore(argument, position)) ? IGNORED : argument));
  while (kept.length > 0 && kept[kept.length - 1] === IGNORED) kept.pop();
  return kept;
}
