/** The options of the decorators, as users write them. */

import type { Clock } from "../clock.js";
import type { Codec } from "../codec/index.js";
import type { AsyncEngine, CompressionAlgorithm, Engine, SyncEngine } from "../contract/index.js";
import type { AnyFunction } from "../function.js";
import type { PolicyName } from "../policy/index.js";
import type { Bytes, Duration } from "../quantity.js";
import type { Hooks } from "./hooks.js";

/** What a call was made with. */
type Args<F extends AnyFunction> = Readonly<Parameters<F>>;
/** What a cached function's value is: what it returns, or what its promise is fulfilled with. */
type Value<F extends AnyFunction> = Awaited<ReturnType<F>>;

/** How cached values are protected from the hands of callers. */
export type CloneMode = "none" | "structured" | "freeze";

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
  /** Which entry leaves when the cache is full. Default: `"lru"`. */
  policy?: PolicyName;
  /** The engine, by name or as an object. Default: the first of the decorator's chain that can do what is asked. */
  engine?: "lru" | "map" | (string & {}) | SyncEngine;
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
   * Where time comes from. Default: `"tick"`, the machine's clock, read at most a few times in a turn of the event loop.
   * `"exact"` reads it at every call. An object is for tests.
   */
  clock?: "tick" | "exact" | Clock;
}

/** Options of `acache`: the same, with engines whose stores answer with promises too. */
export interface AsyncCacheOptions<F extends AnyFunction = AnyFunction> extends Omit<CacheOptions<F>, "engine"> {
  /**
   * The engine, by name or as an object. Named by anything but `"lru"`, `"map"` or a synchronous engine, it makes the
   * operations of the handle return promises.
   */
  engine?: "lru" | "map" | (string & {}) | SyncEngine | AsyncEngine;
}

/** How values are made smaller on their way to disk. */
export interface CompressOptions {
  /** Default: `"gzip"`. `"zstd"` only where Node has it: 22.15 and later, 23.8 and later. */
  algorithm?: CompressionAlgorithm;
  /** The algorithm's own level. Default: gzip 6, brotli 5, zstd 3. */
  level?: number;
  /** Values that take fewer bytes are kept as they are. Default: `"1KB"`. */
  minSize?: Bytes;
}

/** A memory in front of the disk. */
export interface MemoryTierOptions {
  /** How many entries it may hold. Default: 1000. */
  maxSize?: number;
  /** How long it serves an entry before it looks at the disk again. Default: `"5s"`. */
  ttl?: Duration;
}

/** What is kept on disk, where, and how. */
export interface PlaceOptions {
  /**
   * The folder for the entries: one segment of a path. Default: one of the program's own, named after its package and
   * where that lies.
   */
  folderName?: string;
  /** The directory that the folder is in. Default: `TWAT_CACHE_DIR`, or the platform's directory for caches. */
  cacheDir?: string;
  /** Whether values are compressed, and how. Default: `false`. */
  compress?: boolean | CompressOptions;
  /** Whether the folder is for this user alone: 0700, its files 0600. Default: `true`. */
  secure?: boolean;
  /**
   * Entries are signed with this, and others are not believed: a text of 16 or more characters, or as many bytes. Default:
   * entries are protected against damage, not against forgery.
   */
  secret?: string | Uint8Array;
  /** Entries are encrypted with this: 32 bytes, or a text of 64 hexadecimal digits. Default: they are not. */
  encryptionKey?: string | Uint8Array;
  /**
   * How values become bytes: `"exact"` (default) keeps them exactly, `"json"` as text that other programs read, refusing
   * what that cannot keep; or a codec of your own.
   */
  codec?: "exact" | "json" | Codec;
  /** Each value is read back before it is kept, and refused if it is not the same. Default: only if NODE_ENV is "development". */
  verifyRoundTrip?: boolean;
  /**
   * Stands for the function's code: while it stays the same, results made by earlier code are served. Default: the
   * function's source, so that changed code makes new results.
   */
  version?: string | number;
  /** Values besides the arguments that the results depend on, such as captured variables. Default: none. */
  deps?: readonly unknown[];
  /** A memory in front of the disk. Default: `false`. */
  memory?: boolean | MemoryTierOptions;
}

/** Options of `bcache` and `fcache`: those of `mcache`, but for what makes no sense on disk, and what concerns the disk. */
export interface DiskCacheOptions<F extends AnyFunction = AnyFunction>
  extends Omit<CacheOptions<F>, "engine" | "policy" | "sizeOf">,
    PlaceOptions {
  /**
   * The engine, by name or as an object. Default: the first of the decorator's chain that can be used here. Only engines
   * whose stores answer at once with `sync: true`.
   */
  engine?: "sqlite" | "file" | "better-sqlite3" | "node-sqlite" | "lru" | "map" | (string & {}) | Engine;
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
  extends Omit<DiskCacheOptions<F>, "sync" | "memory"> {
  sync: true;
}

/** Options of a block: those of its own cache, and what it says to the cached functions that are called inside it. */
export interface BlockOptions
  extends Omit<AsyncCacheOptions, "ttl" | "key" | "ignore" | "thisKey" | "scope" | "when">,
    PlaceOptions {
  /** How long values live: those put into the block's cache, and those that calls inside store elsewhere. */
  ttl?: Duration;
  /** Calls inside run the function and leave the cache alone. Default: `false`. */
  bypass?: boolean;
  /** Calls inside run the function and replace what is cached. Default: `false`. */
  refresh?: boolean;
  /** Calls inside see and fill a key space of their own. */
  namespace?: string;
}
