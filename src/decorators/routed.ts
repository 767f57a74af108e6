/** The types of decorators that choose the engine for each result. */

import type {
  HybridCacheOptions,
  SmartCacheOptions,
  SyncHybridCacheOptions,
  SyncSmartCacheOptions,
} from "../config/index.js";
import type { AsyncEngine } from "../contract/index.js";
import type { AnyFunction } from "../function.js";
import type { AsyncCacheDecorator, CacheDecorator, Cached, DecoratesAsynchronous, DiskCached } from "./cached.js";

/** The type of `hybridCache`. */
export interface HybridCacheFunction extends DecoratesAsynchronous {
  <F extends AnyFunction>(fn: F, options: SyncHybridCacheOptions<F>): Cached<F>;
  <F extends AnyFunction>(fn: F, options?: HybridCacheOptions<F>): DiskCached<F>;
  (options: SyncHybridCacheOptions): CacheDecorator;
  (options?: HybridCacheOptions): AsyncCacheDecorator<AsyncEngine>;
}

/** The type of `smartCache`. */
export interface SmartCacheFunction extends DecoratesAsynchronous {
  <F extends AnyFunction>(fn: F, options: SyncSmartCacheOptions<F>): Cached<F>;
  <F extends AnyFunction>(fn: F, options?: SmartCacheOptions<F>): DiskCached<F>;
  (options: SyncSmartCacheOptions): CacheDecorator;
  (options?: SmartCacheOptions): AsyncCacheDecorator<AsyncEngine>;
}
