/** `mcache`: results in memory. */

import type { CacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe } from "./recipe.js";

/** See {@link mcache}. */
export const mcacheRecipe: Recipe = {
  ...inMemory,
  name: "mcache",
  promises: "never",
};

/**
 * Caches a function's results in memory, on the engine `lru` or, for what that cannot do, `map`. A synchronous function
 * stays synchronous; for one that returns promises, concurrent calls share one, and a rejection is never kept.
 *
 * @throws ConfigurationError for what cannot be cached and for options that cannot work.
 *
 * @example
 * ```ts
 * import { mcache } from "twat-cache";
 * const area = mcache((width: number, height: number) => width * height, { maxSize: 500, ttl: "5m" });
 * area(2, 3);
 * console.log(area(2, 3), area.cache.stats().hits); // => 6 1
 * ```
 */
export const mcache: CacheFunction = createDecorator(mcacheRecipe);
