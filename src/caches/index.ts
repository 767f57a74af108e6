/** The live registry: every cache of the process by name. */

import type { AnyFunction } from "../function.js";
import {
  type AllStatistics,
  CacheRegistry,
  type RegisteredCache,
  type RegisteredStatistics,
  withEach,
} from "./registry.js";

export type { AllStatistics, RegisteredCache, RegisteredStatistics } from "./registry.js";

/** The caches of this process. */
export const caches: CacheRegistry = new CacheRegistry();

/** A cached function, or the name of a cache. */
export type CacheReference = string | (AnyFunction & { readonly cache: RegisteredCache });

function find(reference: CacheReference): RegisteredCache | undefined {
  return typeof reference === "string" ? caches.get(reference) : reference.cache;
}

/**
 * The figures of all caches, or of one, given by name or by its function; `undefined` for a name that nobody has. The
 * totals go on after caches are collected. The counting rules are in docs/statistics.md.
 *
 * @example
 * ```ts
 * import { getStats, mcache } from "twat-cache";
 * const square = mcache((n: number) => n * n, { name: "square" });
 * square(3);
 * square(3);
 * console.log(getStats(square)?.hits, getStats("square")?.hitRatio, getStats().hits >= 1); // => 1 0.5 true
 * ```
 */
export function getStats(): AllStatistics;
export function getStats(reference: CacheReference): RegisteredStatistics | undefined;
export function getStats(reference?: CacheReference): AllStatistics | RegisteredStatistics | undefined {
  return reference === undefined ? caches.stats() : find(reference)?.stats();
}

/** The names of all caches, in the order in which they were made. */
export function listCaches(): readonly string[] {
  return caches.all().map(({ name }) => name);
}

/**
 * Removes the entries of all caches, or of one, given by name or by its function; whether there was one. Caches in memory
 * are empty as soon as this returns its promise. Files are not deleted.
 *
 * @throws CacheOperationError, when all that can be cleared is, if an engine failed.
 */
export async function clearCache(reference?: CacheReference): Promise<boolean> {
  const found = reference === undefined ? caches.all() : [find(reference)].filter((cache) => cache !== undefined);
  await withEach(found, "clear", (cache) => cache.clear());
  return found.length > 0;
}

/**
 * Closes all caches. From then on their functions run as if they were not wrapped.
 *
 * @throws CacheOperationError, when all that can be closed is, if an engine failed.
 */
export async function closeCaches(): Promise<void> {
  await withEach(caches.all(), "close", (cache) => cache.close());
}

/** Lists a cache of your own, so that statistics, `clearCache` and `closeCaches` reach it. It is held weakly. */
export function registerCache(cache: RegisteredCache): void {
  caches.register(cache);
}

/** Takes a cache off the list; what it counted stays in the totals. Whether it was there. */
export function unregisterCache(name: string): boolean {
  return caches.unregister(name);
}
