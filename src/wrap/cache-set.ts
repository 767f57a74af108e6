/** The caches of one wrapped function: one for all calls, or one for each object that it is called on. */

import { type Clock, systemClock } from "../clock.js";
import type { SyncStore } from "../contract/index.js";
import { ENCODED, type Entry, isFresh } from "../entry.js";
import type { Key } from "../keys/index.js";
import { scope } from "../scope.js";
import { admit, countBypass, keyIn } from "./admit.js";
import type { Plan, Subject } from "./plan.js";
import { SyncCache } from "./sync.js";

/** What a cached function is made of once its options, the environment and the engine are settled. */
export interface Opening {
  readonly plan: Plan;
  /** The engine in use. */
  engine(): string;
  /** Opens one more store of that engine. */
  open(): SyncStore;
  /** One cache for each `this`. */
  readonly perInstance: boolean;
  /** Calls with different `this` may share an entry. */
  readonly ignoresThis: boolean;
  /** The engine is one of the library's own: its stores neither fail nor lie. */
  readonly trusted: boolean;
  /** Nothing is cached. */
  readonly disabled: boolean;
  /** Why nothing is, where that is not because caching is switched off. */
  readonly refusal?: string | undefined;
  /** To be called when the caches are closed. */
  onClose?(): void;
}

/** Everything about one wrapped function, made at its decoration, opened at its first call. */
export class CacheSet {
  /** Settles what the decoration left open; called at the first use. */
  readonly #settle: () => Opening;
  #opening: Opening | undefined;
  /** The one cache, or the one for calls without `this`; `undefined` before the first call and after close. */
  #own: SyncCache | undefined;
  /** The caches of objects; `undefined` where all share one. */
  #instances: WeakMap<object, SyncCache> | undefined;
  /** Calls may go the short way: the argument is the key, a hit is the entry's value, nobody listens. */
  #short = false;
  #closed = false;
  #clock: Required<Clock> = systemClock;
  /** The store in which every call may look by itself; `undefined` before the first call, after close, and elsewhere. */
  shortStore: SyncStore | undefined;
  readonly subject: Subject;

  constructor(subject: Subject, settle: () => Opening) {
    this.subject = subject;
    this.#settle = settle;
  }

  /** The opening, made at the first use. */
  get opening(): Opening {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#settle();
    const { config, guard } = opening.plan;
    this.#opening = opening;
    this.#instances = opening.perInstance ? new WeakMap() : undefined;
    this.#clock = config.clock;
    const { key, ignore, thisKey, when, clone } = config;
    const asked = [key, ignore, thisKey, when].some((option) => option !== undefined);
    this.#short = opening.trusted && !asked && clone !== "structured" && !guard.hears("onHit");
    return opening;
  }

  /** The store in which a call on this object may look by itself, where that is not `shortStore`. */
  shortStoreOf(self: unknown): SyncStore | undefined {
    if (!this.#short) return undefined;
    if (this.#instances !== undefined) return this.#instances.get(self as object)?.store;
    return self === undefined ? this.#own?.store : undefined;
  }

  /** Whether a hit by the short way may return an entry that is not of the plainest kind. */
  serves(entry: Entry): boolean {
    return entry.traits < ENCODED && isFresh(entry, this.#clock);
  }

  /** The opening, if there was a first use. */
  get opened(): Opening | undefined {
    return this.#opening;
  }

  /** How many entries there are, where they are all in one cache that is open. */
  get size(): number | undefined {
    if (this.#opening === undefined || this.#opening.perInstance) return undefined;
    return this.#own === undefined ? 0 : this.#own.size();
  }

  /** The cache for calls on this object; `undefined` where there is none, and the function runs as if it were not wrapped. */
  cacheOf(self: unknown): SyncCache | undefined {
    const opening = this.opening;
    if (this.#closed || opening.disabled) return undefined;
    if (this.#instances === undefined || self === undefined) {
      this.#own ??= this.#open(opening);
      if (this.#short && opening.ignoresThis && !opening.perInstance) this.shortStore = this.#own?.store;
      return this.#own;
    }
    if ((typeof self !== "object" || self === null) && typeof self !== "function") return undefined;
    let cache = this.#instances.get(self);
    if (cache === undefined) {
      cache = this.#open(opening);
      if (cache !== undefined) this.#instances.set(self, cache);
    }
    return cache;
  }

  #open({ plan, open }: Opening): SyncCache | undefined {
    try {
      return new SyncCache(plan, open());
    } catch (error) {
      return plan.guard.engineFailed("open", error);
    }
  }

  /** The key of a call, in the name space of the block around it. Throws when no key can be made. */
  keyOf(self: unknown, args: ArrayLike<unknown>): Key {
    return keyIn(this.opening.plan, self, args, scope.read?.()?.namespace);
  }

  /** A call, by the long way: the cache may not be open yet, a block may have a say, the key may take work. */
  call(self: unknown, args: unknown[]): unknown {
    const { plan, disabled } = this.opening;
    const cache = this.cacheOf(self);
    if (cache === undefined) {
      if (!this.#closed && (!disabled || this.opening.refusal !== undefined)) countBypass(plan);
      return plan.fn.apply(self, args);
    }
    const rules = scope.read?.();
    const key = admit(plan, self, args, rules);
    if (key === undefined) return plan.fn.apply(self, args);
    const refresh = rules?.refresh === true;
    const entry = refresh ? undefined : cache.find(key);
    if (entry !== undefined && this.#short) return entry.result;
    const call = { key, self, args, ttl: rules?.ttl };
    return entry === undefined ? cache.miss(call, refresh) : cache.give(entry, call);
  }

  /**
   * Removes the entries of all objects. Caches of single objects are dropped whole, loads under way with them.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void {
    if (this.#instances !== undefined) this.#instances = new WeakMap();
    if (this.subject.outlives) this.cacheOf(undefined);
    this.#own?.clear();
  }

  /** From now on calls run the function as if it were not wrapped. */
  close(): void {
    this.#closed = true;
    this.#opening?.onClose?.();
    this.#instances = undefined;
    this.shortStore = undefined;
    const own = this.#own;
    this.#own = undefined;
    own?.close();
  }
}
