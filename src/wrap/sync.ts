/** A cache on a store that answers at once. Synchronous functions stay synchronous; promises are shared and fenced. */

import type { SyncStore } from "../contract/index.js";
import { AWAITED, type Entry, THROWN } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { Signal } from "../signal.js";
import { argsFor, waitUnlessAborted } from "./cancellation.js";
import { beginTask, joinTask, runTask } from "./cycles.js";
import {
  carryOut,
  clearEntries,
  countEntries,
  deleteEntry,
  expireEntry,
  findEntry,
  peekEntry,
  putExplicit,
} from "./entries.js";
import { beginLoad, endLoad, invalidateRunning, Load, PendingLoads } from "./inflight.js";
import { keepResult } from "./keep.js";
import { fenceOf } from "./load-fence.js";
import { isPromise, isShareable } from "./one-shot.js";
import type { Call, Plan } from "./plan.js";
import { releaseEntry, releaseShared, retainExplicit } from "./retain.js";
import { SyncLoading } from "./sync-loading.js";
import { begun, isOvertaken, momentOf } from "./tagging.js";
import { keepError, throwAgain } from "./thrown.js";

/** The entries of one function, or of one method on one instance. Small: there may be one for each of many objects. */
export class SyncCache {
  readonly plan: Plan;
  /** For the short way of a call only. */
  readonly store: SyncStore;
  #pending: PendingLoads | undefined;
  /** What the options say about values that are over, and about waiting for new ones; `undefined`: nothing. */
  readonly loading: SyncLoading | undefined;

  constructor(plan: Plan, store: SyncStore) {
    this.plan = plan;
    this.store = store;
    this.loading = plan.config.loading === undefined ? undefined : new SyncLoading(plan, this);
  }

  /** The load under way that calls of a key share. */
  pendingOf(key: Key): Load | undefined {
    return this.#pending?.get(key);
  }

  /** The fresh entry of a key, counted as a hit. */
  find(key: Key): Entry | undefined {
    return findEntry(this.plan, this.store, key);
  }

  /** The fresh value of a key, in an object of its own; counted as a hit or a miss. */
  get(key: Key): { readonly value: unknown } | undefined {
    const entry = this.find(key);
    if (entry === undefined) this.plan.counters.misses += 1;
    return entry && releaseEntry(this.plan, entry);
  }

  /** What a hit returns, where somebody listens or wants copies. An entry that cannot be copied was no hit. */
  give(entry: Entry, call: Call): unknown {
    const { config, counters, guard } = this.plan;
    const { key, args } = call;
    const given = this.resultOf(entry);
    if (given === undefined) {
      counters.hits -= 1;
      return this.getNew(call);
    }
    if (guard.hears("onHit")) guard.tell("onHit", { name: config.name, key, args });
    return (entry.traits & THROWN) === 0 ? given.value : throwAgain(entry, given.value);
  }

  /** The same for a caller who may stop waiting. */
  missUntil(signal: Signal, call: Call, refresh: boolean): unknown {
    const result = this.miss({ ...call, signal }, refresh);
    const load = this.#pending?.get(call.key);
    if (load === undefined || !isPromise(result)) return result;
    return waitUnlessAborted(result, signal, () => {
      if (load.leave()) this.#pending?.abandon(load, signal.reason);
    });
  }

  /** A call that found nothing fresh: gets what is stale, where the options allow that, or a new value. */
  miss(call: Call, refresh = false): unknown {
    if (this.loading === undefined || refresh) return this.getNew(call, refresh);
    return this.loading.miss(call);
  }

  /** What a hit of an entry returns; `undefined` for one that cannot be copied. */
  resultOf(entry: Entry): { readonly value: unknown } | undefined {
    const { config } = this.plan;
    if (config.clone !== "structured" || this.store.isolates === true) return { value: entry.result };
    const copy = releaseEntry(this.plan, entry);
    if (copy === undefined || (entry.traits & AWAITED) === 0) return copy;
    return { value: Promise.resolve(copy.value) };
  }

  /** A call that has to have a new value: shares a load that is under way, or runs the function. Counted as a miss. */
  getNew(call: Call, refresh = false): unknown {
    const { config, counters, guard } = this.plan;
    counters.misses += 1;
    if (guard.hears("onMiss")) guard.tell("onMiss", { name: config.name, key: call.key, args: call.args });
    const shared = refresh ? undefined : this.#pending?.get(call.key);
    if (shared?.promise === undefined) return this.load(call, refresh);
    const cycle = joinTask(shared);
    if (cycle !== undefined) return Promise.reject(cycle);
    counters.coalesced += 1;
    shared.join(call.signal);
    const came = momentOf(this.plan, call.namespace);
    const again = (): unknown => {
      counters.misses -= 1;
      counters.coalesced -= 1;
      return this.getNew(call);
    };
    return shared.promise.then(
      (value) => (isOvertaken(this.plan, shared, came) ? again() : this.#giveShared(call, value)),
      (error: unknown) => {
        if (call.signal?.aborted !== true && isOvertaken(this.plan, shared, came)) return again();
        throw error;
      },
    );
  }

  /** What a caller gets who waited for another one's load: its value, or, if only one can have that, a load of its own. */
  #giveShared(call: Call, value: unknown): unknown {
    const { config, counters } = this.plan;
    if (isShareable(value)) return releaseShared(config, value);
    counters.coalesced -= 1;
    return this.load(call);
  }

  /** Runs the function and puts its result in the place of what is cached; earlier loads may not store theirs then. */
  refresh(call: Call): unknown {
    return this.getNew(call, true);
  }

