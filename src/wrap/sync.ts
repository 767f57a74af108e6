/** A cache on a store that answers at once. Synchronous functions stay synchronous; promises are shared and fenced. */

import type { SyncStore } from "../contract/index.js";
import { AWAITED, type Entry } from "../entry.js";
import { CacheValueError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { carryOut, clearEntries, deleteEntry, findEntry, peekEntry, putEntry } from "./entries.js";
import { beginLoad, endLoad, invalidateRunning, Load, PendingLoads } from "./inflight.js";
import { isPromise, isShareable } from "./one-shot.js";
import type { Call, Plan } from "./plan.js";
import { releaseEntry, releaseShared, retain, retainExplicit } from "./retain.js";

/** The entries of one function, or of one method on one instance. Small: there may be one for each of many objects. */
export class SyncCache {
  readonly #plan: Plan;
  /** For the short way of a call only. */
  readonly store: SyncStore;
  #pending: PendingLoads | undefined;

  constructor(plan: Plan, store: SyncStore) {
    this.#plan = plan;
    this.store = store;
  }

  /** The fresh entry of a key, counted as a hit. */
  find(key: Key): Entry | undefined {
    return findEntry(this.#plan, this.store, key);
  }

  /** What a hit returns, where somebody listens or wants copies. An entry that cannot be copied was no hit. */
  give(entry: Entry, call: Call): unknown {
    const { config, counters, guard } = this.#plan;
    const { key, args } = call;
    let result = entry.result;
    if (config.clone === "structured" && this.store.isolates !== true) {
      const copy = releaseEntry(this.#plan, entry);
      if (copy === undefined) {
        counters.hits -= 1;
        return this.miss(call);
      }
      result = (entry.traits & AWAITED) === 0 ? copy.value : Promise.resolve(copy.value);
    }
    if (guard.hears("onHit")) guard.tell("onHit", { name: config.name, key, args });
    return result;
  }

  /** A call that found nothing: shares a load that is under way, or runs the function. Counted as a miss. */
  miss(call: Call, refresh = false): unknown {
    const { config, counters, guard } = this.#plan;
    counters.misses += 1;
    if (guard.hears("onMiss")) guard.tell("onMiss", { name: config.name, key: call.key, args: call.args });
    const pending = refresh ? undefined : this.#pending?.get(call.key)?.promise;
    if (pending === undefined) return this.#load(call, refresh);
    counters.coalesced += 1;
    return pending.then((value) => this.#giveShared(call, value));
  }

  /** What a caller gets who waited for another one's load: its value, or, if only one can have that, a load of its own. */
  #giveShared(call: Call, value: unknown): unknown {
    const { config, counters } = this.#plan;
    if (isShareable(value)) return releaseShared(config, value);
    counters.coalesced -= 1;
    return this.#load(call);
  }

  /** Runs the function and puts its result in the place of what is cached; earlier loads may not store theirs then. */
  refresh(call: Call): unknown {
    return this.miss(call, true);
  }

  /** Whether there is a fresh entry. Not counted. */
  has(key: Key): boolean {
    return peekEntry(this.#plan, this.store, key) !== undefined;
  }

  /** The fresh value; `undefined` also when there is none. Not counted. */
  peek(key: Key): unknown {
    const entry = peekEntry(this.#plan, this.store, key);
    return entry && releaseEntry(this.#plan, entry)?.value;
  }

  /**
   * Stores a value, or what a promise will be fulfilled with.
   *
   * @throws CacheValueError when the value cannot be kept, CacheOperationError when the engine failed.
   */
  set(call: Call, value: unknown, awaited: boolean): void {
    const { key, args, ttl } = call;
    const plan = this.#plan;
    this.#fence(key);
    if (isPromise(value)) {
      // The promise is the user's, and so is its rejection.
      this.#share(new Load(this, key), call, value).catch(() => undefined);
      return;
    }
    const load = beginLoad(this, key);
    let entry: Entry | undefined;
    try {
      entry = retainExplicit(plan.config, { key, args, value, awaited, ttl, isolated: this.store.isolates === true });
    } finally {
      endLoad(load);
    }
    // A removal by an option that was asked comes later than this.
    if (!load.valid) return;
    const kept = carryOut(plan, "set", () =>
      entry === undefined ? deleteEntry(plan, this.store, key) : putEntry(plan, this.store, key, entry),
    );
    if (entry !== undefined && !kept) {
      throw new CacheValueError(`The value is larger than the whole cache "${plan.config.name}" may be.`);
    }
  }

  /**
   * Removes an entry, and takes from loads under way the right to put it back; whether there was one.
   *
   * @throws CacheOperationError when the engine failed.
   */
  delete(key: Key): boolean {
    this.#fence(key);
    return carryOut(this.#plan, "delete", () => deleteEntry(this.#plan, this.store, key));
  }

  /**
   * Removes everything, and takes from loads under way the right to put anything back.
   *
   * @throws CacheOperationError when the engine failed.
   */
  clear(): void {
    this.#fence();
    carryOut(this.#plan, "clear", () => clearEntries(this.#plan, this.store));
  }

  /** Gives the store back; loads under way settle, and store nothing. */
  close(): void {
    this.#fence();
    carryOut(this.#plan, "close", () => this.store.close());
  }

  /** How many entries there are; `undefined` when the engine fails to say. */
  size(): number | undefined {
    try {
      return this.store.size();
    } catch (error) {
      return this.#plan.guard.engineFailed("size", error);
    }
  }

  #load(call: Call, refresh = false): unknown {
    const { fn, counters } = this.#plan;
    const load = beginLoad(this, call.key);
    const started = performance.now();
    let succeeded = false;
    try {
      const value: unknown = fn.apply(call.self, call.args as unknown[]);
      if (isPromise(value)) return this.#share(load, call, value, started, refresh);
      succeeded = true;
      counters.loaded(started, true);
      // What began before is older, and may not come after this.
      if (refresh && load.valid) this.#fence(call.key, load);
      this.#keep(load, call, value);
      return value;
    } catch (error) {
      if (!succeeded) counters.loaded(started, false);
      throw error;
    } finally {
      // Not before the result is stored: what `shouldCache` and the like invalidate counts too.
      endLoad(load);
    }
  }

  /** Lets later callers share a promise, and stores what it is fulfilled with, unless the key is invalidated meanwhile. */
  #share(load: Load, call: Call, promise: Promise<unknown>, started?: number, refresh = false): Promise<unknown> {
    const settled = (succeeded: boolean): void => {
      if (started !== undefined) this.#plan.counters.loaded(started, succeeded);
    };
    const shared = promise.then(
      (value) => {
        settled(true);
        this.#keep(load, call, value, shared);
        this.#pending?.remove(load);
        return value;
      },
      (error: unknown) => {
        settled(false);
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

  /** Stores a result of the function, if it may be. Whatever goes wrong here, the caller gets the result. */
  #keep(load: Load, { key, args, ttl }: Call, value: unknown, promise?: Promise<unknown>): void {
    const { config, guard } = this.#plan;
    if (!load.valid) return;
    this.#pending?.overtake(load);
    const isolated = this.store.isolates === true;
    const entry = retain(config, guard, { key, args, value, awaited: promise !== undefined, ttl, isolated });
    // The options that were asked meanwhile may have invalidated the key.
    if (!load.valid) return;
    try {
      // An older value must not outlive a newer one that is not stored.
      if (entry === undefined) deleteEntry(this.#plan, this.store, key);
      else {
        if (promise !== undefined && config.clone !== "structured") entry.result = promise;
        if (!putEntry(this.#plan, this.store, key, entry)) guard.refused("It is larger than the whole cache may be.");
      }
    } catch (error) {
      if (error instanceof CacheValueError) {
        guard.refused(error.message);
        this.#forget(key);
      } else guard.engineFailed("set", error);
    }
  }

  /** Removes what is older than a value that cannot be kept. */
  #forget(key: Key): void {
    try {
      deleteEntry(this.#plan, this.store, key);
    } catch (error) {
      this.#plan.guard.engineFailed("delete", error);
    }
  }

  #fence(key?: Key, except?: Load): void {
    invalidateRunning(this, key, except);
    this.#pending?.invalidate(key);
  }
}
