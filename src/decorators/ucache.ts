/** `ucache`: the cache that fits the options. */

import type { AnyCacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe } from "./recipe.js";

/** See {@link ucache}. */
export const ucacheRecipe: Recipe = {
  ...inMemory,
  name: "ucache",
  options: "disk",
  promises: "disk",
};

/**
 * Caches a function's results where the options ask for it: on the engine that they name; on disk where they name a
 * folder or ask for compression, and then the function returns promises, unless `sync` is true; otherwise in memory, like
 * `mcache`, and a synchronous function stays synchronous.
 *
 * @throws ConfigurationError for what cannot be cached and for options that cannot work.
 *
 * @example
 * ```ts
 * import { ucache } from "twat-cache";
 * const slug = ucache((title: string) => title.toLowerCase().replaceAll(" ", "-"), { maxSize: Infinity });
 * console.log(slug("Hello world"), slug.cache.engine); // => hello-world map
 * ```
 */
export const ucache: AnyCacheFunction = createDecorator(ucacheRecipe);
