/// <reference lib="esnext.disposable" preserve="true" />

/** The same without promises, on an engine that answers at once. */

import { program, type RegisteredCache, type World } from "../caches/index.js";
import { type BlockOptions, checkOptions, show } from "../config/index.js";
import type { SyncEngine } from "../contract/index.js";
import { withEngine } from "../engines/index.js";
import { ConfigurationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { engineOf, MEMORY_CHAIN, SYNC_DISK_CHAIN, selectSync } from "../select/index.js";
import { type CacheStatistics, type Call, SyncCache, storeOptionsFor, verifyStore } from "../wrap/index.js";
import { Ground, listOf, pairsOf, type SetOptions } from "./ground.js";

/** Options of `withCacheSync`: those of `withCache`, but for what needs an engine that answers with promises. */
export interface SyncBlockOptions
  extends Omit<BlockOptions, "engine" | "redis" | "memory" | "tiers" | "engineTimeout" | "breaker"> {
  /**
   * The engine, by name or as an object. Default: the first that can be used here; in memory `lru` or `map`, with a folder
   * `better-sqlite3` or `node-sqlite`.
   */
  engine?: "lru" | "map" | "better-sqlite3" | "node-sqlite" | (string & {}) | SyncEngine;
}

/** What needs an engine that answers with promises, and why. */
const LATER = {
  redis: "a server answers later",
  memory: "nothing is in front of an engine that answers at once",
  tiers: "nothing is in front of an engine that answers at once",
} as const;

/** A cache with keys and values whose operations answer at once; otherwise as a {@link BlockCache}. */
export class SyncBlockCache {
  readonly #ground: Ground;
  readonly #open: () => SyncCache;
  /** Opened at the first use, since a block may be there for what it says; what may fail to open, at once. */
  #opened: SyncCache | undefined;
  readonly #engine: () => string;
  #closed = false;
  /** What the registry sees; it must not outlive this. */
  readonly #listed: RegisteredCache;

  /**
   * @throws ConfigurationError for options that cannot work, an engine that answers with promises among them; EngineError
   * for one that does not exist, and where none can be used.
   */
  constructor(options: SyncBlockOptions, world: World = program) {
    const checked = checkOptions("block", options as BlockOptions, "withCacheSync");
    refuseLater(options as BlockOptions, world);
    const ground = new Ground(world, withEngine(checked));
    const { plan } = ground;
    const selection = selectSync(plan.config, ground.isPersistent ? SYNC_DISK_CHAIN : MEMORY_CHAIN, world);
    this.#ground = ground;
    this.#engine = () => selection.engine();
    this.#open = () => {
      const store = selection.open(storeOptionsFor(plan));
      return new SyncCache(plan, selection.trusted() ? store : verifyStore(store));
    };
    this.#listed = { name: this.name, stats: () => this.stats(), clear: () => this.clear(), close: () => this.close() };
    if (!selection.trusted()) this.#opened = this.#open();
    ground.list(this.#listed, () => this.#closed);
  }

  /** The name in statistics and messages. */
  get name(): string {
    return this.#ground.name;
  }

  /** The engine in use. */
  get engine(): string {
    return this.#engine();
  }

  /** The value of a key; `undefined` also when there is none. */
  get(key: unknown): unknown {
    return this.#isOff ? undefined : this.#cache.get(this.#ground.keyOf(key))?.value;
  }

  /** The values of several keys, in their order; `undefined` where there is none. */
  getMany(keys: Iterable<unknown>): unknown[] {
    return listOf("getMany", keys).map((key) => this.get(key));
  }

  /**
   * Puts a value in.
   *
   * @param options - `ttl`: how long it lives; default: the block's.
   * @throws CacheValueError when it cannot be kept, CacheOperationError when the engine failed.
   */
  set(key: unknown, value: unknown, options?: SetOptions): void {
    const call = this.#ground.callOf(key, options);
    if (!this.#isOff) this.#cache.set(call, value, false);
  }

  /**
   * Puts several values in: pairs of a key and a value, as in a `Map`. What comes before one that fails is there.
   *
   * @throws As `set` does; CacheOperationError for what are no pairs.
   */
  setMany(entries: Iterable<readonly [unknown, unknown]>, options?: SetOptions): void {
    for (const [key, value] of pairsOf(entries)) this.set(key, value, options);
  }

  /** Whether there is a value. */
  has(key: unknown): boolean {
    return !this.#isOff && this.#cache.has(this.#ground.keyOf(key));
  }

  /**
   * Removes a value; whether there was one.
   *
   * @throws CacheOperationError when the engine failed.
   */
  delete(key: unknown): boolean {
    return !this.#isOff && this.#cache.delete(this.#ground.keyOf(key));
  }

  /**
   * Removes all values.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void {
    if (!this.#isOff) this.#cache.clear();
  }

  /**
   * The keys under which there are values; see {@link BlockCache.keys}.
   *
   * @throws CacheOperationError when the engine failed, or cannot name its entries.
   */
  keys(): readonly Key[] {
    return this.#isOff ? [] : this.#ground.keysAmong(this.#cache.keys(), this.engine);
  }

  /** The value of a key; the one that the function gives, and that is kept, when there is none. */
  getOrSet<T>(key: unknown, load: () => T): T {
    if (this.#isOff) return load();
    return this.#call({ ...this.#ground.callOf(key), args: [], fn: load }) as T;
  }

  /**
   * A function whose results are kept in this cache, apart from those of other functions. It stays what it is.
   *
   * @throws ConfigurationError for what is no function, for a generator function and for a class.
   */
  wrap<F extends AnyFunction>(fn: F): F {
    const admit = this.#ground.admitting(fn);
    const call = (self: unknown, args: unknown[]): unknown => {
      const wrapped = this.#isOff ? undefined : admit(self, args);
      return wrapped === undefined ? fn.apply(self, args) : this.#call(wrapped, wrapped.refresh);
    };
    return function cached(this: unknown, ...args: unknown[]) {
      return call(this, args);
    } as F;
  }

  /** The figures of this cache. */
  stats(): CacheStatistics {
    return this.#ground.stats(this.engine, this.#isOff ? 0 : (this.#opened?.size() ?? 0));
  }

  /**
   * Gives the store back; later operations find nothing and keep nothing. A second call does nothing.
   *
   * @throws CacheOperationError when the engine failed.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ground.unlist();
    this.#opened?.close();
  }

  /** Whether the cache has been closed, by itself or with all caches. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Closes; what goes wrong is logged. */
  [Symbol.dispose](): void {
    try {
      this.close();
    } catch (error) {
      this.#ground.notClosed(error);
    }
  }

  get #cache(): SyncCache {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #call(call: Call, refresh = false): unknown {
    const entry = refresh ? undefined : this.#cache.find(call.key);
    return entry === undefined ? this.#cache.miss(call, refresh) : this.#cache.give(entry, call);
  }

  get #isOff(): boolean {
    return this.#ground.disabled || this.#closed;
  }
}

/** @throws ConfigurationError for what needs an engine that answers with promises. */
function refuseLater(options: BlockOptions, { engines }: World): void {
  for (const [option, reason] of Object.entries(LATER)) {
    const value = options[option as keyof BlockOptions];
    if (value === undefined || value === false) continue;
    throw new ConfigurationError(`withCacheSync: ${option}: expected none, since ${reason}. Use withCache.`);
  }
  const { engine } = options;
  if (engineOf(engine, engines)?.kind !== "async") return;
  const got = typeof engine === "string" ? show(engine) : "one";
  throw new ConfigurationError(
    `withCacheSync: engine: expected one that answers at once, such as "lru", "map", "better-sqlite3" or "node-sqlite"; got ${got}, which answers with promises. Use withCache.`,
  );
}