  /**
   * Ends the time in which an entry is fresh. Where it is of use after that it stays; otherwise it is removed. Loads under
   * way may not put back what they find. Whether there was an entry.
   *
   * @throws CacheOperationError when the engine failed.
   */
  expire(key: Key): boolean {
    this.#fence(key);
    return carryOut(this.plan, "expire", () => expireEntry(this.plan, this.store, key));
  }

  /** Whether there is a fresh entry. Not counted. */
  has(key: Key): boolean {
    return peekEntry(this.plan, this.store, key) !== undefined;
  }

  /** The fresh value; `undefined` also when there is none. Not counted. */
  peek(key: Key): unknown {
    const entry = peekEntry(this.plan, this.store, key);
    return entry && (entry.traits & THROWN) === 0 ? releaseEntry(this.plan, entry)?.value : undefined;
  }

  /**
   * Stores a value, or what a promise will be fulfilled with.
   *
   * @throws CacheValueError when the value cannot be kept, CacheOperationError when the engine failed.
   */
  set(call: Call, value: unknown, awaited: boolean): void {
    const { key, args, ttl, namespace } = call;
    const plan = this.plan;
    this.#fence(key);
    if (isPromise(value)) {
      const load = begun(plan, new Load(this, key, fenceOf(this.store, key)), namespace);
      // Callers may stop waiting for the value; who puts it in does not.
      load.join(undefined);
      // The promise is the user's, and so is its rejection.
      this.#share(load, call, value).catch(() => undefined);
      return;
    }
    const load = begun(plan, beginLoad(this, key), namespace);
    const { since } = load;
    let entry: Entry | undefined;
    try {
      const isolated = this.store.isolates === true;
      entry = retainExplicit(plan.config, { key, args, value, awaited, ttl, isolated, since, namespace });
    } finally {
      endLoad(load);
    }
    // A removal by an option that was asked comes later than this.
    if (!load.valid) return;
    carryOut(plan, "set", () => putExplicit(plan, this.store, key, entry));
  }

  /**
   * Removes an entry, and takes from loads under way the right to put it back; whether there was one.
   *
   * @throws CacheOperationError when the engine failed.
   */
  delete(key: Key): boolean {
    this.#fence(key);
    return carryOut(this.plan, "delete", () => deleteEntry(this.plan, this.store, key, "delete"));
  }

  /**
   * Removes everything, and takes from loads under way the right to put anything back.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void {
    this.#fence();
    carryOut(this.plan, "clear", () => clearEntries(this.plan, this.store));
  }

  /** Gives the store back; loads under way settle, and store nothing. */
  close(): void {
    this.#fence();
    carryOut(this.plan, "close", () => this.store.close());
  }

  /** The keys that there are, of expired entries too. Throws a CacheOperationError when the engine failed. */
  keys(): Iterable<Key> {
    return carryOut(this.plan, "list", () => this.store.keys());
  }

  /** How many entries there are; `undefined` when the engine fails to say. */
  size(): number | undefined {
    return countEntries(this.plan, this.store);
  }

  /** Runs the function, and stores what it gives. */
  load(call: Call, refresh = false): unknown {
    const { counters, followsTasks: follows } = this.plan;
    const { fn = this.plan.fn } = call;
    const load = begun(this.plan, beginLoad(this, call.key, fenceOf(this.store, call.key)), call.namespace);
    if (follows) beginTask(load, this.plan.config.name, call.isBackground !== true);
    const started = performance.now();
    load.began = started;
    let succeeded = false;
    try {
      load.join(call.isBackground === true ? undefined : call.signal);
      const args = argsFor(load, call) as unknown[];
      const value: unknown = follows ? runTask(load, true, () => fn.apply(call.self, args)) : fn.apply(call.self, args);
      if (isPromise(value)) return this.#share(load, call, value, started, refresh);
      succeeded = true;
      const cost = counters.loaded(started, true);
      this.loading?.ended(load, true);
      // What began before is older, and may not come after this.
      if (refresh && load.valid) this.#fence(call.key, load);
      keepResult(this.plan, this.store, load, call, { value, cost, by: refresh ? "refresh" : "load" });
      return value;
    } catch (error) {
      if (!succeeded) {
        counters.loaded(started, false);
        this.loading?.ended(load, false);
        keepError(this.plan, this.store, load, call, { error, awaited: false, refresh });
      }
      throw error;
    } finally {
      // Not before the result is stored: what `shouldCache` and the like invalidate counts too.
      endLoad(load);
      if (load.promise === undefined) load.task?.end();
    }
  }

  /** Lets later callers share a promise, and stores what it is fulfilled with, unless the key is invalidated meanwhile. */
  #share(load: Load, call: Call, promise: Promise<unknown>, started?: number, refresh = false): Promise<unknown> {
    const by = started === undefined ? "set" : refresh ? "refresh" : "load";
    const settled = (succeeded: boolean): number | undefined => {
      if (started === undefined) return undefined;
      this.loading?.ended(load, succeeded);
      return this.plan.counters.loaded(started, succeeded);
    };
    const shared = promise.then(
      (value) => {
        const cost = settled(true);
        if (load.valid) this.#pending?.overtake(load);
        keepResult(this.plan, this.store, load, call, { value, cost, promise: shared, by });
        this.#pending?.remove(load);
        return value;
      },
      (error: unknown) => {
        settled(false);
        if (started !== undefined) keepError(this.plan, this.store, load, call, { error, awaited: true, refresh });
        this.#pending?.remove(load);
        throw error;
      },
    );
    load.promise = shared;
    this.#pending ??= new PendingLoads();
    if (refresh) this.#pending.takeOver(load);
    else this.#pending.add(load);
    return shared;
  }

  #fence(key?: Key, except?: Load): void {
    this.loading?.forget(key);
    invalidateRunning(this, key, except);
    this.#pending?.invalidate(key);
  }
}
