/// <reference lib="esnext.disposable" preserve="true" />

/** A cache with keys and values instead of a function: what a block hands out. */

import { caches, type RegisteredCache } from "../caches/index.js";
import { type BlockOptions, checkOptions, environment, isDisabled, resolveConfig, show } from "../config/index.js";
import { checkEngine } from "../engines/index.js";
import { ConfigurationError, EngineError } from "../errors.js";
import { type AnyFunction, seesThis } from "../function.js";
import { claim, functionId, isNative, lasting, placeName, placeOf } from "../identity/index.js";
import { type Identify, identityOf, inProcess, type Key, keyOf, keyWithin } from "../keys/index.js";
import { log } from "../logging.js";
import { DURATION_WORDS, type Duration, parseDuration } from "../quantity.js";
import { scope } from "../scope.js";
import { asksForDisk, getEngineManager, listEngines, selectAsync } from "../select/index.js";
import { Counters } from "../stats.js";
import {
  AsyncCache,
  admit,
  type CacheStatistics,
  createKeyer,
  Guard,
  maxSizeOf,
  type Plan,
  refuseUncacheable,
  statisticsOf,
  stillMakes,
  storeOptionsFor,
} from "../wrap/index.js";

/** The engines that a block tries when its options name none. */
const CHAIN = ["lru", "map"];
/** The same where its options ask for the disk. */
const DISK_CHAIN = ["sqlite", "file", ...CHAIN];

