/** What was found in one tier, for people. */

import type { Finding } from "../contract/index.js";
import { type Entry, THROWN } from "../entry.js";
import { WORDS } from "./absence.js";
import type { ExplainedTier } from "./explanation.js";
import type { Plan } from "./plan.js";
import { stageOf } from "./staleness.js";
import { culpritsOf, isValid } from "./tagging.js";

const STATES = { fresh: "fresh", ahead: "fresh", revalidate: "stale", fallback: "stale", over: "over" } as const;

/** See above. */
export function tierOf(plan: Plan, finding: Finding, name: string): ExplainedTier {
  const { entry, memory, bytes, isUse = false } = finding;
  const about = entry === undefined ? NOTHING : factsOf(plan, entry);
  // What a memory has read from the engine has the size that it has there.
  const size = memory === undefined && entry !== undefined && entry.size > 0 ? entry.size : undefined;
  return Object.freeze({
    name,
    isFront: memory !== undefined,
    ...stateOf(plan, finding),
    ...about,
    bytes: bytes ?? size,
    isUse,
  });
}

function stateOf(plan: Plan, { entry, obstacle, detail }: Finding): Pick<ExplainedTier, "state" | "why"> {
  if (obstacle === "engine-failed") return { state: "unknown", why: detail };
  if (obstacle !== undefined) {
    const words = `${WORDS[obstacle]}.`;
    return { state: "withheld", why: detail === undefined || detail === "" ? words : detail };
  }
  if (entry === undefined) return { state: "absent", why: undefined };
  const { tagged } = entry;
  const isInvalid = tagged !== undefined && !isValid(plan, { ...entry, tagged: { ...tagged } });
  if (isInvalid) return { state: "invalidated", why: culpritsOf(plan, entry) };
  return { state: STATES[stageOf(entry, plan.config)], why: undefined };
}

type Facts = Pick<ExplainedTier, "age" | "timeLeft" | "tags" | "isError">;

const NOTHING: Facts = { age: undefined, timeLeft: undefined, tags: Object.freeze([]), isError: false };

function factsOf({ config }: Plan, { createdAt, expiresAt, writtenAt, tagged, traits }: Entry): Facts {
  const now = config.clock.tick();
  const labels = tagged?.labels ?? [];
  return {
    age: createdAt === 0 ? since(writtenAt, Date.now()) : since(createdAt, now),
    timeLeft: expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, expiresAt - now),
    tags: Object.freeze(labels.filter((label) => label.startsWith("#")).map((label) => label.slice(1))),
    isError: (traits & THROWN) !== 0,
  };
}

function since(moment: number | undefined, now: number): number | undefined {
  return moment === undefined ? undefined : Math.max(0, now - moment);
}
