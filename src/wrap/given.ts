/** What a fresh entry gives to a caller, in an object of its own. */

import { type Entry, isFresh, THROWN } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { AsyncEntries } from "./async-entries.js";
import type { Outcome } from "./outcome.js";
import type { Plan } from "./plan.js";
import { releaseEntry } from "./retain.js";
import { stageOf } from "./staleness.js";

/**
 * The value, or the error that the function has thrown before; `undefined`: nothing that may be served.
 *
 * @param isolates - The entry was read for this caller alone.
 */
export function givenBy(entry: Entry | undefined, plan: Plan, isolates: boolean): Outcome | undefined {
  if (entry === undefined || !isFresh(entry, plan.config.clock)) return undefined;
  const given = isolates ? entry : releaseEntry(plan, entry);
  if (given === undefined) return undefined;
  const { value } = given;
  return (entry.traits & THROWN) === 0 ? { value, hit: true } : { value, hit: true, isThrown: true };
}

/**
 * A hit that needs no flight: the store has a fresh entry at hand, of which no more is to be said; `undefined`: none. Not
 * where a hook hears of hits: it may call the function, and would be called within its own call.
 */
export function atHand(key: Key, plan: Plan, entries: AsyncEntries): Outcome | undefined {
  const { config, guard } = plan;
  const entry = guard.hears("onHit") ? undefined : entries.atHand(key, "getNow");
  if (entry === undefined || (config.loading !== undefined && stageOf(entry, config) !== "fresh")) return undefined;
  return givenBy(entry, plan, entries.isolates);
}
