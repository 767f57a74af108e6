/** `hybridCache`: small results in memory, large ones on disk. */

import { type CheckedOptions, checkOptions, type DiskCacheOptions, type HybridCacheOptions } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import { parseBytes } from "../quantity.js";
import { bySize, type Routing } from "../select/index.js";
import { createDecorator } from "./create.js";
import { inMemory, type Recipe, type Routed } from "./recipe.js";
import type { HybridCacheFunction } from "./routed.js";
import { boundsOf, lifetimesOf } from "./small.js";

/** Bytes that a small result has at most, unless told otherwise: 1 MiB. */
export const DEFAULT_THRESHOLD = 1_048_576;
function route(written: CheckedOptions, label: string): Routed {
  const { threshold, sizeThreshold, small, large, ...rest } = written as HybridCacheOptions;
  if (threshold !== undefined && sizeThreshold !== undefined) {
    throw new ConfigurationError(
      `${label}: sizeThreshold: expected none beside threshold, which is the same; got both`,
    );
  }
  const { ttl, ...ofLarge } = large === undefined ? {} : checkOptions("large", large, `${label}, large`);
  const limitSaid = threshold ?? sizeThreshold;
  const limit = parseBytes(limitSaid) ?? DEFAULT_THRESHOLD;
  const routing: Routing = { bounds: boundsOf(small), sides: bySize(limit), isForFiles: undefined };
  const merged = { ...rest, ...ofLarge } as DiskCacheOptions;
  // What is settled here is told, too, to who asks for the configuration.
  const own = {
    ...(limitSaid !== undefined && { threshold: limitSaid }),
    ...(small !== undefined && { small }),
    ...(ttl !== undefined && { large: { ttl } }),
  };
  const options = { ...checkOptions("disk", merged, label), ...own };
  return { options, routing, ...lifetimesOf(routing, small?.ttl, ttl) };
}

/** See {@link hybridCache}. */
export const hybridCacheRecipe: Recipe = {
  ...inMemory,
  name: "hybridCache",
  options: "hybrid",
  disk: "always",
  promises: "always",
  route,
};

/**
 * Caches small results in memory and large ones on disk, found out for each result: one of more bytes than `threshold`
 * (1 MB unless told otherwise), by {@link estimateBytes}, is large. Both are looked up under the same keys, and whatever
 * removes or invalidates a result reaches both. The function returns promises, unless `sync` is true. Small results do
 * not outlive the process; what another process removes, replaces or invalidates by name is not served from memory here.
 *
 * @throws ConfigurationError for what cannot be cached, for a function that has no name to be found by, and for options
 * that cannot work; EngineNotAvailableError with `fallback: false`.
 *
 * @example
 * ```ts
 * import { hybridCache } from "twat-cache";
 * let runs = 0;
 * const tile = hybridCache((bytes: number) => ({ run: ++runs, pixels: new Uint8Array(bytes) }), {
 *   name: "tile",
 *   folderName: "docs-hybrid",
 *   threshold: "100KB",
 *   small: { maxSize: 500 },
 *   large: { engine: "file", maxBytes: "2GB" },
 * });
 * await tile.cache.clear();
 * for (const bytes of [10, 1_000_000, 10, 1_000_000]) await tile(bytes);
 * console.log(runs, tile.cache.stats().hits, tile.cache.engine); // => 2 2 lru+file
 * await tile.cache.close();
 * ```
 */
export const hybridCache: HybridCacheFunction = createDecorator(hybridCacheRecipe);
