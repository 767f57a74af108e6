/**
 * Loads that are under way. A load that is no longer valid when it settles may not store what it found: that is the
 * fence which keeps an old value from coming back after `delete` or `clear`.
 */

import type { Entry, Moment, Tagged } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { Controller, Signal } from "../signal.js";
import type { Task } from "./cycles.js";
import type { LoadFence } from "./load-fence.js";

/** One run of a function on a cache's behalf. */
export class Load {
  /** Whether the result may be stored: nothing has invalidated the key since the load began. */
  valid = true;
  /** The same for what other processes do. */
  fence: LoadFence;
  /** What other callers of the key wait for, once the function has returned a promise. */
  promise: Promise<unknown> | undefined;
  /** The load whose place a refresh has taken; it may store until the refresh does, which may fail. */
  before: Load | undefined;
  settled = false;
  /** What may be served in place of the result. */
  stale: Entry | undefined;
  /** It was asked for though there may be a value, which stays if this fails. */
  replaces = false;
  /** Nobody waits for it, or need not. */
  isBackground = false;
  /** It was told that it has failed. */
  isTold = false;
  /** When the function was called, by `performance.now()`; `undefined`: it was not yet. */
  began: number | undefined;
  /** When it began, by the order of invalidations; `undefined`: its result has no tags. */
  since: Moment | undefined;
  /** What its result has tags for, as far as that is known. */
  tagged: Tagged | undefined;
  readonly owner: object;
  readonly key: Key;

  /** Who waits for whom; `undefined`: nobody follows that. */
  task: Task | undefined;
  /** What ends the function's work, where somebody's signal stands among its arguments. */
  controller: Controller | undefined;
  /** Nobody waits any more, and why. */
  abandoned: { readonly reason: unknown } | undefined;
  /** Callers who wait, and may stop. */
  #waiting = 0;
  /** Somebody waits who will not stop. */
  #isHeld = false;

  constructor(owner: object, key: Key, fence?: LoadFence) {
    this.owner = owner;
    this.key = key;
    this.fence = fence;
  }

  /** A caller waits for the load, until the signal ends the wait, if there is one. */
  join(signal: Signal | undefined): void {
    if (signal === undefined) this.#isHeld = true;
    else this.#waiting += 1;
  }

  /** A caller waits no more; whether nobody does. */
  leave(): boolean {
    this.#waiting -= 1;
    return this.#waiting === 0 && !this.#isHeld;
  }
}

/** Loads that one cache keeps waiting at the same time; calls beyond this run unshared and unstored. */
const MAX_PENDING = 100_000;

/**
 * Functions that are running right now, outermost first. They end in reverse order, so a stack serves all caches; an
 * asynchronous function stands here until its first `await`.
 */
const running: Load[] = [];

/** A load begins: the function is about to be called. */
export function beginLoad(owner: object, key: Key, fence?: LoadFence): Load {
  const load = new Load(owner, key, fence);
  running.push(load);
  return load;
}

/** The function has returned or thrown. */
export function endLoad(load: Load): void {
  const place = running.lastIndexOf(load);
  if (place >= 0) running.splice(place, 1);
}

/** Loads of one cache whose promises have not settled, by key. */
export class PendingLoads {
  readonly #loads = new Map<Key, Load>();

  /** The load that calls of this key may share. */
  get(key: Key): Load | undefined {
    return this.#loads.get(key);
  }

  /**
   * Lets other callers share the load. Not one that was invalidated while the function ran, nor one that a later load of
   * the key has overtaken, nor one beyond the bound: what cannot be fenced here is not stored.
   */
  add(load: Load): void {
    if (this.#loads.has(load.key) || this.#loads.size >= MAX_PENDING) load.valid = false;
    if (load.valid) this.#loads.set(load.key, load);
  }

  /** The same for a refresh: from now on callers share it, and no earlier load. */
  takeOver(load: Load): void {
    const before = this.#loads.get(load.key);
    if (before !== undefined) this.#loads.delete(load.key);
    this.add(load);
    load.before = before;
  }

  /** A refresh has a result: loads that began before it may not store theirs any more. */
  overtake(load: Load): void {
    for (let earlier = load.before; earlier !== undefined; earlier = earlier.before) earlier.valid = false;
    load.before = undefined;
  }

  /** The load has settled. One that is still under way after a refresh has failed is shared again. */
  remove(load: Load): void {
    load.settled = true;
    load.task?.end();
    if (this.#loads.get(load.key) !== load) return;
    let earlier = load.before;
    while (earlier?.settled === true) earlier = earlier.before;
    if (earlier === undefined) this.#loads.delete(load.key);
    else this.#loads.set(load.key, earlier);
  }

  /** Ends a load that nobody waits for: it is not stored, and the next call begins another one. */
  abandon(load: Load, reason: unknown): void {
    load.valid = false;
    load.abandoned = { reason };
    this.remove(load);
    load.controller?.abort(reason);
  }

  /** The loads of one key, or all of them, may not store their results; later callers do not share them. */
  invalidate(key?: Key): void {
    for (const load of key === undefined ? this.#loads.values() : [this.#loads.get(key)]) {
      if (load === undefined) continue;
      load.valid = false;
      this.overtake(load);
    }
    if (key === undefined) this.#loads.clear();
    else this.#loads.delete(key);
  }
}

/** Functions of this cache that are running right now, for one key or all, may not store their results. */
export function invalidateRunning(owner: object, key?: Key, except?: Load): void {
  for (const load of running) {
    if (load !== except && load.owner === owner && (key === undefined || load.key === key)) load.valid = false;
  }
}
