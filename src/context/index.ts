/** Caches for a stretch of a program. */

export type { BlockCache, BlockCached } from "./block-cache.js";
export { CacheContext, createEngineContext, type EngineContext, engineContext } from "./cache-context.js";
export type { SetOptions } from "./ground.js";
export { createGetOrCreateEngine, type GetOrCreateEngine, getOrCreateEngine } from "./shared-cache.js";
export type { SyncBlockCache, SyncBlockOptions } from "./sync-block-cache.js";
export {
  createWithCache,
  createWithCacheSync,
  type WithCache,
  type WithCacheSync,
  withCache,
  withCacheSync,
} from "./with-cache.js";
