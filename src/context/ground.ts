/** What a cache with keys and values stands on, whether its operations return promises or not. */

import { type RegisteredCache, tellConfigOf, type World } from "../caches/index.js";
import {
  type BlockOptions,
  effectiveConfig,
  type Layers,
  layersOf,
  optionNames,
  type ResolvedConfig,
  resolveConfig,
  show,
} from "../config/index.js";
import { CacheOperationError, ConfigurationError, EngineError } from "../errors.js";
import { type AnyFunction, seesThis } from "../function.js";
import { claim, functionId, isNative, lasting, placeName, placeOf } from "../identity/index.js";
import { type Identify, identityOf, inProcess, type Key, keyOf, keysWithin, keyWithin } from "../keys/index.js";
import { DURATION_WORDS, type Duration, parseDuration } from "../quantity.js";
import { type Namespace, type Overrides, scope } from "../scope.js";
import { asksForDisk, engineOf, tagsFor } from "../select/index.js";
import { Counters } from "../stats.js";
import {
  admit,
  type CacheStatistics,
  type Call,
  createKeyer,
  followsTasks,
  Guard,
  keyIn,
  maxSizeOf,
  namespaceOf,
  type Plan,
  refuseUncacheable,
  spaceOf,
  statisticsOf,
  stillMakes,
} from "../wrap/index.js";
import { within } from "./overrides.js";

/** How a value is put in. */
export interface SetOptions {
  /** How long it lives. Default: as the cache's options say. */
  readonly ttl?: Duration;
}

/** A call of a wrapped function that uses the cache. */
export interface WrappedCall extends Call {
  /** The block around it wants a new value. */
  readonly refresh: boolean;
}

/** See above. */
export class Ground {
  readonly world: World;
  readonly name: string;
  readonly plan: Plan;
  /** Entries are to outlive the process. */
  readonly isPersistent: boolean;
  /** Nothing is cached, here or anywhere. */
  readonly disabled: boolean;
  readonly #said: Layers;
  /** Who things are that are told apart by being themselves: in this process, or in every one. */
  readonly #identify: Identify;

