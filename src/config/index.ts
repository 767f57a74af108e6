/** Options: what they may be, and what comes of them. */

export type { DiskConfig } from "./disk.js";
export { environment, isDisabled } from "./env.js";
export type { CallEvent, ErrorEvent, EvictEvent, Hooks, RemovalReason, SetEvent } from "./hooks.js";
export { show, suggestion } from "./issues.js";
export type {
  AsyncCacheOptions,
  BlockOptions,
  CacheOptions,
  CloneMode,
  CompressOptions,
  DiskCacheOptions,
  MemoryTierOptions,
  PlaceOptions,
  SyncDiskCacheOptions,
} from "./options.js";
export { type CheckedOptions, checkOptions, DEFAULT_MAX_SIZE, type ResolvedConfig, resolveConfig } from "./resolve.js";
export type { OptionSet } from "./schema.js";
