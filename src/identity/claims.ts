/**
 * Which function of this process has which identity on disk. Two functions with one identity would share their results:
 * two closures of one source, whose captured variables nobody can see, or two results of `bind`.
 */

import type { AnyFunction } from "../function.js";

const claims = new Map<string, WeakRef<AnyFunction>>();

/**
 * Claims an identity for a function; `false`: another one has it. One that is gone had it too: what is on disk is its
 * results, and this function may have captured other variables.
 */
export function claim(identity: string, fn: AnyFunction): boolean {
  const owner = claims.get(identity);
  if (owner !== undefined) return owner.deref() === fn;
  claims.set(identity, new WeakRef(fn));
  return true;
}

/** Gives an identity back, if it is this function's, as at the end of the process. */
export function unclaim(identity: string, fn: AnyFunction): void {
  if (claims.get(identity)?.deref() === fn) claims.delete(identity);
}
