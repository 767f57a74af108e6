/** What happens to the entries of a store: each step counted, told to the hooks, and guarded against the engine. */

import type { SyncStore } from "../contract/index.js";
import { type Entry, isFresh } from "../entry.js";
import { CacheValueError, operationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import type { Plan } from "./plan.js";
import { releaseShared } from "./retain.js";

/** The fresh entry of a key, counted as a hit. One that is not fresh any more is removed. */
export function findEntry(plan: Plan, store: SyncStore, key: Key): Entry | undefined {
  let entry: Entry | undefined;
  try {
    entry = store.get(key);
  } catch (error) {
    return plan.guard.engineFailed("get", error);
  }
  if (entry === undefined) return undefined;
  if (!isFresh(entry, plan.config.clock)) {
    expireEntry(plan, store, key, entry);
    // A hook that was told may have filled the place.
    entry = plan.guard.hears("onEvict") ? peekEntry(plan, store, key) : undefined;
  }
  if (entry !== undefined) plan.counters.hits += 1;
  return entry;
}

/** The fresh entry of a key; neither counted nor a use. */
export function peekEntry(plan: Plan, store: SyncStore, key: Key): Entry | undefined {
  try {
    const entry = rawEntry(store, key);
    return entry !== undefined && isFresh(entry, plan.config.clock) ? entry : undefined;
  } catch (error) {
    return plan.guard.engineFailed("get", error);
  }
}

/** Stores an entry; `false` when it is too large. Throws what the engine throws. */
export function putEntry(plan: Plan, store: SyncStore, key: Key, entry: Entry): boolean {
  const { config, guard } = plan;
  const replaced = lookAt(plan, store, key);
  const kept = store.set(key, entry);
  if (replaced !== undefined) guard.removed(key, replaced, kept ? "replaced" : "deleted");
  if (kept && guard.hears("onSet")) {
    guard.tell("onSet", { name: config.name, key, value: releaseShared(config, entry.value) });
  }
  return kept;
}

/** Removes an entry; whether there was one. Throws what the engine throws. */
export function deleteEntry(plan: Plan, store: SyncStore, key: Key): boolean {
  const deleted = lookAt(plan, store, key);
  const existed = store.delete(key);
  if (deleted !== undefined) plan.guard.removed(key, deleted, "deleted");
  return existed;
}

/** Removes all entries. Throws what the engine throws. */
export function clearEntries(plan: Plan, store: SyncStore): void {
  const cleared = new Map(keysFor(plan, store).map((key) => [key, lookAt(plan, store, key)]));
  store.clear();
  for (const [key, entry] of cleared) if (entry !== undefined) plan.guard.removed(key, entry, "cleared");
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

/** Removes an entry that is not fresh any more; told when it is gone, since who is told may use the cache. */
function expireEntry(plan: Plan, store: SyncStore, key: Key, entry: Entry): void {
  try {
    store.delete(key);
  } catch (error) {
    plan.guard.engineFailed("delete", error);
    return;
  }
  plan.guard.removed(key, entry, "expired");
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

function rawEntry(store: SyncStore, key: Key): Entry | undefined {
  return store.peek === undefined ? store.get(key) : store.peek(key);
}
