/** Explanations: what a call would do now, and why. Nothing is run, counted, told, stored or removed for them. */

import { type Key, readableKey } from "../keys/index.js";
import { type Overrides, scope } from "../scope.js";
import { keyIn, namespaceOf } from "./admit.js";
import type { ExplainedEngine, ExplainedUncached, Explanation, SkippedEngine, UncachedReason } from "./explanation.js";
import { consult, OptionFailure } from "./guard.js";
import type { Plan } from "./plan.js";
import { type Remembered, type Trace, told } from "./trace.js";
import { judge, type Situation } from "./verdict.js";

/** What is known of a cache before its store is looked into. */
export interface Subject {
  readonly name: string;
  readonly plan: Plan;
  readonly engine: string;
  readonly skipped: readonly SkippedEngine[];
  readonly isClosed: boolean;
  readonly disabled: boolean;
  readonly refusal: string | undefined;
  /** One cache for each `this`. */
  readonly perInstance: boolean;
}

/** A call that looks into the cache. */
export interface Asked {
  readonly subject: Subject;
  readonly key: Key;
  /** The block around asks for a new value. */
  readonly refresh: boolean;
}

/** Whether a call looks into the cache, by the same rules as {@link admit}, or why it does not. */
export function ask(subject: Subject, self: unknown, args: unknown[]): Asked | ExplainedUncached {
  const { plan, refusal } = subject;
  const rules = scope.read?.();
  if (subject.isClosed) return uncached(subject, "closed", "The cache was closed.");
  if (refusal !== undefined) return uncached(subject, "identity", refusal);
  if (subject.disabled) return uncached(subject, "disabled", "TWAT_CACHE_DISABLE switches every cache off.");
  if (rules?.bypass === true) return uncached(subject, "bypass", 'The block around the call says "bypass".');
  const { when } = plan.config;
  try {
    if (when !== undefined && !consult("when", () => when(args))) {
      return uncached(subject, "when", 'The option "when" says that this call does not use the cache.');
    }
    return { subject, key: keyFor(plan, self, args, rules), refresh: rules?.refresh === true };
  } catch (error) {
    const [option, cause] = error instanceof OptionFailure ? [error.option, error.cause] : ["key", error];
    const why = `${option === "when" ? 'The option "when" failed' : "No key can be made of the arguments"}: ${wordsOf(cause)}`;
    return uncached(subject, option === "when" ? "when" : "key", why);
  }
}

function keyFor(plan: Plan, self: unknown, args: unknown[], rules: Overrides | undefined): Key {
  const { keyForLook: keyOf = plan.keyOf } = plan;
  return keyIn({ keyOf }, self, args, namespaceOf(plan, rules));
}

/** A call that does not look into the cache. */
export function uncached(subject: Subject, reason: UncachedReason, why: string): ExplainedUncached {
  const state = reason === "closed" ? "closed" : reason === "engine-failed" ? "failed" : stateOff(reason);
  return Object.freeze({
    outcome: "uncached",
    name: subject.name,
    reason,
    why,
    key: undefined,
    engine: engineOf(subject, state),
    tiers: Object.freeze([]),
    isLoading: false,
    events: Object.freeze([]),
  });
}

function stateOff(reason: UncachedReason): ExplainedEngine["state"] {
  return reason === "disabled" || reason === "identity" ? "off" : "unopened";
}

/** Puts together what was seen and what comes of it. */
export function conclude({ subject, key, refresh }: Asked, seen: Situation, traces: readonly Trace[]): Explanation {
  const { plan, name } = subject;
  const events = eventsOf(traces, key);
  const isUntouched = seen.state === "unopened" && !subject.perInstance;
  // What was remembered of an instance has gone with its cache, where those of all were cleared.
  const isLost = subject.perInstance && traces[0]?.all.some(({ event }) => event === "cleared") === true;
  const isWhole = isUntouched || (traces.length > 0 && !isLost && traces.every((trace) => trace.isWhole));
  const { tiers, ...verdict } = judge(plan, subject.engine, seen, { events, isWhole, refresh });
  const { args, namespace, self } = readableKey(key);
  return Object.freeze({
    ...verdict,
    name,
    key: Object.freeze({ args, namespace, self }),
    engine: engineOf(subject, seen.state),
    tiers: Object.freeze(tiers),
    isLoading: seen.isLoading,
    events: Object.freeze(events.map(told)),
  });
}

/** What several memories have of a key, in the order of time. */
function eventsOf(traces: readonly Trace[], key: Key): readonly Remembered[] {
  const all = traces.flatMap((trace) => trace.of(key));
  return traces.length > 1 ? all.sort((a, b) => a.at - b.at) : all;
}

function engineOf({ engine, skipped, plan }: Subject, state: ExplainedEngine["state"]): ExplainedEngine {
  const { config } = plan;
  const asked = typeof config.engine === "string" ? config.engine : config.engine?.name;
  const reasons = skipped.map(({ engine: name, reason }) => Object.freeze({ engine: name, reason }));
  return Object.freeze({ name: engine, state, why: choiceOf(engine, asked, reasons), skipped: Object.freeze(reasons) });
}

function choiceOf(engine: string, asked: string | undefined, skipped: readonly SkippedEngine[]): string {
  if (engine === "none") return "No engine can be used.";
  const list = skipped.map((one) => `"${one.engine}" is not used: ${one.reason}`).join("; ");
  if (engine.includes("+"))
    return `Each result is in the one of ${engine.replaceAll("+", ", ")} that suits it${list && `; ${list}`}.`;
  if (asked === engine) return `"${engine}" is the one that was asked for.`;
  if (asked !== undefined) return `"${engine}" stands in for "${asked}"${list === "" ? "" : `, since ${list}`}.`;
  return list === "" ? `"${engine}" comes first in the chain.` : `"${engine}" is the next in the chain, since ${list}.`;
}

/** What an error says, of whatever kind it is. */
export function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    // Not to be looked at, like a revoked proxy.
    return "it cannot be looked at.";
  }
}

/** What a cache remembers, for people. */
export function listTrace(traces: readonly (Trace | undefined)[]): ReturnType<typeof told>[] {
  const all = traces.flatMap((trace) => trace?.all ?? []);
  return (traces.length > 1 ? all.sort((a, b) => a.at - b.at) : all).map(told);
}
