/** Explanations for a cache on a store that answers with promises. */

import type { Key } from "../keys/index.js";
import type { AsyncCache } from "./async.js";
import type { AsyncCacheSet } from "./async-set.js";
import { ask, conclude, type Subject } from "./explain.js";
import type { Explanation } from "./explanation.js";
import type { Plan } from "./plan.js";
import { type Situation, unopened } from "./verdict.js";

/** What a call on this object would do. Does not reject for the engine's sake. */
export async function explainLater(set: AsyncCacheSet, self: unknown, args: unknown[]): Promise<Explanation> {
  const { plan, disabled, refusal, skipped, engine } = set.opening;
  const about = (): Subject => {
    const { isClosed, subject } = set;
    // What is kept of all instances is in one store.
    const { name } = subject;
    return { name, plan, engine: engine(), skipped: skipped(), isClosed, disabled, refusal, perInstance: false };
  };
  const asked = ask(about(), self, args);
  if ("outcome" in asked) return asked;
  const seen = await lookIn(set.lookFor(), plan, asked.key);
  const { trace } = plan.guard;
  // By now it is known which engine it is.
  return conclude({ ...asked, subject: about() }, seen, trace === undefined ? [] : [trace]);
}

/** What there is of a key. Never rejects. */
async function lookIn(cache: AsyncCache | undefined, { config }: Plan, key: Key): Promise<Situation> {
  if (cache === undefined) return unopened(false);
  const { entries, flights } = cache;
  const { findings, failure, isLeftAlone, isChanging } = await entries.sight.look(key);
  const state = failure !== undefined ? "failed" : isLeftAlone ? "left alone" : "open";
  const load = flights.loads.get(key);
  // What a refresh or a promise that was set comes to is waited for, whatever is there.
  const isReplaced = load?.promise !== undefined && load.replaces;
  const isBackedOff = flights.backoffs.holds(key, config);
  return {
    state,
    findings,
    isLoading: load !== undefined,
    isBackedOff,
    isChanging: isChanging || isReplaced,
    isSync: false,
  };
}
