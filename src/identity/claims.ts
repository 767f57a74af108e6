/**
 * Which function of this process has which identity on disk. Two functions with one identity would share their results:
 * two closures of one source, whose captured variables nobody can see, or two results of `bind`.
 */

import type { AnyFunction } from "../function.js";

const claims = new Map<string, WeakRef<AnyFunction>>();
const collected = new FinalizationRegistry<string>((identity) => {
  if (claims.get(identity)?.deref() === undefined) claims.delete(identity);
});

/** Claims an identity for a function; `false`: another one that is alive has it. */
export function claim(identity: string, fn: AnyFunction): boolean {
  const owner = claims.get(identity)?.deref();
  if (owner !== undefined) return owner === fn;
  claims.set(identity, new WeakRef(fn));
  collected.register(fn, identity);
  return true;
}

/** Gives an identity back, if it is this function's. */
export function unclaim(identity: string, fn: AnyFunction): void {
  if (claims.get(identity)?.deref() === fn) claims.delete(identity);
}
