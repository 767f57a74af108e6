/** `acache`: promises, always. */

import type { AsyncCacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe } from "./recipe.js";

/** See {@link acache}. */
export const acacheRecipe: Recipe = {
  ...inMemory,
  name: "acache",
  options: "disk",
  promises: "always",
};

/**
 * Caches a function's results, and always returns a promise: a synchronous function becomes asynchronous, and what it
 * throws becomes a rejection. Concurrent calls of a key share one load; a rejection is never kept. In memory unless the
 * option `engine` names another place.
 *
 * @throws ConfigurationError for what cannot be cached and for options that cannot work.
 *
 * @example
 * ```ts
 * import { acache } from "twat-cache";
 * let runs = 0;
 * const user = acache(async (id: number) => ({ id, run: ++runs }), { ttl: "30s" });
 * const [one, two] = await Promise.all([user(7), user(7)]);
 * console.log(one.run, one === two); // => 1 true
 * ```
 */
export const acache: AsyncCacheFunction = createDecorator(acacheRecipe);
