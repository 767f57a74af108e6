/** `smartCache`: each result where it fits. */

import { type CheckedOptions, checkOptions, type DiskCacheOptions, type SmartCacheOptions } from "../config/index.js";
import { byData, type Routing } from "../select/index.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe, type Routed } from "./recipe.js";
import type { SmartCacheFunction } from "./routed.js";
import { boundsOf, lifetimesOf } from "./small.js";

function route(written: CheckedOptions, label: string): Routed {
  const { small, persistence, concurrency, ...rest } = written as SmartCacheOptions;
  const known = {
    ...(persistence !== undefined && { persistence }),
    ...(concurrency !== undefined && { concurrency }),
  };
  const routing: Routing = { bounds: boundsOf(small), ...byData(known) };
  const options = checkOptions("disk", rest as DiskCacheOptions, label);
  // What is settled here is told, too, to who asks for the configuration.
  const own = { ...known, ...(small !== undefined && { small }) };
  return { options: { ...options, ...own }, routing, ...lifetimesOf(routing, small?.ttl) };
}

/** See {@link smartCache}. */
export const smartCacheRecipe: Recipe = {
  ...inMemory,
  name: "smartCache",
  options: "smart",
  disk: "always",
  promises: "always",
  route,
};

/**
 * Caches each result where it fits, as {@link selectBackendForData} says of the result that the function has just given:
 * small ones in memory, those of medium size in a database, large ones in files. The function is never run to find that
 * out. All are looked up under the same keys, and whatever removes or invalidates a result reaches all places. The
 * function returns promises; with `sync: true` it stays as it is, and what is not small is in a database. Results in
 * memory do not outlive the process, unless `persistence` says so.
 *
 * @throws ConfigurationError for what cannot be cached, for a function that has no name to be found by, and for options
 * that cannot work; EngineNotAvailableError with `fallback: false`.
 *
 * @example
 * ```ts
 * import { smartCache } from "twat-cache";
 * let runs = 0;
 * const row = smartCache((length: number) => Array.from({ length }, () => ++runs), { name: "row", folderName: "docs-smart" });
 * await row.cache.clear();
 * for (const length of [1, 5_000, 500_000, 1, 5_000, 500_000]) await row(length);
 * console.log(runs, row.cache.stats().hits, row.cache.engine); // => 505001 3 lru+sqlite+file
 * await row.cache.close();
 * ```
 */
export const smartCache: SmartCacheFunction = createDecorator(smartCacheRecipe);
