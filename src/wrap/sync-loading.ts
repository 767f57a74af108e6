/** Calls that find nothing fresh in a store which answers at once, where the options say more than to wait for a new value. */

import type { SyncStore } from "../contract/index.js";
import { AWAITED, type Entry } from "../entry.js";
import { CacheTimeoutError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { attempt, handOver } from "./background.js";
import { findStale } from "./entries.js";
import type { Load } from "./inflight.js";
import { isPromise } from "./one-shot.js";
import type { Call, Plan } from "./plan.js";
import { releaseEntry } from "./retain.js";
import { Backoffs, mayFallBack } from "./staleness.js";
import { waitFor } from "./wait.js";

/** What is needed of the cache. */
interface Cache {
  readonly store: SyncStore;
  /** The load under way that calls of a key share. */
  pendingOf(key: Key): Load | undefined;
  /** What a hit of an entry returns; `undefined` for one that cannot be copied. */
  resultOf(entry: Entry): { readonly value: unknown } | undefined;
  /** A new value, from a load that may be under way already. */
  getNew(call: Call): unknown;
  /** Runs the function, and stores what it gives. */
  load(call: Call): unknown;
}

/** See above. */
export class SyncLoading {
  readonly #plan: Plan;
  readonly #cache: Cache;
  readonly backoffs: Backoffs = new Backoffs();

  constructor(plan: Plan, cache: Cache) {
    this.#plan = plan;
    this.#cache = cache;
  }

  /** A call that found nothing fresh. */
  miss(call: Call): unknown {
    const { config } = this.#plan;
    const found = findStale(this.#plan, this.#cache.store, call.key);
    if (found === undefined) return this.#waitFor(call, this.#cache.getNew(call));
    const { entry, stage } = found;
    // What a function returns at once cannot be made in the background.
    const isAsynchronous = (entry.traits & AWAITED) !== 0;
    if (stage === "ahead" || (stage === "revalidate" && isAsynchronous)) {
      if (isAsynchronous) this.#loadInBackground(call);
      return this.#giveHit(call, entry, stage !== "ahead");
    }
    if (this.backoffs.holds(call.key, config)) return this.#giveHit(call, entry, true);
    return isAsynchronous ? this.#waitFor(call, this.#cache.getNew(call), entry) : this.#getOrFallBack(call, entry);
  }

  /** A load has ended; after a failure the next one waits, where there may be something to serve meanwhile. */
  ended(load: Load, succeeded: boolean): void {
    if (!load.valid) return;
    if (succeeded) this.backoffs.forget(load.key);
    else this.backoffs.failed(load.key, this.#plan.config);
  }

  /** What has failed is tried again at once: a key, or all of them. */
  forget(key?: Key): void {
    this.backoffs.forget(key);
  }

  /** A hit of an entry that was found on the way of a miss; where that cannot be copied, a new value. */
  #giveHit(call: Call, entry: Entry, isStale: boolean): unknown {
    const { config, counters, guard } = this.#plan;
    const given = this.#cache.resultOf(entry);
    if (given === undefined) return this.#cache.getNew(call);
    counters.hits += 1;
    if (isStale) counters.stale += 1;
    if (guard.hears("onHit")) guard.tell("onHit", { name: config.name, key: call.key, args: call.args });
    return given.value;
  }

  /** A new value of a function that returns it at once or, where the function fails, the stale one. */
  #getOrFallBack(call: Call, entry: Entry): unknown {
    const came = attempt(() => this.#cache.getNew(call));
    if ("result" in came) return this.#waitFor(call, came.result, entry);
    const { counters, guard } = this.#plan;
    const given = mayFallBack(entry, this.#plan) ? this.#cache.resultOf(entry) : undefined;
    if (given === undefined) throw came.error;
    guard.loadFailed(came.error);
    counters.stale += 1;
    return given.value;
  }

  /** Waits for a promise as long as the options say; where it fails, or takes too long, the stale entry takes its place. */
  #waitFor(call: Call, result: unknown, entry?: Entry): unknown {
    const { config, counters } = this.#plan;
    const { loading } = config;
    if (loading === undefined || !isPromise(result)) return result;
    // A load that is not listed is one that nobody can invalidate, so that nothing may take its place.
    const load = this.#cache.pendingOf(call.key);
    let isServed = false;
    const instead = (): { readonly value: unknown } | undefined => {
      if (entry === undefined || load?.valid !== true || !mayFallBack(entry, this.#plan)) return undefined;
      const given = releaseEntry(this.#plan, entry);
      if (given === undefined) return undefined;
      isServed = true;
      counters.stale += 1;
      return given;
    };
    const called = load?.began ?? performance.now();
    const waited = waitFor(result, { name: config.name, loading, began: () => called, instead });
    if (entry === undefined) return waited;
    // The load may fail after the stale entry has taken its place.
    result.catch((error: unknown) => {
      if (isServed) this.#tell(load, error);
    });
    return waited.catch((error: unknown) => {
      const given = error instanceof CacheTimeoutError ? undefined : instead();
      if (given === undefined) throw error;
      this.#tell(load, error);
      return given.value;
    });
  }

  /** A load has failed, which who gets a stale value does not hear. Told once, however many those are. */
  #tell(load: Load | undefined, error: unknown): void {
    if (load?.isTold === true) return;
    if (load !== undefined) load.isTold = true;
    this.#plan.guard.loadFailed(error);
  }

  /** Makes a new value while callers get an older one, unless somebody does already, or it was tried in vain just now. */
  #loadInBackground(call: Call): void {
    const { config, guard } = this.#plan;
    if (this.#cache.pendingOf(call.key) !== undefined || this.backoffs.holds(call.key, config)) return;
    const came = attempt(() => this.#cache.load({ ...call, isBackground: true }));
    const load = this.#cache.pendingOf(call.key);
    const done = "result" in came ? Promise.resolve(came.result) : Promise.reject(came.error);
    const settled = done.catch((error: unknown) => this.#tell(load, error));
    handOver(guard, config.loading?.waitUntil, settled);
  }
}
