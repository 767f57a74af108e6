/** What happens to the entries of a store: each step counted, told to the hooks, and guarded against the engine. */

import type { Kept, SyncStore } from "../contract/index.js";
import { type Entry, isFresh } from "../entry.js";
import { CacheValueError, operationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { slide } from "./lifetime.js";
import { fenceFor, type LoadFence } from "./load-fence.js";
import type { Plan } from "./plan.js";
import { releaseShared } from "./retain.js";
import { expired, type Stale, stageOf } from "./staleness.js";
import { culpritsOf, isValid } from "./tagging.js";

/** The fresh entry of a key, counted as a hit. One that is not fresh any more is removed. */
export function findEntry(plan: Plan, store: SyncStore, key: Key): Entry | undefined {
  let entry: Entry | undefined;
  try {
    entry = store.get(key);
  } catch (error) {
    return plan.guard.engineFailed("get", error);
  }
  if (entry === undefined) return undefined;
  const { loading, lifetimes } = plan.config;
  if (!isValid(plan, entry)) {
    removeEntry(plan, store, key, entry, "invalidated");
    return undefined;
  }
  if (loading !== undefined) {
    const stage = stageOf(entry, plan.config);
    if (stage === "over") removeEntry(plan, store, key, entry, "expired");
    if (stage !== "fresh") return undefined;
  } else if (!isFresh(entry, plan.config.clock)) {
    removeEntry(plan, store, key, entry, "expired");
    // A hook that was told may have filled the place.
    entry = plan.guard.hears("onEvict") ? peekEntry(plan, store, key) : undefined;
  }
  if (entry === undefined) return undefined;
  plan.counters.hits += 1;
  if (lifetimes?.idle !== undefined) slide(entry, plan.config.clock.tick(), lifetimes.idle);
  return entry;
}

/** The entry of a key that may be served in place of a new value, and how; neither counted nor a use. */
export function findStale(plan: Plan, store: SyncStore, key: Key): Stale | undefined {
  try {
    const entry = validEntry(plan, store, key);
    const stage = entry === undefined ? "over" : stageOf(entry, plan.config);
    return entry === undefined || stage === "over" || stage === "fresh" ? undefined : { entry, stage };
  } catch (error) {
    return plan.guard.engineFailed("get", error);
  }
}

/** The fresh entry of a key; neither counted nor a use. */
export function peekEntry(plan: Plan, store: SyncStore, key: Key): Entry | undefined {
  try {
    const entry = validEntry(plan, store, key);
    return entry !== undefined && isFresh(entry, plan.config.clock) ? entry : undefined;
  } catch (error) {
    return plan.guard.engineFailed("get", error);
  }
}

/** Stores an entry; `false` when it is too large. Throws what the engine throws. */
export function putEntry(plan: Plan, store: SyncStore, key: Key, entry: Entry, fence?: LoadFence): Kept {
  const { config, guard } = plan;
  const replaced = lookAt(plan, store, key);
  const kept = store.set(key, entry, fenceFor(store, fence));
  if (kept === "fenced") return kept;
  if (replaced !== undefined) guard.removed(key, replaced, kept ? "replaced" : "deleted");
  if (kept && guard.hears("onSet")) {
    guard.tell("onSet", { name: config.name, key, value: releaseShared(config, entry.value) });
  }
  return kept;
}

/**
 * The same on the user's behalf; `undefined`: nothing is to be there.
 *
 * @throws CacheValueError when it is too large to be kept.
 */
export function putExplicit(plan: Plan, store: SyncStore, key: Key, entry: Entry | undefined): void {
  const { trace } = plan.guard;
  if (entry === undefined) {
    trace?.note("refused", "option", key, "Its lifetime is over at once.");
    deleteEntry(plan, store, key);
  } else if (putEntry(plan, store, key, entry)) trace?.note("stored", "set", key);
  else {
    trace?.note("refused", "value", key, "It is larger than the whole cache may be.");
    throw new CacheValueError(`The value is larger than the whole cache "${plan.config.name}" may be.`);
  }
}

/** Ends the time in which an entry is fresh, or removes it, where it is of no use then; whether there was one. */
export function expireEntry(plan: Plan, store: SyncStore, key: Key): boolean {
  const fence = store.fence?.(key);
  const entry = validEntry(plan, store, key);
  if (entry === undefined) {
    // Somebody else may have one, or be about to.
    store.delete(key);
    return false;
  }
  plan.guard.trace?.note("ended", "expire", key);
  const over = expired(entry, plan.config);
  return over === undefined ? deleteEntry(plan, store, key) : store.set(key, over, fence) === true;
}

/**
 * Removes an entry; whether there was one. Throws what the engine throws.
 *
 * @param by - Who has asked for it. Default: nobody; that of which it is the consequence is noted elsewhere.
 */
export function deleteEntry(plan: Plan, store: SyncStore, key: Key, by?: "delete"): boolean {
  const deleted = lookAt(plan, store, key);
  const existed = store.delete(key);
  if (existed && by !== undefined) plan.guard.trace?.note("removed", by, key);
  if (deleted !== undefined) plan.guard.removed(key, deleted, "deleted");
  return existed;
}

/** Removes what is older than a value that cannot be kept. */
export function forgetEntry(plan: Plan, store: SyncStore, key: Key): void {
  try {
    deleteEntry(plan, store, key);
  } catch (error) {
    plan.guard.engineFailed("delete", error);
  }
}

/** Removes all entries. Throws what the engine throws. */
export function clearEntries(plan: Plan, store: SyncStore): void {
  const cleared = new Map(keysFor(plan, store).map((key) => [key, lookAt(plan, store, key)]));
  store.clear();
  plan.guard.trace?.note("cleared", "clear");
  for (const [key, entry] of cleared) if (entry !== undefined) plan.guard.removed(key, entry, "cleared");
}

/** How many entries there are; `undefined` when the engine fails to say. */
export function countEntries({ guard }: Plan, store: SyncStore): number | undefined {
  try {
    return store.size();
  } catch (error) {
    return guard.engineFailed("size", error);
  }
}

/** Carries out what a user asked for by name; a failing engine is the user's to know. */
export function carryOut<T>(plan: Plan, operation: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof CacheValueError) throw cause;
    plan.guard.engineFailed(operation, cause);
    throw operationError(plan.config.name, operation, cause);
  }
}

