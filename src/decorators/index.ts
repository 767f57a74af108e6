/** The decorators. */

export { acache } from "./acache.js";
export { type BatchFunction, type BatchOptions, batch, type ForMany, type ForOne } from "./batch.js";
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
export { createDecorators, type Decorators } from "./decorators.js";
export { type ExplanationOf, explain } from "./explain.js";
export { fcache } from "./fcache.js";
export { hybridCache } from "./hybrid.js";
export { mcache } from "./mcache.js";
export {
  type ConfigureForDisk,
  configureForImages,
  configureForJson,
  configureForNumpy,
  configureForPandas,
  configureForTabular,
  configureForType,
  configureForTypedArrays,
  type DiskOverrides,
  type DiskPreset,
  type HybridPreset,
  hybridCacheConfig,
  type MemoryPreset,
  type PlainType,
  type Preset,
  type PresetFor,
  smartCacheConfig,
} from "./presets.js";
export type { HybridCacheFunction, SmartCacheFunction } from "./routed.js";
export { smartCache } from "./smart.js";
export { ucache } from "./ucache.js";
