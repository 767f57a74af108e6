/** `ucache`: the cache that fits the options. */

import type { CacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";

/**
 * Caches a function's results where the options ask for it: on the engine that they name, or else in memory, like
 * `mcache`. A synchronous function stays synchronous.
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
export const ucache: CacheFunction = createDecorator({
  name: "ucache",
  chain: ["lru", "map"],
  instanceChain: ["map", "lru"],
  promises: false,
});
