/** The handle of a cached function: `fn.cache`. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { type Counters, type Statistics, summarize } from "../stats.js";

/** The figures of one cache at one moment. */
export interface CacheStatistics extends Statistics {
  readonly name: string;
  /** The engine in use; `undefined` before the first use. */
  readonly engine: string | undefined;
  /**
   * Entries that there are. `undefined` where nobody can say: before the first use, for a method with a cache for each
   * instance, and for engines that would have to be asked.
   */
  readonly size: number | undefined;
  /** Entries that there may be, in each cache of a method; `undefined` before the first use. */
  readonly maxSize: number | undefined;
}

/** What both kinds of handle have. */
interface Described<F extends AnyFunction> {
  /** The name in statistics and messages. */
  readonly name: string;
  /** The engine in use; asking for it chooses it. */
  readonly engine: string;
  /** The function as it was before it was wrapped. */
  readonly original: F;
  /**
   * The key of a call with these arguments, in the name space of the block around it.
   *
   * @throws CacheKeyError when no key can be made of them.
   */
  key(...args: Parameters<F>): Key;
  /** The figures of this cache; reading them changes nothing. */
  stats(): CacheStatistics;
}

/**
 * The handle of a function whose engine answers at once. Its arguments are the function's own.
 *
 * @typeParam V - What `set` takes: what the function returns and, where it is known to return promises, the bare value.
 */
export interface CacheHandle<F extends AnyFunction = AnyFunction, V = ReturnType<F>> extends Described<F> {
  /** Whether a call with these arguments would be a hit. */
  has(...args: Parameters<F>): boolean;
  /** The cached value; `undefined` also when there is none. Does not run the function, does not count. */
  peek(...args: Parameters<F>): Awaited<ReturnType<F>> | undefined;
  /**
   * Puts a value in, as if the function had returned it. A promise counts when it is fulfilled; calls meanwhile share it.
   *
   * @throws CacheValueError when the value cannot be kept, CacheOperationError when the engine failed.
   */
  set(args: Parameters<F>, value: V): void;
  /**
   * Removes the entry; a load under way will not put it back. Whether there was one.
   *
   * @throws CacheOperationError when the engine failed.
   */
  delete(...args: Parameters<F>): boolean;
  /** Runs the function and replaces the entry. When the function fails, the entry stays. */
  refresh(...args: Parameters<F>): ReturnType<F>;
  /**
   * Removes all entries; loads under way will not put any back.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void;
  /** Drops all entries. From now on, calls run the function as if it were not wrapped. */
  close(): void;
}

/** The handle of a function whose engine answers with promises; otherwise as {@link CacheHandle}. */
export interface AsyncCacheHandle<F extends AnyFunction = AnyFunction> extends Described<F> {
  /** Whether a call with these arguments would be a hit. */
  has(...args: Parameters<F>): Promise<boolean>;
  /** The cached value; `undefined` also when there is none. Does not run the function, does not count. */
  peek(...args: Parameters<F>): Promise<Awaited<ReturnType<F>> | undefined>;
  /** Puts a value in. Rejects when it is not certain that it is there. */
  set(args: Parameters<F>, value: Awaited<ReturnType<F>> | Promise<Awaited<ReturnType<F>>>): Promise<void>;
  /** Removes the entry. Rejects when it is not certain that it is gone; this process does not serve it then. */
  delete(...args: Parameters<F>): Promise<boolean>;
  /** Runs the function and replaces the entry. When the function fails, the entry stays. */
  refresh(...args: Parameters<F>): Promise<Awaited<ReturnType<F>>>;
  /**
   * Removes all entries, those of all instances. Rejects when it is not certain that they are gone; this process does not
   * serve them then. Rejects for one instance of many, whose entries lie among all others.
   */
  clear(): Promise<void>;
  /** Gives the store back. From now on, calls run the function as if it were not wrapped. */
  close(): Promise<void>;
}

/** The object that a handle is about; without one, the handle is about calls without `this`. */
export interface Bound {
  readonly self: unknown;
}

/** The error of an operation that is about one instance, where none was said. */
export function instanceNeeded(name: string): CacheOperationError {
  return new CacheOperationError(
    `"${name}" has a cache for each instance; say which one: cacheOf(instance, "${name}").`,
  );
}

/** Puts the figures of one cache together. */
export function statisticsOf(
  counters: Counters,
  about: Pick<CacheStatistics, "name" | "engine" | "size" | "maxSize">,
): CacheStatistics {
  return Object.freeze({ ...about, ...summarize(counters) });
}
