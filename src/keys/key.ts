/** Keys: what a store keeps entries by. */

import { encodeList } from "./encode.js";
import type { Identify } from "./identity.js";

/**
 * A key in a store. A string or number other than 0 that is a call's single argument is its own key; every other list of arguments
 * is encoded into a string that begins with U+0000, so the two never meet.
 */
export type Key = string | number;

const ENCODED = "\0";
const ENCODED_UNIT = 0;

/** The key of a call without arguments. */
export const EMPTY_KEY: Key = ENCODED;

/** Whether a single argument can be its own key. `0` cannot, since a Map would find it by `-0` too. */
function isOwnKey(value: unknown): value is Key {
  if (typeof value === "string") return value.charCodeAt(0) !== ENCODED_UNIT;
  return typeof value === "number" && value !== 0;
}

/** Whether a key is an encoded one. */
export function isEncoded(key: Key): boolean {
  return typeof key === "string" && key.charCodeAt(0) === ENCODED_UNIT;
}

/**
 * The key of a list of arguments: equal for equal lists, different for different ones.
 *
 * @param identify - Says who things are that are told apart by being themselves. Default: a number in this process.
 * @throws CacheKeyError when no key can be made, for instance of objects nested deeper than 500 levels.
 */
export function keyOf(args: ArrayLike<unknown>, identify?: Identify): Key {
  if (args.length === 0) return EMPTY_KEY;
  if (args.length === 1) {
    const only = args[0];
    if (isOwnKey(only)) return only;
  }
  return ENCODED + encodeList(args, identify);
}

/** The same key in a space of its own: one space for each list. */
export function keyWithin(space: ArrayLike<unknown>, key: Key, identify?: Identify): Key {
  // No encoded value begins with one of these three signs, and each says itself where it ends.
  return `${ENCODED}.${encodeList(space, identify)}${typeof key === "number" ? "#" : ":"}${key}`;
}

/**
 * Of keys, those that lie in a space and in none inside it, as they were before that.
 *
 * @param space - Default: those that lie in none.
 */
export function keysWithin(space: ArrayLike<unknown> | undefined, keys: Iterable<Key>): Key[] {
  const beginning = space === undefined ? undefined : `${ENCODED}.${encodeList(space)}`;
  const bare = Array.from(keys, (key) => (beginning === undefined ? key : keyAfter(beginning, key)));
  return bare.filter((key) => key !== undefined && !String(key).startsWith(`${ENCODED}.`)) as Key[];
}

/** What was put into a space; `undefined` for a key in another one. */
function keyAfter(beginning: string, key: Key): Key | undefined {
  if (!String(key).startsWith(beginning)) return undefined;
  const [sign, rest] = [String(key)[beginning.length], String(key).slice(beginning.length + 1)];
  if (sign === "#") return Number(rest);
  return sign === ":" ? rest : undefined;
}