/** The same where it takes time. */
export async function carryOutLater<T>(plan: Plan, operation: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    return carryOut(plan, operation, () => {
      throw cause;
    });
  }
}

/** Removes an entry that may not be served any more; told when it is gone, since who is told may use the cache. */
function removeEntry(plan: Plan, store: SyncStore, key: Key, entry: Entry, reason: "expired" | "invalidated"): void {
  try {
    store.delete(key);
  } catch (error) {
    plan.guard.engineFailed("delete", error);
    return;
  }
  plan.guard.trace?.note("removed", reason, key, reason === "invalidated" ? culpritsOf(plan, entry) : undefined);
  plan.guard.removed(key, entry, reason);
}

/** What is about to leave, for the hook that hears of it. A store that fails here is still asked to remove it. */
function lookAt(plan: Plan, store: SyncStore, key: Key): Entry | undefined {
  if (!plan.guard.hears("onEvict")) return undefined;
  try {
    return rawEntry(store, key);
  } catch (error) {
    return plan.guard.engineFailed("get", error);
  }
}

/** The same for the keys. */
function keysFor(plan: Plan, store: SyncStore): readonly Key[] {
  if (!plan.guard.hears("onEvict")) return [];
  try {
    return [...store.keys()];
  } catch (error) {
    plan.guard.engineFailed("keys", error);
    return [];
  }
}

/** The entry of a key, fresh or not, unless it was invalidated. Throws what the engine throws. */
function validEntry(plan: Plan, store: SyncStore, key: Key): Entry | undefined {
  const entry = rawEntry(store, key);
  return entry !== undefined && isValid(plan, entry) ? entry : undefined;
}

/** The entry of a key, whatever it is. Throws what the engine throws. */
function rawEntry(store: SyncStore, key: Key): Entry | undefined {
  return store.peek === undefined ? store.get(key) : store.peek(key);
}
