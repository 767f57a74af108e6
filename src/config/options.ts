/** The options of the decorators, as users write them. */

import type { Clock } from "../clock.js";
import type { AsyncEngine, Engine, KeyvStore, SyncEngine } from "../contract/index.js";
import type { AnyFunction } from "../function.js";
import type { PolicyName } from "../policy/index.js";
import type { Bytes, Duration } from "../quantity.js";
import type { Signal } from "../signal.js";
import type { DiskEngineName, MemoryEngineName } from "./engine-names.js";
import type { Hooks } from "./hooks.js";
import type { SharedLoadOptions } from "./lock.js";
import type { PlaceOptions } from "./place-options.js";

/** What a call was made with. */
type Args<F extends AnyFunction> = Readonly<Parameters<F>>;
/** What a cached function's value is: what it returns, or what its promise is fulfilled with. */
type Value<F extends AnyFunction> = Awaited<ReturnType<F>>;

/** How cached values are protected from the hands of callers. */
export type CloneMode = "none" | "structured" | "freeze";

/** When an engine that fails is left alone. */
export interface BreakerOptions {
  /** After so many failures in a row, timeouts among them. Default: 5. */
  threshold?: number;
  /** For so long at first. Default: `"1s"`. */
  pause?: Duration;
}

/** Options of `mcache` and `ucache`, and the ground of those of `acache`. All may be left out. */
export interface CacheOptions<F extends AnyFunction = AnyFunction> extends Hooks {
  /** The name in statistics and messages. Default: the function's name, with a number where it is taken. */
  name?: string;
  /** How many entries the cache may hold. Default: 1000. `Infinity`: any number. */
  maxSize?: number;
  /**
   * How many bytes the entries may add up to, by `sizeOf`: a number, or a string such as `"64MB"`. Default: no such bound.
   * The length of the keys counts too.
   */
  maxBytes?: Bytes;
  /** How many bytes a value counts as. Default: an estimate of what it holds in memory. Only with `maxBytes`. */
  sizeOf?(value: Value<F>): number;
  /**
   * How long a value may be served, from when its load settled: milliseconds, or a string such as `"30s"`, `"5m"`,
   * `"1h"`. Default, and `Infinity`: until evicted. `0`: not retained, but concurrent calls still share one load.
   * A function says it for each value. Exact to a turn of the event loop; see `clock`.
   */
  ttl?: Duration | ((value: Value<F>, args: Args<F>) => Duration);
  /**
   * When a value is over by the wall clock, whatever `ttl` says: a date, milliseconds since 1970, or a function that says it
   * for each value; `undefined`: never. Default: never. A value that is over already is not retained.
   */
  expiresAt?: Date | number | ((value: Value<F>, args: Args<F>) => Date | number | undefined);
  /**
   * A value is over when nobody has asked for it for this long; `ttl`, from when its load settled, stays the most. Only in
   * memory, since a hit never writes to a disk, and not together with stale values. Default: no such limit.
   */
  idle?: Duration;
  /**
   * Lifetimes are shortened at random by up to this part of them, from 0 to 1, so that what was stored together does not
   * expire together. Default: 0.
   */
  jitter?: number;
  /**
   * How long `undefined` and `null` live, in place of `ttl`; with `when`, the values of which that says `true`. Default:
   * as long as others.
   */
  negativeTtl?: Duration | { ttl: Duration; when(value: Value<F>, args: Args<F>): boolean };
  /**
   * How long an error is kept, and thrown again without running the function; with `when`, those errors of which that says
   * `true`. One that takes the place of a stale value is not. Default: no error is kept.
   */
  cacheErrors?: Duration | { ttl: Duration; when?(error: unknown, args: Args<F>): boolean };
  /** A value is kept only if its load took longer than this. Default: every value is. */
  minCost?: Duration;
  /**
   * For so long after a value has expired it is still served, at once, while one call in the background makes a new one.
   * Only for functions that return promises. Default: not at all.
   */
  staleWhileRevalidate?: Duration;
  /**
   * For so long after a value has expired it is served where the function fails, or takes longer than `softTimeout`; after
   * a failure the function is tried again when `backoff` is over, `"1s"` unless told otherwise. Default: not at all.
   */
  staleIfError?: Duration | { for: Duration; backoff?: Duration };
  /**
   * A value that has lived for this part of its lifetime, between 0 and 1, is still served, while one call in the
   * background makes a new one. Only for functions that return promises. Default: not at all.
   */
  refreshAhead?: number;
  /**
   * How long a call waits for the function where there is a stale value to serve in its place; the load goes on, and is
   * kept. Needs `staleIfError`. Only for functions that return promises. Default: as long as it takes.
   */
  softTimeout?: Duration;
  /**
   * How long a call waits for the function; then it is rejected with a `CacheTimeoutError`, or gets a stale value where
   * `staleIfError` has one. The load goes on, and is kept. Only for functions that return promises. Default: as long as
   * it takes.
   */
  hardTimeout?: Duration;
  /**
   * The signal that ends this caller's wait. Default: the first `AbortSignal` among the arguments. The function gets a
   * signal of its own in that place, or in that of a property `signal` of an argument, which is aborted when nobody waits
   * any more. Signals among the arguments are no part of the key.
   */
  signalOf?(args: Args<F>): Signal | undefined;
  /**
   * Whether a function that waits for its own result, by calling itself with the same arguments, directly or through other
   * cached functions, is found at that call, which is rejected with a `CacheCycleError`. Otherwise such a call never ends,
   * unless it comes before the function's first `await`. Needs AsyncLocalStorage, which before Node 24 makes each promise
   * of the program slower. Default: from Node 24 on, for async functions and those of decorators that return promises.
   */
  detectCycles?: boolean;
  /** Is given each load in the background, as a promise that never rejects: some hosts stop a program that is not told. */
  waitUntil?(background: Promise<void>): void;
  /**
   * Which entry leaves when the cache is full: `"lru"`, the one unused for longest; `"mru"`, the one used last; `"fifo"`, the
   * one added first; `"lifo"`, the one added last; `"lfu"`, the one used least; `"rr"`, any; `"ttl"`, the one that is soonest
   * to expire, and of those that never do, the one written first. The newcomer itself always stays. Default: `"lru"`.
   */
  policy?: PolicyName;
  /** The engine, by name or as an object. Default: the first of the decorator's chain that can do what is asked. */
  engine?: MemoryEngineName | (string & {}) | SyncEngine;
  /** Whether another engine may stand in for one that cannot be used here. Default: `true`. `false`: an error instead. */
  fallback?: boolean;
  /** What stands for the arguments in the key; anything that can be an argument. Called with the call's `this`. */
  key?(this: ThisParameterType<F>, ...args: Parameters<F>): unknown;
  /** Arguments that are left out of the key: their positions from 0, or a function that says so. */
  ignore?: readonly number[] | ((argument: unknown, position: number) => boolean);
  /** What stands for `this` in the key, instead of the very object. Implies `scope: "shared"`. */
  thisKey?(self: ThisParameterType<F>): unknown;
  /**
   * One cache for each object that the method is called on, or one for all of them. Default: `"instance"` for decorated
   * methods, `"shared"` for wrapped functions. In a shared cache `this` is part of the key, unless `key` or `thisKey`
   * says what is.
   */
  scope?: "instance" | "shared";
  /**
   * Whether callers may share the very object: `"none"` (default) gives all of them the same one, so that a change made
   * by one is seen by all; `"structured"` gives each an exact copy; `"freeze"` makes the object immutable.
   */
  clone?: CloneMode;
  /**
   * Tags of what is kept, by which it can be invalidated: see `invalidateTags`. A list, or a function that says them for
   * each value. Default: none. An error that is kept, of which such a function can say nothing, goes with any tag.
   */
  tags?: readonly string[] | ((value: Value<F>, ...args: Parameters<F>) => readonly string[]);
  /**
   * A name space: what is kept lies apart from what is kept in others, and can be invalidated together; see
   * `invalidateNamespaces`. That of a block around a call goes before it. Default: none.
   */
  namespace?: string;
  /**
   * How many of the last events of the cache are remembered for `fn.cache.trace()` and `fn.cache.explain()`: what was
   * stored, refused, removed and why, with keys and times, and no values. A whole number up to 10,000. Default: 0, none.
   */
  trace?: number;
  /** Whether a call with these arguments uses the cache at all. Default: every call. */
  when?(args: Args<F>): boolean;
  /** Whether a value is stored. Default: every value, `undefined` and `null` included. */
  shouldCache?(value: Value<F>, args: Args<F>): boolean;
  /**
   * How long all operations of an engine that answers with promises may take together in one call, before the call goes
   * on without it; more for large entries. Default: `"100ms"`. The first opening of an engine is not counted.
   */
  engineTimeout?: Duration;
  /**
   * When an engine that answers with promises is left alone: after `threshold` failures in a row, 5 unless told otherwise,
   * calls go on without it for a `pause`, `"1s"` unless told otherwise. Then one operation finds out whether it works; if
   * it does not, there is another pause, doubled up to 30 s while it does not answer in time. `delete`, `clear`, `expire`
   * and `set` of the handle are tried in any case. `false`: it is never left alone.
   */
  breaker?: false | BreakerOptions;
  /**
   * Where time comes from. Default: `"tick"`, the machine's clock, read at most a few times in a turn of the event loop.
   * `"exact"` reads it at every call. An object is for tests.
   */
  clock?: "tick" | "exact" | Clock;
}

