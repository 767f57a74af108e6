/** Options of caches that keep small results in memory and others on disk. */

import type { AnyFunction } from "../function.js";
import type { Bytes, Duration } from "../quantity.js";
import type { MemoryEngineName } from "./engine-names.js";
import type { DiskCacheOptions } from "./options.js";

/** The memory in which small results are kept. */
export interface SmallOptions {
  /** Default: `"lru"`. */
  engine?: MemoryEngineName;
  /** How many results it may hold. Default: 1000. */
  maxSize?: number;
  /** How many bytes they may add up to, by {@link estimateBytes}. Default: `"64MB"`. */
  maxBytes?: Bytes;
  /** How long small results live, in place of the option `ttl` of the cache. Default: as that says. */
  ttl?: Duration;
}

/** Where large results are kept, and how: goes before what the cache's own options say of that. */
export type LargeOptions = Pick<
  DiskCacheOptions,
  | "engine"
  | "folderName"
  | "cacheDir"
  | "redis"
  | "compress"
  | "secure"
  | "secret"
  | "encryptionKey"
  | "codec"
  | "verifyRoundTrip"
  | "maxSize"
  | "maxBytes"
  | "useSql"
> & {
  /** How long large results live. Default: as the option `ttl` of the cache says. */
  ttl?: Duration;
};

/** Options about what is in front of a disk, which is settled here. */
type InFront = "memory" | "tiers";

/** Options of `hybridCache`. */
export interface HybridCacheOptions<F extends AnyFunction = AnyFunction> extends Omit<DiskCacheOptions<F>, InFront> {
  /** Results of more bytes than this, by {@link estimateBytes}, are large. Default: `"1MB"`. */
  threshold?: Bytes;
  /** Another name for `threshold`. */
  sizeThreshold?: Bytes;
  /** The memory for small results. */
  small?: SmallOptions;
  /** Where large results are kept. */
  large?: LargeOptions;
}

/** The same for a function that stays as it is. */
export interface SyncHybridCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<HybridCacheOptions<F>, "sync" | "lock"> {
  sync: true;
}

/** Options of `smartCache`. */
export interface SmartCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<DiskCacheOptions<F>, InFront | "engine" | "redis" | "useSql"> {
  /** The memory for small results. */
  small?: SmallOptions;
  /**
   * How long results have to last. `"session"` and `"long_term"`: none is in memory alone, so that all are found by the
   * next run. `"ephemeral"`: all are in memory. Default: as long as suits their size.
   */
  persistence?: "ephemeral" | "session" | "long_term";
  /** Who uses results at the same time. `"multi_process"`: none is in memory alone. Default: nobody else needs to. */
  concurrency?: "single_thread" | "multi_thread" | "multi_process";
}

/** The same for a function that stays as it is. */
export interface SyncSmartCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<SmartCacheOptions<F>, "sync" | "lock"> {
  sync: true;
}
