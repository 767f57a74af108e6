/** Errors that are kept, and thrown again. */

import type { ResolvedConfig } from "../config/index.js";
import type { SyncStore } from "../contract/index.js";
import { AWAITED, createEntry, ENCODED, type Entry, THROWN, withTags } from "../entry.js";
import { CacheCycleError, CacheValueError } from "../errors.js";
import { isEncoded } from "../keys/index.js";
import { findStale, putEntry } from "./entries.js";
import { atOnce, consult, type Guard, OptionFailure } from "./guard.js";
import type { Load } from "./inflight.js";
import { fixedTimes } from "./lifetime.js";
import type { Call, Plan } from "./plan.js";
import type { Result } from "./result.js";
import { release, sizeIn } from "./retain.js";
import { isValid, tagsOfError } from "./tagging.js";

/** The entry for what a function has thrown; `undefined`: it is not to be stored, and that is told to nobody. */
export function retainError(config: ResolvedConfig, guard: Guard, result: Result): Entry | undefined {
  const errors = config.lifetimes?.errors;
  // Who waits for whom is another thing next time.
  if (errors === undefined || result.value instanceof CacheCycleError) return undefined;
  const { value: error, args, key, awaited, isolated = false } = result;
  try {
    const isKept = consult("cacheErrors", () => atOnce(errors.when(error, args)) === true);
    if (!isKept || !(errors.ttl > 0)) return undefined;
    const value = isolated ? error : release(config, error);
    const size = config.maxBytes === Number.POSITIVE_INFINITY ? 0 : sizeIn(config, key, value);
    const tagged = tagsOfError(config, result);
    const { traits: expires, createdAt, expiresAt } = fixedTimes(config, errors.ttl);
    const traits = expires + THROWN + (awaited ? AWAITED : 0) + (isEncoded(key) ? ENCODED : 0);
    const entry = createEntry(value, traits, createdAt, expiresAt, size);
    return tagged === undefined ? entry : withTags(entry, tagged);
  } catch (failure) {
    if (failure instanceof OptionFailure) return guard.optionFailed(failure.option, failure.cause, key);
    return guard.refused("The error cannot be copied.", key);
  }
}

/** Stores what a function has thrown, if it may be, and there is nothing that is of more use, as for a refresh. */
export function keepError(
  plan: Plan,
  store: SyncStore,
  load: Load,
  { key, args, ttl, namespace }: Call,
  { error, awaited, refresh }: { readonly error: unknown; readonly awaited: boolean; readonly refresh: boolean },
): void {
  const { config, guard } = plan;
  guard.trace?.note("failed", refresh ? "refresh" : "load", key);
  if (refresh || config.lifetimes?.errors === undefined || !load.valid || findStale(plan, store, key) !== undefined)
    return;
  const isolated = store.isolates === true;
  const { since } = load;
  const entry = retainError(config, guard, { key, args, value: error, awaited, ttl, isolated, since, namespace });
  if (entry === undefined || !load.valid || !isValid(plan, entry)) return;
  try {
    const kept = putEntry(plan, store, key, entry, load.fence);
    if (!kept) guard.refused("The error is larger than the whole cache may be.", key);
    else if (kept === true) guard.trace?.note("stored", "load", key);
  } catch (failure) {
    if (failure instanceof CacheValueError) guard.refused(failure.message, key);
    else guard.engineFailed("set", failure, key);
  }
}

/**
 * Throws what a function has thrown before, or gives a promise that is rejected with it.
 *
 * @param result - The error, or a promise for it, of which each caller gets a copy where the options say so.
 */
export function throwAgain({ traits }: Entry, result: unknown): Promise<never> {
  if ((traits & AWAITED) === 0) throw result;
  return (result as Promise<unknown>).then((error) => {
    throw error;
  });
}
