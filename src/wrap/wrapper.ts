/** The function that takes the place of the original. */

import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { scope } from "../scope.js";
import type { Counters } from "../stats.js";
import type { CacheSet } from "./cache-set.js";

/**
 * Makes the function that takes the place of the original; a method, so that it is no constructor.
 *
 * A call with one argument first goes the short way: it looks into the store with the argument itself, which finds what
 * was stored under a string or number, and nothing otherwise. The short way is kept so short that V8 has room to inline
 * the store's own lookup; and it reads `arguments` instead of a rest parameter, which would make an array at every call.
 */
export function createWrapper(set: CacheSet, counters: Counters = set.subject.counters): AnyFunction {
  function long(this: unknown, ...args: unknown[]): unknown {
    return set.call(this, args);
  }

  return {
    cached(this: unknown, first?: unknown): unknown {
      if (arguments.length === 1 && scope.read?.() === undefined) {
        const entry = (set.shortStore ?? set.shortStoreOf(this))?.get(first as Key);
        if (entry !== undefined && (entry.traits === 0 || set.serves(entry))) {
          counters.hits += 1;
          return entry.result;
        }
      }
      return long.apply(this, arguments as unknown as unknown[]);
    },
  }.cached;
}
