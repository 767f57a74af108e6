/** The work: a function, a store, a key, a clock and counters become a cached function. */

export { admit, stillMakes } from "./admit.js";
export { AsyncCache } from "./async.js";
export { AsyncHandle } from "./async-handle.js";
export { AsyncCacheSet, type AsyncOpening, createAsyncWrapper } from "./async-set.js";
export { CacheSet, type Opening } from "./cache-set.js";
export { Guard } from "./guard.js";
export { type AsyncCacheHandle, type CacheHandle, type CacheStatistics, statisticsOf } from "./handle.js";
export { createKeyer } from "./keyer.js";
export { type Call, maxSizeOf, type Plan, type Subject, storeOptionsFor } from "./plan.js";
export { refuseUncacheable } from "./refuse.js";
export { SyncHandle } from "./sync-handle.js";
export { verifyStore } from "./verified.js";
export { createWrapper } from "./wrapper.js";
