/** The options of the memory decorators, as users write them. */

import type { Clock } from "../clock.js";
import type { AsyncEngine, SyncEngine } from "../contract/index.js";
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

/** Options of a block: those of its own cache, and what it says to the cached functions that are called inside it. */
export interface BlockOptions extends Omit<AsyncCacheOptions, "ttl" | "key" | "ignore" | "thisKey" | "scope" | "when"> {
  /** How long values live: those put into the block's cache, and those that calls inside store elsewhere. */
  ttl?: Duration;
  /** Calls inside run the function and leave the cache alone. Default: `false`. */
  bypass?: boolean;
  /** Calls inside run the function and replace what is cached. Default: `false`. */
  refresh?: boolean;
  /** Calls inside see and fill a key space of their own. */
  namespace?: string;
}
