/** The decorators. */

export { acache } from "./acache.js";
export { cacheOf, type HandleOf } from "./cache-of.js";
export type {
  AsyncCacheDecorator,
  AsyncCached,
  AsyncCacheFunction,
  CacheDecorator,
  Cached,
  CacheFunction,
  MemoryAsyncCacheOptions,
  Promised,
  PromisedCached,
} from "./cached.js";
export { mcache } from "./mcache.js";
export { ucache } from "./ucache.js";
