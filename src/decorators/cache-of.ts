/** Finding the handle of a cached function. */

import { ConfigurationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { AsyncCacheHandle, CacheHandle } from "../wrap/index.js";
import { handles } from "./wrap-function.js";

/** The handle that a function's type names; for a decorated method, whose type says nothing, of either kind. */
export type HandleOf<F> = F extends { readonly cache: infer H }
  ? H
  : F extends AnyFunction
    ? CacheHandle<F> | AsyncCacheHandle<F>
    : CacheHandle<() => F> | AsyncCacheHandle<() => F>;

/**
 * The handle of a cached function or decorated method: what `fn.cache` is, for places where the type does not show it.
 *
 * For a method with a cache for each instance, name the instance: `cacheOf(repo, "find")`, or `cacheOf(repo.find, repo)`,
 * or inside the class, for a private one, `cacheOf(this.#find, this)`. Without the instance, only what concerns all of
 * them works: `stats`, `clear`, `close`. A getter is named too: `cacheOf(repo, "total")`.
 *
 * The operations of an `acache` on an asynchronous engine return promises; `await` does for both kinds.
 *
 * @throws ConfigurationError for what is not a cached function; another decorator above ours hides it, for instance.
 *
 * @example
 * ```ts
 * import { cacheOf, mcache } from "twat-cache";
 * const double = mcache((n: number) => 2 * n);
 * double(4);
 * console.log(cacheOf(double).has(4)); // => true
 * ```
 */
export function cacheOf<F extends AnyFunction>(fn: F, self?: object): HandleOf<F>;
export function cacheOf<T extends object, K extends keyof T & (string | symbol)>(instance: T, name: K): HandleOf<T[K]>;
export function cacheOf(subject: object, second?: unknown): unknown {
  const byName = typeof second === "string" || typeof second === "symbol";
  const fn = byName ? member(subject, second) : subject;
  const handle = handles.get(fn as AnyFunction);
  if (handle === undefined) {
    const what = byName ? `"${String(second)}"` : "this function";
    throw new ConfigurationError(
      `cacheOf: ${what} is not a cached function. If it is decorated, put the cache's decorator on top.`,
    );
  }
  const self = byName ? subject : second;
  return self === undefined ? handle : handle.of(self);
}

/** The method or getter of that name, of the object or of what it inherits from. */
function member(subject: object, name: string | symbol): unknown {
  for (let owner: object | null = subject; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    if (descriptor !== undefined) return descriptor.get ?? descriptor.value;
  }
  return undefined;
}
