/** `explain`: what a call would do, and why. */

import type { AnyFunction } from "../function.js";
import type { Explanation } from "../wrap/index.js";
import { cacheOf, type HandleOf } from "./cache-of.js";

/** What `explain` gives for a cached function: what its handle gives, at once or as a promise. */
export type ExplanationOf<F> =
  HandleOf<F> extends { explain(...args: never): infer E } ? E : Explanation | Promise<Explanation>;

/**
 * What a call of a cached function with these arguments would do now, and why: `fn.cache.explain(...args)`, for places
 * where the type does not show the handle. A method with a cache for each instance has to be asked by
 * `cacheOf(instance, "method").explain(...)`. On engines that answer with promises it gives a promise.
 *
 * @throws ConfigurationError for what is not a cached function; CacheOperationError for a method with a cache for each
 * instance.
 *
 * @example
 * ```ts
 * import { explain, mcache } from "twat-cache";
 * const square = mcache((n: number) => n * n, { ttl: "1m" });
 * square(3);
 * const found = explain(square, 3);
 * console.log(found.outcome, found.key?.args, found.engine.name, found.tiers[0]?.state); // => hit 3 lru fresh
 * console.log(explain(square, 4).outcome); // => miss
 * ```
 */
export function explain<F extends AnyFunction>(fn: F, ...args: Parameters<F>): ExplanationOf<F> {
  const handle = cacheOf(fn as AnyFunction) as { explain(...args: unknown[]): unknown };
  return handle.explain(...args) as ExplanationOf<F>;
}
