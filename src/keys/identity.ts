/** Identity: a number for each object, function or symbol that is told apart by being itself. */

type Identified = object | symbol;

const numbers = new WeakMap<WeakKey, number>();
let next = 1;

/**
 * The number of this very object, function or unregistered symbol. Given at the first request and never given again,
 * so that a key made from it cannot come to mean something else after the object is gone.
 */
export function identityOf(thing: Identified): number {
  const known = numbers.get(thing as WeakKey);
  if (known !== undefined) return known;
  const fresh = next;
  next += 1;
  numbers.set(thing as WeakKey, fresh);
  return fresh;
}

/**
 * Who a thing is that is told apart by being itself, as text: for an object, a function or a symbol, or, of an object with
 * a hook, its class. The text begins with a sign that no other token begins with, and says itself where it ends.
 */
export type Identify = (thing: Identified, role: "thing" | "class") => string;

/** In this process, by number. */
export const inProcess: Identify = (thing) => `@${identityOf(thing)};`;
