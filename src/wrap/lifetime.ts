/** How long a result lives: from what the options say, each for itself, to the times of its entry. */

import { type LifetimeConfig, type ResolvedConfig, show } from "../config/index.js";
import { type Entry, EXPIRES, SLIDES } from "../entry.js";
import { ConfigurationError } from "../errors.js";
import { DURATION_WORDS, parseDuration, parseMoment } from "../quantity.js";
import { atOnce, consult } from "./guard.js";
import type { Result } from "./result.js";

/** The times of an entry, and the traits that go with them. */
export type Times = Pick<Entry, "createdAt" | "expiresAt" | "staleUntil"> & { readonly traits: number };

const FOREVER: Times = Object.freeze({ traits: 0, createdAt: 0, expiresAt: undefined, staleUntil: undefined });

/** Milliseconds that a result may live; 0 or less: it is not to be stored. Throws an `OptionFailure`. */
export function lifetimeOf(config: ResolvedConfig, result: Result): number {
  return config.lifetimes === undefined ? ttlOf(config, result) : shortened(config, config.lifetimes, result);
}

/** The times of a result with that lifetime that is stored now. */
export function timesOf({ lifetimes, loading, clock }: ResolvedConfig, ttl: number): Times {
  const idle = lifetimes?.idle;
  if (ttl === Number.POSITIVE_INFINITY && idle === undefined) return FOREVER;
  const now = clock.now();
  const end = ttl === Number.POSITIVE_INFINITY ? undefined : now + ttl;
  if (idle !== undefined) {
    return { traits: EXPIRES + SLIDES, createdAt: now, expiresAt: now + Math.min(idle, ttl), staleUntil: end };
  }
  const stale = loading?.stale;
  const staleUntil = stale && now + ttl + Math.max(stale.revalidate, stale.onError);
  return { traits: EXPIRES, createdAt: now, expiresAt: end, staleUntil };
}

/** The times of what lives for so long from now, and is of no use after that. */
export function fixedTimes({ clock }: ResolvedConfig, ttl: number): Times {
  if (ttl === Number.POSITIVE_INFINITY) return FOREVER;
  const now = clock.now();
  return { traits: EXPIRES, createdAt: now, expiresAt: now + ttl, staleUntil: undefined };
}

/** Puts off the moment at which an entry is no longer fresh, as far as that can be. */
export function slide(entry: Entry, now: number, idle: number): void {
  entry.expiresAt = Math.min(now + idle, entry.staleUntil ?? Number.POSITIVE_INFINITY);
}

/** Milliseconds, as `ttl` or the call itself says. */
function ttlOf({ ttl }: ResolvedConfig, { value, args, ttl: override }: Result): number {
  if (override !== undefined) return override;
  if (typeof ttl === "number") return ttl;
  return consult("ttl", () => {
    const said = atOnce(ttl(value, args));
    const parsed = said === undefined ? Number.POSITIVE_INFINITY : parseDuration(said);
    if (parsed === undefined) throw new ConfigurationError(`Expected ${DURATION_WORDS}; got ${show(said)}.`);
    return parsed;
  });
}

/** Milliseconds, after all that may make a lifetime shorter. */
function shortened(config: ResolvedConfig, { negative, jitter, expiresAt }: LifetimeConfig, result: Result): number {
  const { value, args } = result;
  const isNegative =
    negative !== undefined && consult("negativeTtl", () => atOnce(negative.when(value, args)) === true);
  const ttl = isNegative && result.ttl === undefined ? negative.ttl : ttlOf(config, result);
  // Never longer than was said: what must be gone by then is.
  const some = ttl === Number.POSITIVE_INFINITY ? ttl : ttl * (1 - jitter * Math.random());
  return expiresAt === undefined ? some : Math.min(some, momentOf(expiresAt, result) - config.clock.now());
}

function momentOf(expiresAt: NonNullable<LifetimeConfig["expiresAt"]>, { value, args }: Result): number {
  if (typeof expiresAt === "number") return expiresAt;
  return consult("expiresAt", () => {
    const said = atOnce(expiresAt(value, args));
    const moment = said === undefined ? Number.POSITIVE_INFINITY : parseMoment(said);
    if (moment === undefined) {
      throw new ConfigurationError(`Expected a date, or milliseconds since 1970; got ${show(said)}.`);
    }
    return moment;
  });
}
