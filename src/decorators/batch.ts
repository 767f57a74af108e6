/** `batch`: a function for many, called for one. */

import { program, type World } from "../caches/index.js";
import { type AsyncCacheOptions, type DiskCacheOptions, show } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import { mimic } from "../function.js";
import { refuseUncacheable } from "../wrap/index.js";
import type {
  AskingForDisk,
  AsyncCached,
  DiskCached,
  EngineChoice,
  MemoryAsyncCacheOptions,
  PromisedCached,
} from "./cached.js";
import { Collector } from "./collector.js";
import { inMemory } from "./recipe.js";
import { wrapFunction } from "./wrap-function.js";

/** How many arguments a batch has at most, unless told otherwise. */
const MAX_BATCH = 1_000;

/** Options of `batch` besides those of the cache. */
export interface BatchOptions {
  /**
   * How many arguments the function gets at most in one call; more of them are split, and the calls run at the same time.
   * A whole number from 1, or `Infinity`. Default: 1000.
   */
  maxBatch?: number;
}

/**
 * A function for many: it is given a list of arguments, and gives a list of as many results in their order. An `Error` in
 * the place of a result is the failure of that one argument.
 */
export type ForMany<A, R> = (items: A[]) => readonly R[] | PromiseLike<readonly R[]>;

/** What `batch` makes of a function for many, but for its cache: a function for one. */
export type ForOne<A, R> = (item: A) => Promise<Exclude<Awaited<R>, Error>>;

/** The type of `batch`. */
export interface BatchFunction {
  <A, R>(
    fn: ForMany<A, R>,
    options: DiskCacheOptions<ForOne<A, R>> & AskingForDisk & BatchOptions,
  ): DiskCached<ForOne<A, R>>;
  <A, R>(
    fn: ForMany<A, R>,
    options?: MemoryAsyncCacheOptions<ForOne<A, R>> & BatchOptions,
  ): PromisedCached<ForOne<A, R>>;
  <A, R, E extends EngineChoice>(
    fn: ForMany<A, R>,
    options: AsyncCacheOptions<ForOne<A, R>> & BatchOptions & { engine?: E },
  ): AsyncCached<ForOne<A, R>, E>;
  <A, R>(
    fn: ForMany<A, R>,
    options: AsyncCacheOptions<ForOne<A, R>> & BatchOptions,
  ): AsyncCached<ForOne<A, R>, EngineChoice>;
}

/** The same for caches that belong to a world. */
export function createBatch(world: World): BatchFunction {
  return (forMany: ForMany<never, unknown>, options: object = {}): never => {
    const label = `batch(${forMany?.name || "function"})`;
    refuseUncacheable(forMany, label);
    const { rest, maxBatch } = separate(options, label);
    const collector = new Collector(forMany as ForMany<unknown, unknown>, { label, maxBatch });
    const forOne = (item: unknown): Promise<unknown> => collector.ask(item);
    mimic(forOne, forMany);
    const target = {
      fn: forOne,
      isMethod: false,
      name: forMany.name,
      label,
      source: forMany,
      lookingUp: () => collector.lookingUp(),
    };
    const recipe = { ...inMemory, name: "batch", options: "disk", promises: "always" } as const;
    return wrapFunction(recipe, target, rest, world) as never;
  };
}

/**
 * Makes a function for one of a function for many, with a cache as that of `acache`, and the same options: calls that are
 * made together and find nothing in the cache become one call of the function, for as many arguments as there are
 * different keys.
 *
 * A batch has what is asked for until all promise jobs of the moment are done; on an engine that answers with promises it
 * waits for the lookups that are under way, so that what was asked for together stays together. The calls of a block
 * (`withCache`) and those outside of it are different batches. More arguments than `maxBatch` (1000) are split.
 *
 * The function gets a list of arguments, each as it was when it was asked for, in no order that is promised, and has to
 * give a list of as many results in the order of the arguments, or a promise of one. An instance of `Error` in that list
 * rejects the calls for that argument alone, and is not kept; everything else is. What the function throws or rejects
 * with, the calls of the batch reject with. Whatever it gives besides is a `CacheOperationError` for all of them.
 *
 * On disk the results are known by the source of the function for many, or by `version`.
 *
 * @throws ConfigurationError for what cannot be cached, for options that cannot work, and, on disk, for a function that
 * has no name to be found by.
 *
 * @example
 * ```ts
 * import { batch } from "twat-cache";
 * const calls: number[][] = [];
 * const user = batch(
 *   async (ids: readonly number[]) => {
 *     calls.push([...ids]);
 *     return ids.map((id) => (id > 0 ? { id, name: `user ${id}` } : new Error("no such user")));
 *   },
 *   { ttl: "5m" },
 * );
 * const [one, two] = await Promise.all([user(1), user(2), user(1)]);
 * console.log(one.name, two.name, calls.length); // => user 1 user 2 1
 * await user.cache.many([[1], [3], [4]]);
 * console.log(calls.join(" and ")); // => 1,2 and 3,4
 * console.log(await user(-1).catch((error: Error) => error.message)); // => no such user
 * ```
 */
export const batch: BatchFunction = createBatch(program);

/** What is for the batches, and what is for the cache, which judges its options itself. */
function separate(options: BatchOptions, label: string): { rest: object; maxBatch: number } {
  if (typeof options !== "object" || options === null) return { rest: options, maxBatch: MAX_BATCH };
  const { maxBatch = MAX_BATCH, ...rest } = options;
  if (maxBatch === Number.POSITIVE_INFINITY || (Number.isSafeInteger(maxBatch) && maxBatch >= 1)) {
    return { rest, maxBatch };
  }
  const problem = { option: "maxBatch", expected: "a whole number from 1, or Infinity", received: show(maxBatch) };
  throw new ConfigurationError(`${label}:\n  maxBatch: expected ${problem.expected}; got ${problem.received}`, [
    problem,
  ]);
}
