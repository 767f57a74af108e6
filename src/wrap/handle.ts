/** The handle of a cached function: `fn.cache`. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { type Counters, type Statistics, summarize } from "../stats.js";
import type { Explanation } from "./explanation.js";
import type { TraceEvent } from "./trace.js";
import type { WarmOptions, WarmResult } from "./warm.js";

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

/** Lists of arguments, one for each call. */
export type ArgumentLists<F extends AnyFunction> = Iterable<Readonly<Parameters<F>>>;

/**
 * What calls give together whose results are of type `R`: an array, for promises a promise of one, and for what may be
 * either, either.
 */
export type Many<R> = unknown extends R
  ? Awaited<R>[] | Promise<Awaited<R>[]>
  : [Extract<R, PromiseLike<unknown>>] extends [never]
    ? R[]
    : [Exclude<R, PromiseLike<unknown>>] extends [never]
      ? Promise<Awaited<R>[]>
      : Exclude<R, PromiseLike<unknown>>[] | Promise<Awaited<R>[]>;

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
  /**
   * The last events of this cache, the oldest first: what was stored, refused and removed, when, and by what. As many as
   * the option `trace` says; none without it. No values; keys as people read them, or, of long ones, as a digest.
   *
   * @throws CacheOperationError for a method with a cache for each instance, where none was said.
   */
  trace(): readonly TraceEvent[];
  /**
   * Fills the cache for these arguments, with a bounded number of calls at a time (10 unless `concurrency` says
   * otherwise). What is fresh is skipped, unless a block around says `refresh`; a stale value is not: it is made anew.
   * A load that is under way is shared. Resolves to what was done, and does not reject when the function fails. The calls
   * that run count as misses; asking for what is fresh does not count.
   *
   * @throws CacheOperationError for what is no list of lists, ConfigurationError for a `concurrency` that cannot work;
   * both as rejections.
   *
   * @example
   * ```ts
   * import { acache } from "twat-cache";
   * const user = acache(async (id: number) => {
   *   if (id === 3) throw new Error("no such user");
   *   return { id };
   * });
   * await user(1);
   * const { loaded, skipped, failed } = await user.cache.warm([[1], [2], [3]], { concurrency: 2 });
   * console.log(loaded, skipped, failed); // => 1 1 1
   * ```
   */
  warm(lists: ArgumentLists<F>, options?: WarmOptions): Promise<WarmResult>;
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
   * What a call with these arguments would do now, and why: the key, the engine, what there is in each tier, and, for a
   * miss, the reason. It runs no function but those given as the options `key`, `ignore`, `thisKey` and `when`; it counts
   * nothing, tells no hook, and leaves all entries, and the order in which they leave, as they are. A failing engine is
   * said to be one. With the option `trace` it knows more of what is not there.
   *
   * @throws CacheOperationError for a method with a cache for each instance, where none was said.
   *
   * @example
   * ```ts
   * import { mcache } from "twat-cache";
   * const square = mcache((n: number) => n * n, { trace: 100 });
   * square(3);
   * square.cache.delete(3);
   * const { outcome, why } = square.cache.explain(3);
   * console.log(outcome, why); // => miss It was removed by delete.
   * ```
   */
  explain(...args: Parameters<F>): Explanation;
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
  /**
   * Ends the time in which the entry is fresh: the next call makes a new value. The entry stays where `staleIfError` or
   * `staleWhileRevalidate` has a use for it, and is removed otherwise; a load under way will not be stored. Whether there
   * was one.
   *
   * @throws CacheOperationError when the engine failed.
   */
  expire(...args: Parameters<F>): boolean;
  /** Runs the function and replaces the entry. When the function fails, the entry stays. */
  refresh(...args: Parameters<F>): ReturnType<F>;
  /**
   * Calls the function for each list of arguments, all at once, and gives what the calls give, in the order of the lists:
   * hits come from the cache, others run the function, once for calls of one key that may share a load. For a function
   * that returns promises this is one promise, which rejects with the first error; the other calls go on, and are kept.
   * Otherwise it is an array; the first error is thrown, and what came before it is kept.
   *
   * A function that returns promises without being written with `async` is known by what it returns; for an empty list,
   * `mcache` of such a function gives an array, and no promise of one. Use `await`.
   *
   * @throws CacheOperationError for what is no list of lists.
   *
   * @example
   * ```ts
   * import { mcache } from "twat-cache";
   * let runs = 0;
   * const square = mcache((n: number) => {
   *   runs += 1;
   *   return n * n;
   * });
   * console.log(square.cache.many([[2], [3], [2]]).join(), runs); // => 4,9,4 2
   * ```
   */
  many(lists: ArgumentLists<F>): Many<ReturnType<F>>;
  /**
   * Removes all entries; loads under way will not put any back.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void;
  /**
   * Invalidates all entries of this function that have one of the tags, those of all instances: they are not served any
   * more, not as stale values either, and loads under way will not put any back. Takes the same time however many there are.
   *
   * @throws CacheOperationError when it is not certain that it is done; the entries are not served by this process then.
   */
  invalidateTags(...tags: string[]): void;
  /** Drops all entries. From now on, calls run the function as if it were not wrapped. */
  close(): void;
}

/** The handle of a function whose engine answers with promises; otherwise as {@link CacheHandle}. */
export interface AsyncCacheHandle<F extends AnyFunction = AnyFunction> extends Described<F> {
  /** Whether a call with these arguments would be a hit. */
  has(...args: Parameters<F>): Promise<boolean>;
  /** The cached value; `undefined` also when there is none. Does not run the function, does not count. */
  peek(...args: Parameters<F>): Promise<Awaited<ReturnType<F>> | undefined>;
  /** What a call with these arguments would do now, and why; see {@link CacheHandle.explain}. Opens the store. */
  explain(...args: Parameters<F>): Promise<Explanation>;
  /** Puts a value in. Rejects when it is not certain that it is there. */
  set(args: Parameters<F>, value: Awaited<ReturnType<F>> | Promise<Awaited<ReturnType<F>>>): Promise<void>;
  /** Removes the entry. Rejects when it is not certain that it is gone; this process does not serve it then. */
  delete(...args: Parameters<F>): Promise<boolean>;
  /** Ends the time in which the entry is fresh; see {@link CacheHandle.expire}. Rejects when that is not certain. */
  expire(...args: Parameters<F>): Promise<boolean>;
  /** Runs the function and replaces the entry. When the function fails, the entry stays. */
  refresh(...args: Parameters<F>): Promise<Awaited<ReturnType<F>>>;
  /** Calls the function for each list of arguments; see {@link CacheHandle.many}. Rejects with the first error. */
  many(lists: ArgumentLists<F>): Promise<Awaited<ReturnType<F>>[]>;
  /**
   * Removes all entries, those of all instances. Rejects when it is not certain that they are gone; this process does not
   * serve them then. Rejects for one instance of many, whose entries lie among all others.
   */
  clear(): Promise<void>;
  /** Invalidates all entries of this function that have one of the tags; see {@link CacheHandle.invalidateTags}. */
  invalidateTags(...tags: string[]): Promise<void>;
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
