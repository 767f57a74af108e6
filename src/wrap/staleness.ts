/** What may be done with an entry that is not fresh any more, and when a function that failed is tried again. */

import type { ResolvedConfig } from "../config/index.js";
import { ENDED, type Entry, EXPIRES, SLIDES, THROWN } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { Plan } from "./plan.js";
import { isValid } from "./tagging.js";

/**
 * `"ahead"`: fresh, and a new value should be made in the background. `"revalidate"`: to be served at once, the same.
 * `"fallback"`: to be served where no new value can be had. `"over"`: of no use.
 */
export type Stage = "fresh" | "ahead" | "revalidate" | "fallback" | "over";

/** An entry that may be served in place of a new value. */
export interface Stale {
  readonly entry: Entry;
  readonly stage: "ahead" | "revalidate" | "fallback";
}

/** The stage of an entry, by the limits of when it was written and those of now, whichever come first. */
export function stageOf({ traits, createdAt, expiresAt, staleUntil }: Entry, config: ResolvedConfig): Stage {
  const { loading, clock } = config;
  if (expiresAt === undefined) return "fresh";
  const now = clock.tick();
  // An entry from the future is from before the clock was set back.
  if (!(createdAt - SKEW <= now)) return "over";
  if (now < expiresAt) {
    const { refreshAhead = 1 } = (traits & THROWN) === 0 && loading ? loading : {};
    return refreshAhead < 1 && now >= createdAt + refreshAhead * (expiresAt - createdAt) ? "ahead" : "fresh";
  }
  const stale = loading?.stale;
  const isOver = staleUntil === undefined || now >= staleUntil || (traits & SLIDES) !== 0;
  if (stale === undefined || isOver) return "over";
  if (now < expiresAt + stale.revalidate) return "revalidate";
  return now < expiresAt + stale.onError ? "fallback" : "over";
}

/** Whether an entry may be served where the function fails. */
export function mayFallBack(entry: Entry, plan: Plan): boolean {
  const { expiresAt, staleUntil } = entry;
  const { loading, clock } = plan.config;
  const stale = loading?.stale;
  if (stale === undefined || expiresAt === undefined || !isValid(plan, entry)) return false;
  const now = clock.tick();
  return now < expiresAt + stale.onError && now < (staleUntil ?? expiresAt);
}

/** The entry as one that is over from now on, though it may still be of use; `undefined`: it is of none. */
export function expired(entry: Entry, { loading, clock }: ResolvedConfig): Entry | undefined {
  const stale = loading?.stale;
  if (stale === undefined || (entry.traits & (SLIDES | THROWN)) !== 0) return undefined;
  const now = clock.now();
  const staleUntil = entry.staleUntil ?? now + Math.max(stale.revalidate, stale.onError);
  const expiresAt = Math.min(entry.expiresAt ?? now, now);
  return { ...entry, traits: entry.traits | EXPIRES | ENDED, expiresAt, staleUntil };
}

/** See `isFresh`. */
const SKEW = 5_000;

/** Keys that are in a back-off at a time; of more, the oldest are tried again early. */
const MAX_BACKOFFS = 1_000;

/** When functions that failed are tried again, by the key of the call. */
export class Backoffs {
  readonly #until = new Map<Key, number>();

  /** A load has failed. */
  failed(key: Key, { loading, clock }: ResolvedConfig): void {
    if (loading === undefined) return;
    const { backoff } = loading;
    if (backoff === 0) return;
    this.#until.delete(key);
    const [oldest] = this.#until.keys();
    if (oldest !== undefined && this.#until.size >= MAX_BACKOFFS) this.#until.delete(oldest);
    this.#until.set(key, clock.now() + backoff);
  }

  /** Whether it is too early for another attempt. */
  holds(key: Key, { clock }: ResolvedConfig): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (clock.tick() < until) return true;
    this.#until.delete(key);
    return false;
  }

  /** The key, or all of them, may be tried at once. */
  forget(key?: Key): void {
    if (key === undefined) this.#until.clear();
    else this.#until.delete(key);
  }
}