/** Options of `acache`: the same, with engines whose stores answer with promises too. */
export interface AsyncCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<CacheOptions<F>, "engine">,
    SharedLoadOptions {
  /**
   * The engine, by name or as an object; or a store of Keyv, see {@link KeyvStore}. Named by anything but `"lru"`, `"map"`
   * (or another name of these) or a synchronous engine, it makes the operations of the handle return promises.
   */
  engine?: MemoryEngineName | (string & {}) | SyncEngine | AsyncEngine | KeyvStore;
}

/** Options of `bcache` and `fcache`: those of `mcache`, but for what makes no sense on disk, and what concerns the disk. */
export interface DiskCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<CacheOptions<F>, "engine" | "policy" | "sizeOf" | "idle">,
    PlaceOptions,
    SharedLoadOptions {
  /**
   * The engine, by name or as an object; or a store of Keyv, which keeps the entries in the place of a folder: a `Keyv`, or
   * an adapter for one. Default: the first of the decorator's chain that can be used here. With `sync: true` only engines
   * whose stores answer at once.
   */
  engine?:
    | DiskEngineName
    | "redis"
    | "better-sqlite3"
    | "node-sqlite"
    | MemoryEngineName
    | (string & {})
    | Engine
    | KeyvStore;
  /** How many entries there may be. Default: any number, as long as they are within `maxBytes`. */
  maxSize?: number;
  /** How many bytes the entries may take on disk. Default: `"1GB"`. */
  maxBytes?: Bytes;
  /** On disk, entries leave in the order of their last write, since a hit never writes. */
  policy?: "fifo";
  /** The function returns promises; see {@link SyncDiskCacheOptions}. */
  sync?: false;
  /** `false`: files even for `bcache`. Default: `true`. */
  useSql?: boolean;
}

