/** `bcache`: results in a database on disk. */

import type { DiskCacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe } from "./recipe.js";

/** See {@link bcache}. */
export const bcacheRecipe: Recipe = {
  ...inMemory,
  name: "bcache",
  options: "disk",
  disk: "always",
  promises: "always",
};

/**
 * Caches a function's results in a database on disk, where other processes and later runs find them: on the engine
 * `sqlite` or, where that is not there, `file`. The function returns promises; with `sync: true` it stays as it is, on
 * `better-sqlite3` or `node-sqlite`. Changed code makes new results, unless `version` says otherwise.
 *
 * @throws ConfigurationError for what cannot be cached, for a function that has no name to be found by, and for options
 * that cannot work; EngineNotAvailableError with `fallback: false`.
 *
 * @example
 * ```ts
 * import { bcache } from "twat-cache";
 * let runs = 0;
 * const report = bcache((year: number) => ({ year, run: ++runs }), { name: "report", folderName: "docs-bcache" });
 * await report.cache.clear();
 * await report(2024);
 * console.log((await report(2024)).run, report.cache.stats().hits); // => 1 1
 * await report.cache.close();
 * ```
 */
export const bcache: DiskCacheFunction = createDecorator(bcacheRecipe);
