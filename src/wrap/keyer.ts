/** From a call to its key. */

import type { ResolvedConfig } from "../config/index.js";
import { type Identify, inProcess, type Key, keyOf, keyWithin } from "../keys/index.js";
import { isSignal } from "../signal.js";
import { atOnce, consult } from "./guard.js";

/** Makes the key of a call from its `this` and its arguments. Throws when none can be made. */
export type Keyer = (self: unknown, args: ArrayLike<unknown>) => Key;

/**
 * The keyer of one cached function.
 *
 * @param selfCounts - Whether calls with different `this` are different calls.
 * @param identify - Says who things are that are told apart by being themselves. Default: a number in this process.
 * @param identifySelf - The same for `this`. Default: `identify`.
 */
export function createKeyer(
  config: ResolvedConfig,
  selfCounts: boolean,
  identify: Identify = inProcess,
  identifySelf: Identify = identify,
): Keyer {
  const { key, ignore, thisKey } = config;
  const keyOfArgs: Keyer =
    key !== undefined
      ? (self, args) => keyOf([consult("key", () => key.apply(self, Array.from(args)))], identify)
      : ignore !== undefined
        ? (_self, args) =>
            keyOf(
              consult("ignore", () => without(args, ignore)),
              withIgnored(identify),
            )
        : (_self, args) =>
            hasSignal(args) ? keyOf(without(args, isSignal), withIgnored(identify)) : keyOf(args, identify);
  if (thisKey !== undefined) {
    return (self, args) =>
      keyWithin(["thisKey", consult("thisKey", () => thisKey(self))], keyOfArgs(self, args), identify);
  }
  if (!selfCounts) return keyOfArgs;
  return (self, args) => {
    const base = keyOfArgs(self, args);
    return self === undefined ? base : keyWithin(["this", standIn(self, identifySelf)], base, identify);
  };
}

/** Who stops waiting, and when, makes no other call. */
function hasSignal(args: ArrayLike<unknown>): boolean {
  for (let i = 0; i < args.length; i += 1) if (isSignal(args[i])) return true;
  return false;
}

/** What stands for `this`: the object's identity, or the primitive itself. */
function standIn(self: unknown, identify: Identify): unknown {
  const isObject = (typeof self === "object" && self !== null) || typeof self === "function";
  return isObject ? [identify(self, "thing")] : self;
}

/** A mark that no caller can pass. */
const IGNORED = Symbol("ignored");

/** The same, with a token for the mark that is the same in every process, and that nothing else has. */
function withIgnored(identify: Identify): Identify {
  return (thing, role) => (thing === IGNORED ? "@ignored;" : identify(thing, role));
}

/** The arguments with the ignored ones replaced; at the end of the list they count as not given. */
function without(args: ArrayLike<unknown>, ignore: NonNullable<ResolvedConfig["ignore"]>): unknown[] {
  const kept = Array.from(args, (argument, position) => (atOnce(ignore(argument, position)) ? IGNORED : argument));
  while (kept.length > 0 && kept[kept.length - 1] === IGNORED) kept.pop();
  return kept;
}
