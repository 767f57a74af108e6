/** Results that are kept, in a store that answers at once. */

import type { SyncStore } from "../contract/index.js";
import { CacheValueError } from "../errors.js";
import { deleteEntry, forgetEntry, putEntry } from "./entries.js";
import type { Load } from "./inflight.js";
import type { Call, Plan } from "./plan.js";
import { retain } from "./retain.js";
import { isValid } from "./tagging.js";
import { overtaken } from "./trace.js";

/** What a function has given. */
interface Given {
  readonly value: unknown;
  /** Milliseconds that it took. */
  readonly cost: number | undefined;
  /** What was fulfilled with the value, and is given to later callers; `undefined`: the function returned it at once. */
  readonly promise?: Promise<unknown>;
  /** Who has asked for it. */
  readonly by: "load" | "refresh" | "set";
}

/** Stores a result of the function, if it may be. Whatever goes wrong here, the caller gets the result. */
export function keepResult(
  plan: Plan,
  store: SyncStore,
  load: Load,
  call: Call,
  { value, cost, promise, by }: Given,
): void {
  const { key, args, ttl, namespace } = call;
  const { config, guard } = plan;
  if (!load.valid) return void overtaken(plan, key);
  const isolated = store.isolates === true;
  const { since } = load;
  const awaited = promise !== undefined;
  const entry = retain(config, guard, { key, args, value, awaited, ttl, cost, isolated, since, namespace });
  if (entry !== undefined) load.tagged = entry.tagged;
  // The options that were asked meanwhile may have invalidated the key.
  if (!load.valid) return void overtaken(plan, key);
  try {
    // An older value must not outlive a newer one that is not stored.
    if (entry === undefined) return void deleteEntry(plan, store, key);
    if (!isValid(plan, entry)) {
      overtaken(plan, key);
      return void deleteEntry(plan, store, key);
    }
    if (promise !== undefined && config.clone !== "structured") entry.result = promise;
    const kept = putEntry(plan, store, key, entry, load.fence);
    if (!kept) guard.refused("It is larger than the whole cache may be.", key);
    else if (kept === "fenced") overtaken(plan, key);
    else guard.trace?.note("stored", by, key);
  } catch (error) {
    if (!(error instanceof CacheValueError)) return void guard.engineFailed("set", error, key);
    guard.refused(error.message, key);
    forgetEntry(plan, store, key);
  }
}
