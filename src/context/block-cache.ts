/// <reference lib="esnext.disposable" preserve="true" />

/** A cache with keys and values instead of a function: what a block hands out. */

import { program, type RegisteredCache, type World } from "../caches/index.js";
import { type BlockOptions, checkOptions } from "../config/index.js";
import { withEngine } from "../engines/index.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { asksForServer, DISK_CHAIN, MEMORY_CHAIN, SERVER_CHAIN, selectAsync } from "../select/index.js";
import { AsyncCache, type CacheStatistics, storeOptionsFor } from "../wrap/index.js";
import { Ground, listOf, pairsOf, type SetOptions } from "./ground.js";

/** A wrapped function inside a block: it always returns a promise. */
export type BlockCached<F extends AnyFunction> = (
  this: ThisParameterType<F>,
  ...args: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>;

/**
 * A cache with keys and values. Any value can be a key, told apart as arguments are. All operations return promises,
 * since the engine may need time; none of them but `set`, `delete`, `clear`, `keys` and `close` rejects for the engine's
 * sake. `withCacheSync` hands out a {@link SyncBlockCache}, which is the same without promises.
 */
export class BlockCache {
  readonly #ground: Ground;
  readonly #open: () => AsyncCache;
  /** Opened at the first use: a block may be there for what it says, and never use its cache. */
  #opened: AsyncCache | undefined;
  readonly #engine: () => string;
  readonly #isLast: () => boolean;
  /** What the registry sees, whose `close` does not ask who else uses the cache. */
  readonly #listed: RegisteredCache;
  #close: Promise<void> | undefined;

  /**
   * @param isLast - Whether a call of `close` comes from the last one who uses the cache. Default: it does.
   * @throws ConfigurationError for options that cannot work; EngineError for an engine that does not exist.
   */
  constructor(options: BlockOptions, world: World = program, isLast: () => boolean = () => true) {
    this.#isLast = isLast;
    const checked = withEngine(checkOptions("block", options, "withCache"));
    const ground = new Ground(world, checked);
    const chain = asksForServer(checked) ? SERVER_CHAIN : DISK_CHAIN;
    const selection = selectAsync(ground.plan.config, ground.isPersistent ? chain : MEMORY_CHAIN, world);
    this.#ground = ground;
    this.#engine = () => selection.engine();
    this.#open = () => new AsyncCache(ground.plan, selection.open(storeOptionsFor(ground.plan)));
    this.#listed = {
      name: this.name,
      stats: () => this.stats(),
      clear: () => this.clear(),
      close: () => this.#shut(),
    };
    ground.list(this.#listed, () => this.closed);
  }

  /** The name in statistics and messages. */
  get name(): string {
    return this.#ground.name;
  }

  /** The engine in use; the one asked for, while it is not open yet. */
  get engine(): string {
    return this.#engine();
  }

  /** The value of a key; `undefined` also when there is none. */
  async get(key: unknown): Promise<unknown> {
    return this.#isOff ? undefined : (await this.#cache.find(this.#ground.keyOf(key)))?.value;
  }

  /** The values of several keys, in their order; `undefined` where there is none. */
  async getMany(keys: Iterable<unknown>): Promise<unknown[]> {
    return Promise.all(listOf("getMany", keys).map((key) => this.get(key)));
  }

  /**
   * Puts a value in.
   *
   * @param options - `ttl`: how long it lives; default: the block's.
   * @throws CacheValueError when it cannot be kept, CacheOperationError when it is not certain that it is there.
   */
  async set(key: unknown, value: unknown, options?: SetOptions): Promise<void> {
    const call = this.#ground.callOf(key, options);
    if (!this.#isOff) await this.#cache.set(call, value);
  }

  /**
   * Puts several values in: pairs of a key and a value, as in a `Map`. When one fails, the others are there all the same.
   *
   * @throws The first error, as `set` throws it, when all are done; CacheOperationError for what are no pairs.
   */
  async setMany(entries: Iterable<readonly [unknown, unknown]>, options?: SetOptions): Promise<void> {
    const outcomes = await Promise.allSettled(pairsOf(entries).map(([key, value]) => this.set(key, value, options)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Whether there is a value. */
  async has(key: unknown): Promise<boolean> {
    return !this.#isOff && this.#cache.has(this.#ground.keyOf(key));
  }

  /**
   * Removes a value; whether there was one.
   *
   * @throws CacheOperationError when it is not certain that it is gone.
   */
  async delete(key: unknown): Promise<boolean> {
    return !this.#isOff && this.#cache.delete(this.#ground.keyOf(key));
  }

  /**
   * Removes all values.
   *
   * @throws CacheOperationError when it is not certain that they are gone.
   */
  async clear(): Promise<void> {
    if (!this.#isOff) await this.#cache.clear();
  }

  /**
   * The keys under which there are values, those of values among them that have expired and were not asked for since. A
   * text or a number is itself; anything else is the text that stands for it, as `fn.cache.key` gives it.
   *
   * @throws CacheOperationError when the engine failed, or cannot name its entries, as those on servers.
   */
  async keys(): Promise<readonly Key[]> {
    if (this.#isOff) return [];
    const keys = await this.#cache.keys();
    return this.#ground.keysAmong(keys, this.engine);
  }

  /** The value of a key; the one that the function gives, and that is kept, when there is none. */
  async getOrSet<T>(key: unknown, load: () => T | Promise<T>): Promise<T> {
    if (this.#isOff) return load();
    return this.#cache.call({ ...this.#ground.callOf(key), args: [], fn: load }) as Promise<T>;
  }

  /**
   * A function whose results are kept in this cache, apart from those of other functions.
   *
   * @throws ConfigurationError for what is no function, for a generator function and for a class.
   */
  wrap<F extends AnyFunction>(fn: F): BlockCached<F> {
    const admit = this.#ground.admitting(fn);
    const call = async (self: unknown, args: unknown[]): Promise<unknown> => {
      const wrapped = this.#isOff ? undefined : admit(self, args);
      if (wrapped === undefined) return fn.apply(self, args);
      return wrapped.refresh ? this.#cache.refresh(wrapped) : this.#cache.call(wrapped);
    };
    return function cached(this: unknown, ...args: unknown[]) {
      return call(this, args);
    } as BlockCached<F>;
  }

  /** The figures of this cache. */
  stats(): CacheStatistics {
    return this.#ground.stats(this.engine);
  }

  /**
   * Gives the store back; later operations find nothing and keep nothing. A second call does nothing, but of a cache from
   * `getOrCreateEngine`, which each of those who asked for it closes once.
   */
  close(): Promise<void> {
    return this.#close === undefined && !this.#isLast() ? Promise.resolve() : this.#shut();
  }

  /** Whether the cache has been closed, by its last user or with all caches. */
  get closed(): boolean {
    return this.#close !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch((error: unknown) => this.#ground.notClosed(error));
  }

  /** Closes without waiting; what goes wrong is logged. */
  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]();
  }

  #shut(): Promise<void> {
    this.#close ??= (this.#opened?.close() ?? Promise.resolve()).finally(() => this.#ground.unlist());
    return this.#close;
  }

  get #cache(): AsyncCache {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  get #isOff(): boolean {
    return this.#ground.disabled || this.#close !== undefined;
  }
}
