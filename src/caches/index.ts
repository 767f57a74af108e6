/** The live registry: every cache of the program by name. */

import { effectiveConfigIn, type GetEffectiveConfig } from "./effective-config.js";
import { type CacheOperations, operationsOn } from "./operations.js";
import { program } from "./world.js";

export { type Configured, effectiveConfigIn, type GetEffectiveConfig, tellConfigOf } from "./effective-config.js";
export type { CacheOperations, CacheReference } from "./operations.js";
export { operationsOn } from "./operations.js";
export type { AllStatistics, CacheRegistry, RegisteredCache, RegisteredStatistics } from "./registry.js";
export { createWorld, program, type World } from "./world.js";

const operations = operationsOn(program.caches);

/**
 * The figures of all caches, or of one, given by name or by its function; `undefined` for a name that nobody has. The
 * totals go on after caches are collected. The counting rules are in docs/statistics.md.
 *
 * @example
 * ```ts
 * import { getStats, mcache } from "twat-cache";
 * const square = mcache((n: number) => n * n, { name: "square" });
 * square(3);
 * square(3);
 * console.log(getStats(square)?.hits, getStats("square")?.hitRatio, getStats().hits >= 1); // => 1 0.5 true
 * ```
 */
export const getStats: CacheOperations["getStats"] = operations.getStats;

/** The names of all caches, in the order in which they were made. */
export const listCaches: CacheOperations["listCaches"] = operations.listCaches;

/**
 * Removes the entries of all caches, or of one, given by name or by its function; whether there was one. Caches in memory
 * are empty as soon as this returns its promise. Files are not deleted.
 *
 * @throws CacheOperationError, when all that can be cleared is, if an engine failed.
 */
export const clearCache: CacheOperations["clearCache"] = operations.clearCache;

/**
 * Closes all caches. From then on their functions run as if they were not wrapped.
 *
 * @throws CacheOperationError, when all that can be closed is, if an engine failed.
 */
export const closeCaches: CacheOperations["closeCaches"] = operations.closeCaches;

/**
 * Invalidates everything that has one of the tags, in all caches of this process, and in the folders in which they keep
 * entries: no process serves it any more, not as stale values either, and loads under way will not put it back. It takes
 * the same time however many entries there are. In memory it is done as soon as this returns its promise. Caches that are
 * closed are not reached.
 *
 * @throws CacheOperationError, when all that can be done is, for what is no tag, and if a folder could not be written to;
 * this process does not serve what is in it then.
 *
 * @example
 * ```ts
 * import { acache, invalidateTags } from "twat-cache";
 * let price = 10;
 * const offer = acache(async (id: number) => ({ id, price }), { tags: ({ id }) => ["offers", `offer:${id}`] });
 * await offer(1);
 * price = 20;
 * console.log((await offer(1)).price); // => 10
 * await invalidateTags("offer:1");
 * console.log((await offer(1)).price); // => 20
 * ```
 */
export const invalidateTags: CacheOperations["invalidateTags"] = operations.invalidateTags;

/**
 * Invalidates everything that was made in one of these name spaces, those of blocks and those of functions; otherwise as
 * {@link invalidateTags}.
 *
 * @throws CacheOperationError as `invalidateTags` does.
 *
 * @example
 * ```ts
 * import { invalidateNamespaces, mcache } from "twat-cache";
 * let runs = 0;
 * const count = mcache(() => ++runs, { namespace: "tenant-1" });
 * count();
 * await invalidateNamespaces("tenant-1");
 * console.log(count()); // => 2
 * ```
 */
export const invalidateNamespaces: CacheOperations["invalidateNamespaces"] = operations.invalidateNamespaces;

/** Lists a cache of your own, so that statistics, `clearCache` and `closeCaches` reach it. It is held weakly. */
export const registerCache: CacheOperations["registerCache"] = operations.registerCache;

/** Takes a cache off the list; what it counted stays in the totals. Whether it was there. */
export const unregisterCache: CacheOperations["unregisterCache"] = operations.unregisterCache;

/**
 * What holds for a cache, option by option, and where each value comes from: the call, the world of `createCache`, the block around it, the
 * environment, the config file, `setDefaults`, or what is built in. The cache is given by its function, decorated method
 * or handle, or by its name; `undefined` for a name that nobody has. Before the first call it tells what would hold if that
 * came now; nothing is opened for it. Secrets are not shown.
 *
 * What a block says to the calls inside it (`bypass`, `refresh`, `ttl`, `namespace`, `scope`) changes no configuration.
 *
 * @throws ConfigurationError for what is not a cached function.
 *
 * @example
 * ```ts
 * import { getEffectiveConfig, mcache, setDefaults } from "twat-cache";
 * setDefaults({ ttl: "5m", maxSize: 50 });
 * const area = mcache((width: number, height: number) => width * height, { maxSize: 500 });
 * const { maxSize, ttl, policy } = getEffectiveConfig(area).options;
 * console.log(maxSize?.value, maxSize?.from); // => 500 option
 * console.log(ttl?.value, ttl?.from, policy?.from); // => 5m defaults built-in
 * ```
 */
export const getEffectiveConfig: GetEffectiveConfig = effectiveConfigIn(program.caches);