  /**
   * @param options - Checked, with an engine in the place of what becomes one.
   * @throws EngineError for an engine that does not exist.
   */
  constructor(world: World, options: BlockOptions) {
    const { bypass: _bypass, refresh: _refresh, scope: _scope, namespace, ...checked } = options;
    const { caches, engines, voice } = world;
    const { engine } = checked;
    if (typeof engine === "string" && engines.named(engine) === undefined) {
      throw new EngineError(`Engine "${engine}" not found; there are ${engines.names().join(", ")}.`);
    }
    this.world = world;
    const label = checked.name ?? "block";
    this.isPersistent = asksForDisk(checked, engines);
    this.name = caches.freeName(label);
    this.#said = this.#layers(checked);
    const config = resolveConfig(this.name, this.#said);
    const counters = new Counters();
    const fn = (): undefined => undefined;
    const { disk } = config;
    const place =
      disk && placeOf(disk, label, functionId(fn, { name: label, version: disk.version ?? "block", deps: disk.deps }));
    this.#identify = this.isPersistent ? lasting : inProcess;
    this.plan = {
      fn,
      config,
      counters,
      guard: new Guard(this.name, config.hooks, counters, voice),
      keyOf: (_self, args) => keyOf(args, this.#identify),
      tags: tagsFor(place, caches.inMemory),
      namespace: within(scope.read?.()?.namespace, namespace === undefined ? undefined : [namespace]),
      place,
      followsTasks: followsTasks(undefined, true),
    };
    this.disabled = config.disabled;
  }

  /** Who has a say about the cache, of the caches of its kind. */
  #layers(checked: BlockOptions): Layers {
    const around = scope.read?.();
    const { engine, ...inherited } = { ...around?.defaults } as BlockOptions;
    // A cache in memory is none on disk for being inside of one.
    const isOfUse = this.isPersistent || engineOf(engine, this.world.engines)?.capabilities.persistent !== true;
    const block = {
      ...inherited,
      ...(around?.ttl !== undefined && { ttl: around.ttl }),
      ...(isOfUse && engine !== undefined && { engine }),
    };
    const known = new Set(optionNames("block"));
    const ofBlocks = Object.entries(this.world.defaults).filter(([option, value]) => {
      return known.has(option) && !(option === "ttl" && typeof value === "function");
    });
    const world = Object.fromEntries(ofBlocks);
    return layersOf({ section: checked.name, options: checked, world, block, isPersistent: this.isPersistent });
  }

  /** Puts the cache on the list, with what tells which of its entries are valid where others see them too. */
  list(cache: RegisteredCache, isClosed: () => boolean): void {
    const { caches } = this.world;
    const { counters, place, tags } = this.plan;
    caches.register(cache, counters);
    tellConfigOf(cache, () => effectiveConfig(this.name, this.#said));
    if (place !== undefined) caches.share(cache, () => (isClosed() ? undefined : tags.invalidations));
  }

  /** Takes it off. */
  unlist(): void {
    this.world.caches.unregister(this.name);
  }

  /**
   * What is to be done with the value of a key.
   *
   * @throws ConfigurationError for what is no lifetime, CacheKeyError for what cannot be a key.
   */
  callOf(key: unknown, { ttl: given }: SetOptions = {}): Call {
    const ttl = parseDuration(given);
    if (ttl === undefined && given !== undefined) {
      throw new ConfigurationError(`set: ttl: expected ${DURATION_WORDS}; got ${show(given)}`);
    }
    const namespace = this.#namespace();
    return { key: keyIn(this.plan, undefined, [key], namespace), self: undefined, args: [key], ttl, namespace };
  }

  /** The key of a key that the user gave, in the name space of this moment. */
  keyOf(key: unknown): Key {
    return keyIn(this.plan, undefined, [key], this.#namespace());
  }

  /**
   * The keys among these under which values were put in, in the name space of this moment.
   *
   * @param engine - The name of the engine in use.
   * @throws CacheOperationError where that cannot name its entries.
   */
  keysAmong(keys: Iterable<Key>, engine: string): readonly Key[] {
    const { config } = this.plan;
    const namespace = this.#namespace();
    const isGiven = typeof config.engine === "object" && config.engine.name === engine;
    const used = isGiven ? engineOf(config.engine, this.world.engines) : this.world.engines.named(engine);
    if (used?.capabilities.lists === false) {
      throw new CacheOperationError(
        `keys: the engine "${engine}" of the cache "${this.name}" cannot name its entries.`,
      );
    }
    return keysWithin(namespace && spaceOf(namespace), keys);
  }

  /**
   * What makes calls of a function calls of this cache; they give `undefined` for a call that does not use it.
   *
   * @throws ConfigurationError for what is no function, for a generator function and for a class; on disk, for a function
   * that cannot be told from others after a restart.
   */
  admitting(fn: AnyFunction): (self: unknown, args: unknown[]) => WrappedCall | undefined {
    refuseUncacheable(fn, "wrap");
    const keyer = createKeyer(this.plan.config, seesThis(fn), this.#identify);
    const id = this.#idOf(fn);
    const keyOfCall: Plan["keyOf"] = (self, args) => keyWithin(["function", id], keyer(self, args));
    const plan: Plan = { ...this.plan, fn, keyOf: keyOfCall };
    return (self, args) => {
      const rules = this.#rules();
      const key = admit(plan, self, args, rules);
      if (key === undefined) return undefined;
      const namespace = namespaceOf(plan, rules);
      const isUnchanged = (): boolean => stillMakes(plan, key, self, args, namespace);
      return { key, self, args, fn, ttl: rules?.ttl, namespace, isUnchanged, refresh: rules?.refresh === true };
    };
  }

  /**
   * The name space of what is done now: that in which the cache was made, and inside it that of the blocks around. Whoever
   * shares the cache with another tenant, or carries it out of a block, sees nothing of another one's.
   */
  #namespace(): Namespace | undefined {
    const { namespace: own } = this.plan;
    const around = scope.read?.()?.namespace;
    return around !== undefined && own?.every((name, i) => around[i] === name) === true ? around : within(own, around);
  }

  /** What blocks around a call say, with the name space that it is made in. */
  #rules(): Overrides | undefined {
    const rules = scope.read?.();
    return rules && { ...rules, namespace: this.#namespace() };
  }

  /** The figures of the cache. */
  stats(engine: string, size?: number): CacheStatistics {
    const { counters, config } = this.plan;
    return statisticsOf(counters, { name: this.name, engine, size, maxSize: maxSizeOf(config) });
  }

  /** The cache could not give back what it held. */
  notClosed(error: unknown): void {
    this.world.voice.log("warn", `The cache "${this.name}" could not be closed properly.`, { err: error });
  }

  /**
   * Who a function is among those of this cache.
   *
   * @throws ConfigurationError, on disk, for a function that cannot be told from others after a restart.
   */
  #idOf(fn: AnyFunction): number | string {
    const { disk }: ResolvedConfig = this.plan.config;
    if (disk === undefined) return identityOf(fn);
    if (fn.name === "" || isNative(fn)) {
      throw new ConfigurationError("wrap: expected a function with a name and a source, by which it is found on disk.");
    }
    const id = functionId(fn, { name: fn.name, version: disk.version, deps: disk.deps });
    const owner = this.plan.place === undefined ? this.name : placeName(this.plan.place);
    if (disk.version === undefined && disk.deps === undefined && !claim(`${owner}\0${id}`, fn)) {
      throw new ConfigurationError(
        `wrap: another function "${fn.name}" with the same source is cached here, and what the two have captured may differ. Rename one of them.`,
      );
    }
    return id;
  }
}

/**
 * Pairs of keys and values, as somebody gave them.
 *
 * @throws CacheOperationError for anything else.
 */
export function pairsOf(entries: Iterable<readonly [unknown, unknown]>): readonly (readonly [unknown, unknown])[] {
  return listOf("setMany", entries).map((pair) => {
    if (Array.isArray(pair) && pair.length === 2) return pair as unknown as readonly [unknown, unknown];
    throw new CacheOperationError(`setMany: expected pairs, each [key, value]; got ${show(pair)}.`);
  });
}

/**
 * What somebody gave to be gone through.
 *
 * @throws CacheOperationError for what cannot be.
 */
export function listOf<T>(operation: string, things: Iterable<T>): readonly T[] {
  if (typeof things === "object" && things !== null && Symbol.iterator in things) return [...things];
  throw new CacheOperationError(`${operation}: expected a list, or a Map for setMany; got ${show(things)}.`);
}
