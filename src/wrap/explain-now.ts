/** Explanations for a cache on a store that answers at once. */

import { lookInto } from "../contract/index.js";
import type { Key } from "../keys/index.js";
import type { CacheSet } from "./cache-set.js";
import { ask, conclude, type Subject, uncached, wordsOf } from "./explain.js";
import type { Explanation } from "./explanation.js";
import type { SyncCache } from "./sync.js";
import type { Trace } from "./trace.js";
import { type Situation, unopened } from "./verdict.js";

/** What a call on this object would do. Does not throw for the engine's sake. */
export function explainNow(set: CacheSet, self: unknown, args: unknown[]): Explanation {
  const { plan, disabled, refusal, perInstance, skipped, engine } = set.opening;
  const { isClosed, subject } = set;
  const about = (): Subject => {
    const { name } = subject;
    return { name, plan, engine: engine(), skipped: skipped(), isClosed, disabled, refusal, perInstance };
  };
  const isObject = (typeof self === "object" && self !== null) || typeof self === "function";
  if (perInstance && self !== undefined && !isObject) {
    return uncached(about(), "this", "There is a cache for each instance, and this is none.");
  }
  const asked = ask(about(), self, args);
  if ("outcome" in asked) return asked;
  if (engine() === "none") return uncached(about(), "engine-failed", "No engine can be used.");
  let cache: SyncCache | undefined;
  try {
    cache = set.lookFor(self);
  } catch (error) {
    return uncached(about(), "engine-failed", `No store can be opened: ${wordsOf(error)}`);
  }
  // The engine may have given way to another one when the store was opened.
  return conclude(
    { ...asked, subject: about() },
    cache === undefined ? unopened(true) : lookIn(cache, asked.key),
    tracesOf(set, self),
  );
}

/** What there is of a key. */
function lookIn(cache: SyncCache, key: Key): Situation {
  const { store, plan, loading } = cache;
  const isBackedOff = loading?.backoffs.holds(key, plan.config) ?? false;
  const isLoading = cache.pendingOf(key) !== undefined;
  const findings = lookInto(store, key);
  return { state: "open", findings, isLoading, isBackedOff, isChanging: false, isSync: true };
}

/** What is remembered of an object's cache, and of all of them together. */
export function tracesOf(set: CacheSet, self: unknown): readonly Trace[] {
  const common = set.opened?.plan.guard.trace;
  if (common === undefined || set.isClosed) return common === undefined ? [] : [common];
  const own = set.opened?.perInstance === true ? set.known(self)?.plan.guard.trace : undefined;
  return own === undefined || own === common ? [common] : [common, own];
}
