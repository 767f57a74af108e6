/**
 * twat-cache: caches the results of functions. Start with {@link mcache}; the README shows the rest.
 *
 * @module
 */

export {
  type AllStatistics,
  type CacheReference,
  clearCache,
  closeCaches,
  getStats,
  listCaches,
  type RegisteredCache,
  type RegisteredStatistics,
  registerCache,
  unregisterCache,
} from "./caches/index.js";
export { type Clock, systemClock } from "./clock.js";
export type { Codec } from "./codec/index.js";
export type {
  AsyncCacheOptions,
  BlockOptions,
  CacheOptions,
  CallEvent,
  CloneMode,
  CompressOptions,
  DiskCacheOptions,
  ErrorEvent,
  EvictEvent,
  Hooks,
  MemoryTierOptions,
  PlaceOptions,
  RemovalReason,
  SetEvent,
  SyncDiskCacheOptions,
} from "./config/index.js";
export {
  type BlockCache,
  type BlockCached,
  CacheContext,
  engineContext,
  getOrCreateEngine,
  withCache,
} from "./context/index.js";
export type {
  AsyncEngine,
  AsyncStore,
  Availability,
  Capabilities,
  Compression,
  CompressionAlgorithm,
  DropReason,
  Engine,
  Place,
  StoreOptions,
  SyncEngine,
  SyncStore,
} from "./contract/index.js";
export {
  type AnyCacheFunction,
  type AsyncCacheDecorator,
  type AsyncCached,
  type AsyncCacheFunction,
  acache,
  bcache,
  type CacheDecorator,
  type Cached,
  type CacheFunction,
  cacheOf,
  type DiskCached,
  type DiskCacheFunction,
  fcache,
  type HandleOf,
  type MemoryAsyncCacheOptions,
  mcache,
  type Promised,
  type PromisedCached,
  ucache,
} from "./decorators/index.js";
export type { Entry } from "./entry.js";
export {
  CacheKeyError,
  CacheOperationError,
  CacheValueError,
  ConcurrencyError,
  ConfigurationError,
  type ConfigurationIssue,
  EngineError,
  EngineNotAvailableError,
  type ErrorCode,
  PathError,
  ResourceError,
  SerializationError,
  TwatCacheError,
} from "./errors.js";
export type { AnyFunction } from "./function.js";
export { cacheKey, type Key } from "./keys/index.js";
export { type CacheLogger, type LogLevel, setLogger } from "./logging.js";
export {
  clearCacheDir,
  ensureCacheDir,
  type FolderOptions,
  getCacheDir,
  getCachePath,
  validateCachePath,
} from "./paths/index.js";
export type { PolicyName } from "./policy/index.js";
export type { Bytes, Duration } from "./quantity.js";
export { registerType } from "./register-type.js";
export type { TypeConversion } from "./registered-type.js";
export {
  type EngineManager,
  getAvailableEngines,
  getEngineManager,
  isEngineAvailable,
  listEngines,
  registerEngine,
} from "./select/index.js";
export type { Statistics } from "./stats.js";
export type { AsyncCacheHandle, CacheHandle, CacheStatistics } from "./wrap/index.js";
