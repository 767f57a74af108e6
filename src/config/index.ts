/** Options: what they may be, and what comes of them. */

export { environment, isDisabled } from "./env.js";
export type { CallEvent, ErrorEvent, EvictEvent, Hooks, RemovalReason, SetEvent } from "./hooks.js";
export { show, suggestion } from "./issues.js";
export type { AsyncCacheOptions, BlockOptions, CacheOptions, CloneMode } from "./options.js";
export { type CheckedOptions, checkOptions, DEFAULT_MAX_SIZE, type ResolvedConfig, resolveConfig } from "./resolve.js";