/** Options of `bcache` and `fcache` for a function that stays as it is, on an engine that answers at once. */
export interface SyncDiskCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<DiskCacheOptions<F>, "sync" | "memory" | "tiers" | "lock" | "engine"> {
  sync: true;
  /** The engine, by name or as an object. Default: the first that can be used here. Others stay synchronous in memory. */
  engine?: "better-sqlite3" | "node-sqlite" | MemoryEngineName | (string & {}) | Engine;
}

/** Options of every kind, of which each decorator takes those that it has: see `createCacheConfig`. */
export interface CacheConfig<F extends AnyFunction = AnyFunction>
  extends Omit<CacheOptions<F>, "engine">,
    PlaceOptions,
    SharedLoadOptions {
  /** The engine, by name or as an object; or a store of Keyv. Default: the first of the decorator's chain. */
  engine?: NonNullable<DiskCacheOptions["engine"]>;
  /** For `bcache`, `fcache` and `ucache`: whether the function stays synchronous. Default: `false`. */
  sync?: boolean;
  /** For the same: a database, or files. Default: the decorator's. */
  useSql?: boolean;
}

/** Options about the calls of a function. */
type LoadOption =
  | "minCost"
  | "cacheErrors"
  | "staleWhileRevalidate"
  | "staleIfError"
  | "refreshAhead"
  | "softTimeout"
  | "hardTimeout"
  | "detectCycles"
  | "waitUntil"
  | "signalOf"
  | "lock"
  | "tags"
  | "trace";

/** Options of a block: those of its own cache, and what it says to the cached functions that are called inside it. */
export interface BlockOptions
  extends Omit<AsyncCacheOptions, LoadOption | "ttl" | "key" | "ignore" | "thisKey" | "scope" | "when">,
    PlaceOptions {
  /** How long values live: those put into the block's cache, and those that calls inside store elsewhere. */
  ttl?: Duration;
  /** Calls inside run the function and leave the cache alone. Default: `false`. */
  bypass?: boolean;
  /** Calls inside run the function and replace what is cached. Default: `false`. */
  refresh?: boolean;
  /**
   * Calls inside see and fill a key space of their own, which lies in that of the blocks around; see
   * `invalidateNamespaces`. The block's cache lies there too.
   */
  namespace?: string;
  /**
   * `"request"`: cached functions that are called inside use caches that live as long as the block, in memory, and neither
   * read nor fill those that they share with others. Default: their own caches, or those of the request around.
   */
  scope?: "request";
}
