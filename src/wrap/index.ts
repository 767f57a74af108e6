/** The work: a function, a store, a key, a clock and counters become a cached function. */

export { admit, keyIn, namespaceOf, spaceOf, stillMakes } from "./admit.js";
export { AsyncCache } from "./async.js";
export { AsyncHandle } from "./async-handle.js";
export { AsyncCacheSet, type AsyncOpening, createAsyncWrapper } from "./async-set.js";
export { CacheSet, type Opening } from "./cache-set.js";
export { followsTasks } from "./cycles.js";
export type {
  ExplainedEngine,
  ExplainedHit,
  ExplainedKey,
  ExplainedMiss,
  ExplainedStale,
  ExplainedTier,
  ExplainedUncached,
  Explanation,
  MissReason,
  SkippedEngine,
  UncachedReason,
} from "./explanation.js";
export { Guard } from "./guard.js";
export {
  type ArgumentLists,
  type AsyncCacheHandle,
  type CacheHandle,
  type CacheStatistics,
  type Many,
  statisticsOf,
} from "./handle.js";
export { createKeyer } from "./keyer.js";
export { type Call, maxSizeOf, type Plan, type Subject, storeOptionsFor } from "./plan.js";
export { refuseUncacheable } from "./refuse.js";
export { SyncCache } from "./sync.js";
export { SyncHandle } from "./sync-handle.js";
export { Trace, type TraceCause, type TraceEvent, type TraceEventName } from "./trace.js";
export { verifyStore } from "./verified.js";
export type { WarmOptions, WarmProgress, WarmResult } from "./warm.js";
export { createWrapper } from "./wrapper.js";
