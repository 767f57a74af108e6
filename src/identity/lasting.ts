/** Who things are in every process and after every restart, for keys that go to disk. */

import { CacheKeyError } from "../errors.js";
import type { Identify } from "../keys/index.js";
import { createHash } from "../node/crypto.js";
import { typeWith } from "../registered-type.js";

/** Classes that were met in keys, by what stands for them there. */
const classes = new Map<string, WeakRef<object>>();
/** Classes remembered; a program with more makes them at run time. */
const MAX_CLASSES = 10_000;

/**
 * Classes are told apart by the name that they are registered under, or else by their own name and source. Anything
 * else that is told apart by being itself is not the same in another process.
 *
 * @throws CacheKeyError for what is not.
 */
export const lasting: Identify = (thing, role) => {
  if (role === "class" && typeof thing === "object") return classToken(thing);
  throw new CacheKeyError(
    `${describe(thing)} cannot be part of a key on disk, since in another process it is another one. Give the option "key", or a method [cacheKey].`,
  );
};

function describe(thing: object | symbol): string {
  if (typeof thing === "symbol") return "A symbol";
  if (typeof thing === "function") return "A function";
  return "An object that may hide what it is made of";
}

function classToken(prototype: object): string {
  const registered = typeWith(prototype);
  if (registered !== undefined) return `R${registered.name.length}:${registered.name}`;
  const type: unknown = (prototype as { constructor?: unknown }).constructor;
  if (typeof type !== "function") throw new CacheKeyError("An object without a class cannot be part of a key on disk.");
  const source = Function.prototype.toString.call(type);
  const token = `K${createHash("sha256").update(`${type.name}\n${source}`, "utf16le").digest("hex")}`;
  const known = classes.get(token)?.deref();
  if (known !== undefined && known !== prototype) {
    throw new CacheKeyError(
      `There are two classes "${type.name}" with one source; give each a name by registerType, or the option "key".`,
    );
  }
  if (classes.size >= MAX_CLASSES) classes.clear();
  classes.set(token, new WeakRef(prototype));
  return token;
}
