/** Blocks: a cache for a stretch of a program, and a word to the cached functions that are called inside. */

import { type BlockOptions, checkOptions } from "../config/index.js";
import { parseDuration } from "../quantity.js";
import type { Overrides } from "../scope.js";
import { BlockCache } from "./block-cache.js";
import { runWith } from "./overrides.js";

/**
 * Opens a cache, hands it to the body, and closes it whatever happens. The body's result, or its error, is the block's.
 *
 * Inside, cached functions called anywhere below follow the block: `bypass` (they run and leave their caches alone),
 * `refresh` (they run and replace what is cached), `ttl` (what they store lives this long), `namespace` (they see and
 * fill a key space of their own). These win over the functions' own options; a block inside a block inherits them. The
 * other options are the block's cache's own, and defaults for caches that are made inside.
 *
 * @throws ConfigurationError for options that cannot work; EngineError for an engine that does not exist; otherwise, as a
 * rejection, what the body throws, unchanged.
 *
 * @example
 * ```ts
 * import { mcache, withCache } from "twat-cache";
 * let runs = 0;
 * const rate = mcache((currency: string) => `${currency} ${++runs}`);
 * rate("EUR");
 * const fresh = await withCache({ refresh: true }, async (cache) => {
 *   await cache.set("note", "kept until the end of the block");
 *   return rate("EUR");
 * });
 * console.log(fresh, rate("EUR")); // => EUR 2 EUR 2
 * ```
 */
export async function withCache<T>(options: BlockOptions, body: (cache: BlockCache) => T | Promise<T>): Promise<T> {
  const overrides = overridesOf(options);
  const cache = new BlockCache(options);
  try {
    return await runWith(overrides, () => body(cache));
  } finally {
    await cache[Symbol.asyncDispose]();
  }
}

/** What a block's options say to the calls inside it. */
export function overridesOf(options: BlockOptions): Overrides {
  const { bypass, refresh, ttl, namespace, name: _name, ...defaults } = checkOptions("block", options, "withCache");
  const said: Overrides = { bypass, refresh, ttl: ttl === undefined ? undefined : parseDuration(ttl), namespace };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), defaults };
}
