/** The decorators. */

export { acache } from "./acache.js";
export { bcache } from "./bcache.js";
export { cacheOf, type HandleOf } from "./cache-of.js";
export type {
  AnyCacheFunction,
  AsyncCacheDecorator,
  AsyncCached,
  AsyncCacheFunction,
  CacheDecorator,
  Cached,
  CacheFunction,
  DiskCached,
  DiskCacheFunction,
  MemoryAsyncCacheOptions,
  Promised,
  PromisedCached,
} from "./cached.js";
export { fcache } from "./fcache.js";
export { mcache } from "./mcache.js";
export { ucache } from "./ucache.js";
