/**
 * Loads that are under way. A load that is no longer valid when it settles may not store what it found: that is the
 * fence which keeps an old value from coming back after `delete` or `clear`.
 */

import type { Key } from "../keys/index.js";

/** One run of a function on a cache's behalf. */
export class Load {
  /** Whether the result may be stored: nothing has invalidated the key since the load began. */
  valid = true;
  /** What other callers of the key wait for, once the function has returned a promise. */
  promise: Promise<unknown> | undefined;
  /** The load whose place a refresh has taken; it may store until the refresh does, which may fail. */
  before: Load | undefined;
  settled = false;
  readonly owner: object;
  readonly key: Key;

  constructor(owner: object, key: Key) {
    this.owner = owner;
    this.key = key;
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
export function beginLoad(owner: object, key: Key): Load {
  const load = new Load(owner, key);
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
    if (this.#loads.get(load.key) !== load) return;
    let earlier = load.before;
    while (earlier?.settled === true) earlier = earlier.before;
    if (earlier === undefined) this.#loads.delete(load.key);
    else this.#loads.set(load.key, earlier);
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
