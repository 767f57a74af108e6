/** Options: what they may be, who has a say, and what comes of them. */

export { DEFAULT_MAX_SIZE } from "./built-in.js";
export { checkOptions, judgeOptions } from "./check.js";
export { replaceDefaults } from "./defaults.js";
export type { DiskConfig } from "./disk.js";
export { type EffectiveConfig, type EffectiveOption, effectiveConfig } from "./effective.js";
export { type DiskEngineName, engineNamed, isAlias, type MemoryEngineName } from "./engine-names.js";
export { checkedEnvironment, type Environment, environment } from "./env.js";
export type { Kept, LifetimeConfig, LoadingConfig, Negative, StaleConfig } from "./freshness.js";
export type { CallEvent, ErrorEvent, EvictEvent, Hooks, RemovalReason, SetEvent } from "./hooks.js";
export { show } from "./issue.js";
export { suggestion } from "./issues.js";
export { type LayerName, type Layers, layersOf } from "./layers.js";
export type { LockConfig, LockOptions, SharedLoadOptions } from "./lock.js";
export type {
  AsyncCacheOptions,
  BlockOptions,
  BreakerOptions,
  CacheConfig,
  CacheOptions,
  CloneMode,
  DiskCacheOptions,
  SyncDiskCacheOptions,
} from "./options.js";
export type { CompressOptions, PlaceOptions, RedisOptions } from "./place-options.js";
export { type BreakerConfig, type CheckedOptions, type ResolvedConfig, resolveConfig } from "./resolve.js";
export type {
  HybridCacheOptions,
  LargeOptions,
  SmallOptions,
  SmartCacheOptions,
  SyncHybridCacheOptions,
  SyncSmartCacheOptions,
} from "./routed-options.js";
export { type OptionSet, optionNames } from "./schema.js";
export type { FarTier, MemoryTier, MemoryTierOptions, NearTier, Tiers } from "./tiers.js";
