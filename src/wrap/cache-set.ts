/** The caches of one wrapped function: one for all calls, or one for each object that it is called on. */

import { type Clock, systemClock } from "../clock.js";
import type { SyncStore } from "../contract/index.js";
import { AWAITED, type Entry, EXPIRES, isFresh, TAGGED, THROWN } from "../entry.js";
import type { Key } from "../keys/index.js";
import { type Overrides, scope } from "../scope.js";
import { admit, askedKey, countBypass, namespaceOf, readSignal } from "./admit.js";
import type { SkippedEngine } from "./explanation.js";
import type { Plan, Subject } from "./plan.js";
import { currentOf } from "./request.js";
import { SyncCache } from "./sync.js";
import { isValid } from "./tagging.js";

/** What may be true of an entry that is found by its argument itself, and given out as it is. */
const PLAIN = AWAITED | EXPIRES | TAGGED;

/** What a cached function is made of once its options, the environment and the engine are settled. */
export interface Opening {
  readonly plan: Plan;
  /** The engine in use. */
  engine(): string;
  /** Opens one more store of that engine; for the plan of one of many instances, where that is another one. */
  open(plan?: Plan): SyncStore;
  /** The engines that were not used, and why. */
  skipped(): readonly SkippedEngine[];
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
  /** Settles what requests use in the place of these caches, the first time that one does. */
  readonly forRequest?: (() => Opening) | undefined;
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
    const { key, ignore, thisKey, when, clone, namespace } = config;
    const asked = [key, ignore, thisKey, when, namespace].some((option) => option !== undefined);
    const isRefreshedAhead = config.loading?.refreshAhead !== undefined;
    this.#short = opening.trusted && !asked && clone !== "structured" && !guard.hears("onHit") && !isRefreshedAhead;
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
    const { traits } = entry;
    if ((traits & PLAIN) !== traits || !isFresh(entry, this.#clock)) return false;
    return (traits & TAGGED) === 0 || isValid(this.opening.plan, entry);
  }

  /** The caches that calls made here use: these, or those of the request around. */
  get current(): CacheSet {
    return currentOf<Opening, CacheSet>(this, (settle) => new CacheSet(this.subject, settle));
  }

  /** Whether calls run the function as if it were not wrapped. */
  get isClosed(): boolean {
    return this.#closed;
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

  #open({ plan: common, open, perInstance }: Opening): SyncCache | undefined {
    // What is remembered of one instance says nothing of another.
    const isOwn = perInstance && common.guard.trace !== undefined;
    const plan = isOwn ? { ...common, guard: common.guard.another() } : common;
    try {
      return new SyncCache(plan, open(plan));
    } catch (error) {
      return plan.guard.engineFailed("open", error);
    }
  }

  /**
   * The same for who only wants to look: a store is opened only where there may be entries before the first use.
   *
   * @throws What the engine throws that cannot open one.
   */
  lookFor(self: unknown): SyncCache | undefined {
    const { plan, open, disabled } = this.opening;
    if (this.#closed || disabled) return undefined;
    if (this.subject.outlives) this.#own ??= new SyncCache(plan, open());
    return this.known(self);
  }

  /** The same, if it is open. */
  known(self: unknown): SyncCache | undefined {
    return self === undefined || this.#instances === undefined ? this.#own : this.#instances.get(self as object);
  }

  /** See {@link askedKey}. */
  keyOf(self: unknown, args: ArrayLike<unknown>): Key {
    return askedKey(this.opening.plan, self, args);
  }

  /**
   * A call, by the long way: the cache may not be open yet, a block may have a say, the key may take work.
   *
   * @param isNew - The caller knows that there is nothing fresh, and is not content with what is stale.
   */
  call(self: unknown, args: unknown[], isNew = false): unknown {
    const rules = scope.read?.();
    const set = rules?.request === undefined ? this : this.current;
    return set.#call(self, args, isNew, rules);
  }

  #call(self: unknown, args: unknown[], isNew: boolean, rules: Overrides | undefined): unknown {
    const { plan, disabled } = this.opening;
    const cache = this.cacheOf(self);
    if (cache === undefined) {
      if (!this.#closed && (!disabled || this.opening.refusal !== undefined)) countBypass(plan);
      return plan.fn.apply(self, args);
    }
    const key = admit(plan, self, args, rules);
    if (key === undefined) return plan.fn.apply(self, args);
    const refresh = rules?.refresh === true;
    const entry = refresh || isNew ? undefined : cache.find(key);
    if (entry !== undefined && this.#short && (entry.traits & THROWN) === 0) return entry.result;
    const call = { key, self, args, ttl: rules?.ttl, namespace: namespaceOf(plan, rules) };
    if (isNew) return cache.getNew(call, refresh);
    if (entry !== undefined) return cache.give(entry, call);
    const signal = readSignal(plan, args);
    if (signal === undefined) return cache.miss(call, refresh);
    // A promise would do for a function that returns promises; what this one returns is not known.
    return signal.aborted ? plan.fn.apply(self, args) : cache.missUntil(signal, call, refresh);
  }

  /**
   * Removes the entries of all objects. Caches of single objects are dropped whole, loads under way with them.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void {
    if (this.#instances !== undefined) {
      this.#instances = new WeakMap();
      this.opening.plan.guard.trace?.note("cleared", "clear");
    }
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
