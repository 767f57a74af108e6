/** How a flight ends for those who wait for it: with a new value, or with a stale one in its place. */

import type { Load } from "./inflight.js";
import type { Plan } from "./plan.js";
import { releaseShared } from "./retain.js";
import { mayFallBack, stageOf } from "./staleness.js";
import { isValid } from "./tagging.js";
import { waitFor } from "./wait.js";

/** How a flight ended. */
export interface Outcome {
  readonly value: unknown;
  readonly hit: boolean;
  /** The value is of an entry that is not fresh any more. */
  readonly isStale?: boolean;
  /** The value is what the function has thrown before, and is thrown again. */
  readonly isThrown?: boolean;
  /** There is none: another process makes the value, and this one has left that to it. */
  readonly isLeft?: boolean;
}

/** Of a flight that failed. */
export const FAILED: Outcome = Object.freeze({ value: undefined, hit: false });

/** Of a load in the background that was left to another process. */
export const LEFT: Outcome = Object.freeze({ value: undefined, hit: false, isStale: true, isLeft: true });

/** What is served at once while a load in the background is under way; `undefined`: it is to be waited for. */
export function meanwhile({ stale, isBackground }: Load, plan: Plan): Outcome | undefined {
  if (stale === undefined || !isBackground || !isValid(plan, stale)) return undefined;
  const stage = stageOf(stale, plan.config);
  if (stage === "fallback" || stage === "over") return undefined;
  return { value: stale.value, hit: true, isStale: stage === "revalidate" };
}

/** What takes the place of a load that fails or takes too long; `undefined`: nothing. */
export function insteadOf({ valid, stale }: Load, plan: Plan): Outcome | undefined {
  if (!valid || stale === undefined || !mayFallBack(stale, plan)) return undefined;
  // A copy even of what the store made for this load: it may be served once more.
  return { value: releaseShared(plan.config, stale.value), hit: false, isStale: true };
}

/** Waits for a flight as long as the options say. */
export function waitForFlight(load: Load, plan: Plan): Promise<Outcome> {
  const flight = load.promise as Promise<Outcome>;
  const { loading, name } = plan.config;
  if (loading === undefined) return flight;
  const instead = (): { readonly value: Outcome } | undefined => {
    const outcome = insteadOf(load, plan);
    return outcome && { value: outcome };
  };
  return waitFor(flight, { name, loading, began: () => load.began, instead });
}

/** Throws what the function has thrown before, if that is what came of a flight. */
export function settled({ value, isThrown = false }: Outcome): unknown {
  if (isThrown) throw value;
  return value;
}
