/** What comes of what is in the tiers of a store. */

import type { Finding } from "../contract/index.js";
import { AWAITED, ENDED, type Entry, THROWN } from "../entry.js";
import { absent, type Past, WORDS } from "./absence.js";
import type { ExplainedEngine, ExplainedTier, MissReason } from "./explanation.js";
import type { Plan } from "./plan.js";
import { mayFallBack, type Stage, stageOf } from "./staleness.js";
import { culpritsOf, isValid } from "./tagging.js";
import { tierOf } from "./tier-words.js";

/** What was seen of a call's key. */
export interface Situation {
  readonly state: ExplainedEngine["state"];
  /** One for each tier, the nearest first; none where no store is open. */
  readonly findings: readonly Finding[];
  /** A load is under way, which the call may share. */
  readonly isLoading: boolean;
  /** The function has failed, and is not tried again yet where there is a stale value. */
  readonly isBackedOff: boolean;
  /** A change of the key is under way, for which calls wait, or do without the store. */
  readonly isChanging: boolean;
  /** The store answers at once. */
  readonly isSync: boolean;
}

/** Where no store has been opened yet. */
export function unopened(isSync: boolean): Situation {
  return { state: "unopened", findings: [], isLoading: false, isBackedOff: false, isChanging: false, isSync };
}

/** What a call would do. */
export type Verdict =
  | { readonly outcome: "hit"; readonly why: string; readonly throws: boolean; readonly refreshes: boolean }
  | { readonly outcome: "stale"; readonly why: string; readonly refreshes: boolean }
  | { readonly outcome: "miss"; readonly why: string; readonly reason: MissReason; readonly hasFallback: boolean };

/** The verdict, with what it is made of. */
export function judge(
  plan: Plan,
  engine: string,
  seen: Situation,
  past: Past & { readonly refresh: boolean },
): Verdict & { readonly tiers: readonly ExplainedTier[] } {
  const tiers = seen.findings.map((finding) => tierOf(plan, finding, finding.memory ?? finding.engine ?? engine));
  return { ...verdictOf(plan, seen, past), tiers };
}

function verdictOf(plan: Plan, seen: Situation, past: Past & { readonly refresh: boolean }): Verdict {
  if (past.refresh) return miss("refresh");
  if (seen.isChanging) return miss("changing");
  const found = decisive(plan, seen);
  const { entry, obstacle } = found;
  // A memory that may not serve it any more is not the end of it.
  if (obstacle !== undefined && obstacle !== "held-too-long") return miss(obstacle, found.detail);
  if (entry === undefined) {
    if (seen.state === "left alone") return miss("left-alone");
    const { reason, detail } = absent(plan, past);
    const isUnknown = reason === "absent" || reason === "never-stored";
    return isUnknown && found.isOfOtherCode === true ? miss("code-changed") : miss(reason, detail);
  }
  if (!isStillValid(plan, entry)) return miss("invalidated", culpritsOf(plan, entry));
  return served(plan, entry, stageOf(entry, plan.config), seen);
}

/** What is the end of it: the nearest that is fresh or, where there is none, what the engine itself says. */
function decisive(plan: Plan, { findings, state }: Situation): Finding {
  const usable = findings.filter(({ obstacle, entry }) => obstacle === undefined && entry !== undefined);
  const near = usable.filter(({ memory }) => memory !== undefined);
  const fresh = near.find(({ entry }) => entry !== undefined && isFreshNow(plan, entry));
  if (fresh !== undefined) return fresh;
  // There may be several, one of which has it.
  const all = findings.filter(({ memory }) => memory === undefined);
  const behind = all.find(({ entry }) => entry !== undefined) ?? all.find(({ obstacle }) => obstacle) ?? all[0] ?? {};
  const isSilent = state === "left alone" || behind.obstacle === "engine-failed";
  const isNothing = behind.entry === undefined && behind.obstacle === undefined;
  const alone = near.find(({ isAlone }) => isAlone === true);
  if (!isSilent) return isNothing && alone !== undefined ? alone : behind;
  return near[0] ?? (state === "left alone" ? {} : behind);
}

function isFreshNow(plan: Plan, entry: Entry): boolean {
  const stage = stageOf(entry, plan.config);
  return stage === "fresh" || stage === "ahead";
}

/** As a call judges it, without leaving anything in the entry. */
function isStillValid(plan: Plan, entry: Entry): boolean {
  return isValid(plan, apart(entry));
}

/** The entry as one that can be judged without leaving anything in it. */
function apart(entry: Entry): Entry {
  return entry.tagged === undefined ? entry : { ...entry, tagged: { ...entry.tagged } };
}

/** What comes of an entry that is there, and valid. */
function served(plan: Plan, entry: Entry, stage: Stage, { isBackedOff, isSync }: Situation): Verdict {
  const throws = (entry.traits & THROWN) !== 0;
  // What a function returns at once cannot be made in the background.
  const isBackground = !isSync || (entry.traits & AWAITED) !== 0;
  if (stage === "fresh" || stage === "ahead") {
    const refreshes = stage === "ahead" && isBackground && !isBackedOff;
    const what = throws ? "An error is there, and is thrown again" : "It is there, and fresh";
    return { outcome: "hit", why: `${what}${refreshes ? "; a new value is due" : ""}.`, throws, refreshes };
  }
  if (stage !== "over" && isBackedOff) {
    return { outcome: "stale", why: `${STALE}, since the function has just failed.`, refreshes: false };
  }
  if (stage === "revalidate" && isBackground) {
    return { outcome: "stale", why: `${STALE}, while a new value is made.`, refreshes: true };
  }
  return { ...miss((entry.traits & ENDED) === 0 ? "expired" : "ended"), hasFallback: mayFallBack(apart(entry), plan) };
}

const STALE = "It is there, no longer fresh, and may still be served";

function miss(reason: MissReason, detail = ""): Verdict & { readonly outcome: "miss" } {
  const why = detail === "" ? `${WORDS[reason]}.` : `${WORDS[reason]}: ${detail}`;
  return { outcome: "miss", reason, why: /[.]$/.test(why) ? why : `${why}.`, hasFallback: false };
}
