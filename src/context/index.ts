/** Caches for a stretch of a program. */

export type { BlockCache, BlockCached } from "./block-cache.js";
export { CacheContext, engineContext } from "./cache-context.js";
export { getOrCreateEngine } from "./shared-cache.js";
export { withCache } from "./with-cache.js";
