/** `fcache`: results in files on disk. */

import { FILES_FIRST } from "../select/index.js";
import type { DiskCacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe } from "./recipe.js";

/** See {@link fcache}. */
export const fcacheRecipe: Recipe = {
  ...inMemory,
  name: "fcache",
  options: "disk",
  diskChain: FILES_FIRST,
  disk: "always",
  promises: "always",
};

/**
 * Caches a function's results in files on disk, which suits large values: on the engine `file` or, where that is not
 * there, `sqlite`. Otherwise as `bcache`.
 *
 * @throws ConfigurationError for what cannot be cached, for a function that has no name to be found by, and for options
 * that cannot work; EngineNotAvailableError with `fallback: false`.
 *
 * @example
 * ```ts
 * import { fcache } from "twat-cache";
 * let runs = 0;
 * const tile = fcache(async (zoom: number) => Buffer.alloc(1_000_000, ++runs + zoom), { name: "tile", folderName: "docs-fcache" });
 * await tile.cache.clear();
 * await tile(3);
 * console.log((await tile(3)).length, runs); // => 1000000 1
 * await tile.cache.close();
 * ```
 */
export const fcache: DiskCacheFunction = createDecorator(fcacheRecipe);
