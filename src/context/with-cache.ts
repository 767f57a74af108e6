/** Blocks: a cache for a stretch of a program, and a word to the cached functions that are called inside. */

import { program, type World } from "../caches/index.js";
import type { BlockOptions } from "../config/index.js";
import { CacheOperationError } from "../errors.js";
import { overhear } from "../promise.js";
import { beginBlock } from "./block.js";
import { BlockCache } from "./block-cache.js";
import { SyncBlockCache, type SyncBlockOptions } from "./sync-block-cache.js";

/** The type of {@link withCache}. */
export type WithCache = <T>(options: BlockOptions, body: (cache: BlockCache) => T | Promise<T>) => Promise<T>;

/** The type of {@link withCacheSync}, whose body must not return a promise. */
export type WithCacheSync = <T>(
  options: SyncBlockOptions,
  body: (cache: SyncBlockCache) => T & (T extends PromiseLike<unknown> ? never : unknown),
) => T;

/** Blocks whose caches belong to a world. */
export function createWithCache(world: World): WithCache {
  return async (options, body) => {
    const block = beginBlock(options, "withCache");
    const cache = new BlockCache(options, world);
    try {
      return await block.run(() => body(cache));
    } finally {
      block.end();
      await cache[Symbol.asyncDispose]();
    }
  };
}

/** The same for {@link withCacheSync}. */
export function createWithCacheSync(world: World): WithCacheSync {
  return (options, body) => {
    const block = beginBlock(options as BlockOptions, "withCacheSync");
    const cache = new SyncBlockCache(options, world);
    try {
      const result = block.run(() => body(cache));
      if (!overhear(result)) return result;
    } finally {
      block.end();
      cache[Symbol.dispose]();
    }
    throw new CacheOperationError(
      "withCacheSync: expected a body that is over when it returns; got a promise. Use withCache.",
    );
  };
}

/**
 * Opens a cache, hands it to the body, and closes it whatever happens. The body's result, or its error, is the block's.
 *
 * Inside, cached functions called anywhere below follow the block: `bypass` (they run and leave their caches alone),
 * `refresh` (they run and replace what is cached), `ttl` (what they store lives this long), `namespace` (they see and
 * fill a key space of their own), `scope: "request"` (they use caches that live as long as the block). These win over the
 * functions' own options; a block inside a block inherits them. The other options are the block's cache's own, and
 * defaults for caches that are made inside.
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
export const withCache: WithCache = createWithCache(program);

/**
 * The same for a body that is synchronous: the cache answers at once, and is closed when the body returns. On engines that
 * answer at once: `lru`, `map`, and with a folder `better-sqlite3` or `node-sqlite`. Cached functions that are called
 * inside follow the block, whether they return promises or not.
 *
 * @throws ConfigurationError for options that cannot work, an engine that answers with promises among them; EngineError
 * for one that does not exist, and where none can be used; CacheOperationError for a body that returns a promise;
 * otherwise what the body throws, unchanged.
 *
 * @example
 * ```ts
 * import { withCacheSync } from "twat-cache";
 * const total = withCacheSync({ maxSize: 100 }, (cache) => {
 *   const square = cache.wrap((n: number) => n * n);
 *   cache.setMany([["a", square(2)], ["b", square(2)]]);
 *   return cache.getMany(["a", "b"]).join("+");
 * });
 * console.log(total); // => 4+4
 * ```
 */
export const withCacheSync: WithCacheSync = createWithCacheSync(program);