/** A wrapped function inside a block: it always returns a promise. */
export type BlockCached<F extends AnyFunction> = (
  this: ThisParameterType<F>,
  ...args: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>;

/**
 * A cache with keys and values. Any value can be a key, told apart as arguments are. All operations return promises,
 * since the engine may need time; none of them but `set`, `delete`, `clear` and `close` rejects for the engine's sake.
 */
export class BlockCache {
  readonly name: string;
  readonly #plan: Plan;
  readonly #cache: AsyncCache;
  /** Who things are that are told apart by being themselves: in this process, or in every one. */
  readonly #identify: Identify;
  readonly #engine: () => string;
  readonly #disabled: boolean;
  readonly #isLast: () => boolean;
  /** What the registry sees, whose `close` does not ask who else uses the cache. */
  readonly #listed: RegisteredCache;
  #close: Promise<void> | undefined;

  /**
   * @param isLast - Whether a call of `close` comes from the last one who uses the cache. Default: it does.
   * @throws ConfigurationError for options that cannot work; EngineError for an engine that does not exist.
   */
  constructor(options: BlockOptions, isLast: () => boolean = () => true) {
    this.#isLast = isLast;
    const {
      bypass: _bypass,
      refresh: _refresh,
      namespace: _namespace,
      ...checked
    } = checkOptions("block", options, "withCache");
    const { engine } = checked;
    if (typeof engine === "object") checkEngine(engine);
    if (typeof engine === "string" && getEngineManager().getEngine(engine) === undefined) {
      throw new EngineError(`Engine "${engine}" not found; there are ${listEngines().join(", ")}.`);
    }
    const label = checked.name ?? "block";
    const isPersistent = asksForDisk(checked);
    this.name = caches.freeName(label);
    const config = resolveConfig(this.name, checked, {}, isPersistent);
    const counters = new Counters();
    const guard = new Guard(this.name, config.hooks, counters);
    const fn = (): undefined => undefined;
    const { disk } = config;
    const place =
      disk && placeOf(disk, label, functionId(fn, { name: label, version: disk.version ?? "block", deps: disk.deps }));
    this.#identify = isPersistent ? lasting : inProcess;
    this.#plan = { fn, config, counters, guard, keyOf: (_self, args) => keyOf(args, this.#identify), place };
    const selection = selectAsync(config, isPersistent ? DISK_CHAIN : CHAIN);
    this.#engine = () => selection.engine();
    this.#disabled = isDisabled(environment());
    this.#cache = new AsyncCache(this.#plan, selection.open(storeOptionsFor(this.#plan)));
    this.#listed = {
      name: this.name,
      stats: () => this.stats(),
      clear: () => this.clear(),
      close: () => this.#shut(),
    };
    caches.register(this.#listed, counters);
  }

  /** The engine in use; the one asked for, while it is not open yet. */
  get engine(): string {
    return this.#engine();
  }

  /** The value of a key; `undefined` also when there is none. */
  async get(key: unknown): Promise<unknown> {
    return this.#isOff ? undefined : (await this.#cache.find(this.#keyOf(key)))?.value;
  }

  /**
   * Puts a value in.
   *
   * @param options - `ttl`: how long it lives; default: the block's.
   * @throws CacheValueError when it cannot be kept, CacheOperationError when it is not certain that it is there.
   */
  async set(key: unknown, value: unknown, options: { readonly ttl?: Duration } = {}): Promise<void> {
    const ttl = parseDuration(options.ttl);
    if (ttl === undefined && options.ttl !== undefined) {
      throw new ConfigurationError(`set: ttl: expected ${DURATION_WORDS}; got ${show(options.ttl)}`);
    }
    if (!this.#isOff) await this.#cache.set({ key: this.#keyOf(key), self: undefined, args: [key], ttl }, value);
  }

  /** Whether there is a value. */
  async has(key: unknown): Promise<boolean> {
    return !this.#isOff && this.#cache.has(this.#keyOf(key));
  }

  /**
   * Removes a value; whether there was one.
   *
   * @throws CacheOperationError when it is not certain that it is gone.
   */
  async delete(key: unknown): Promise<boolean> {
    return !this.#isOff && this.#cache.delete(this.#keyOf(key));
  }

  /**
   * Removes all values.
   *
   * @throws CacheOperationError when it is not certain that they are gone.
   */
  async clear(): Promise<void> {
    if (!this.#isOff) await this.#cache.clear();
  }

  /** The value of a key; the one that the function gives, and that is kept, when there is none. */
  async getOrSet<T>(key: unknown, load: () => T | Promise<T>): Promise<T> {
    if (this.#isOff) return load();
    return this.#cache.call({ key: this.#keyOf(key), self: undefined, args: [], fn: load }) as Promise<T>;
  }

  /**
   * A function whose results are kept in this cache, apart from those of other functions.
   *
   * @throws ConfigurationError for what is no function, for a generator function and for a class.
   */
  wrap<F extends AnyFunction>(fn: F): BlockCached<F> {
    refuseUncacheable(fn, "wrap");
    const keyer = createKeyer(this.#plan.config, seesThis(fn), this.#identify);
    const id = this.#idOf(fn);
    const keyOfCall: Plan["keyOf"] = (self, args) => keyWithin(["function", id], keyer(self, args));
    const plan: Plan = { ...this.#plan, fn, keyOf: keyOfCall };
    const call = async (self: unknown, args: unknown[]): Promise<unknown> => {
      const rules = scope.read?.();
      const key: Key | undefined = this.#isOff ? undefined : admit(plan, self, args, rules);
      if (key === undefined) return fn.apply(self, args);
      const isUnchanged = (): boolean => stillMakes(plan, key, self, args, rules?.namespace);
      const wrapped = { key, self, args, fn, ttl: rules?.ttl, isUnchanged };
      return rules?.refresh === true ? this.#cache.refresh(wrapped) : this.#cache.call(wrapped);
    };
    return function cached(this: unknown, ...args: unknown[]) {
      return call(this, args);
    } as BlockCached<F>;
  }

  /** The figures of this cache. */
  stats(): CacheStatistics {
    const { counters, config } = this.#plan;
    return statisticsOf(counters, {
      name: this.name,
      engine: this.engine,
      size: undefined,
      maxSize: maxSizeOf(config),
    });
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
    await this.close().catch((error: unknown) => {
      log("warn", `The cache "${this.name}" could not be closed properly.`, { err: error });
    });
  }

  /** Closes without waiting; what goes wrong is logged. */
  [Symbol.dispose](): void {
    void this[Symbol.asyncDispose]();
  }

  #shut(): Promise<void> {
    this.#close ??= this.#cache.close().finally(() => caches.unregister(this.name));
    return this.#close;
  }

  /**
   * Who a function is among those of this cache.
   *
   * @throws ConfigurationError, on disk, for a function that cannot be told from others after a restart.
   */
  #idOf(fn: AnyFunction): number | string {
    const { disk } = this.#plan.config;
    if (disk === undefined) return identityOf(fn);
    if (fn.name === "" || isNative(fn)) {
      throw new ConfigurationError("wrap: expected a function with a name and a source, by which it is found on disk.");
    }
    const id = functionId(fn, { name: fn.name, version: disk.version, deps: disk.deps });
    const owner = this.#plan.place === undefined ? this.name : placeName(this.#plan.place);
    if (disk.version === undefined && disk.deps === undefined && !claim(`${owner}\0${id}`, fn)) {
      throw new ConfigurationError(
        `wrap: another function "${fn.name}" with the same source is cached here, and what the two have captured may differ. Rename one of them.`,
      );
    }
    return id;
  }

  #keyOf(key: unknown): Key {
    return keyOf([key], this.#identify);
  }

  get #isOff(): boolean {
    return this.#disabled || this.#close !== undefined;
  }
}
