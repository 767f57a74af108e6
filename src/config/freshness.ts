/** How long values live, what may be done with those that are over, and how long a call waits for a new one. */

import { parseDuration, parseMoment } from "../quantity.js";
import type { CacheOptions } from "./options.js";

/** What decides, besides `ttl`, how long a value lives. */
export interface LifetimeConfig {
  /** Milliseconds since 1970, or a function that says them. */
  readonly expiresAt: number | ((value: unknown, args: readonly unknown[]) => unknown) | undefined;
  /** Milliseconds. */
  readonly idle: number | undefined;
  /** The part of a lifetime that chance may take away. */
  readonly jitter: number;
  readonly negative: Negative | undefined;
  /** Errors that are kept; `undefined`: none. */
  readonly errors: Kept | undefined;
  /** Milliseconds that a load must take, and more, for its result to be kept. */
  readonly minCost: number | undefined;
}

/** Values that live for another time than the rest. */
export interface Negative {
  readonly ttl: number;
  when(value: unknown, args: readonly unknown[]): boolean;
}

/** Errors that are kept, and for how long. */
export interface Kept {
  readonly ttl: number;
  when(error: unknown, args: readonly unknown[]): boolean;
}

/** What may be done with a value that is over: milliseconds from then on. */
export interface StaleConfig {
  readonly revalidate: number;
  readonly onError: number;
}

/** How loads run when somebody need not wait for them, or will not. */
export interface LoadingConfig {
  /** `undefined`: values are of no use when they are over. */
  readonly stale: StaleConfig | undefined;
  /** Milliseconds from a failure to the next attempt, where there is something to serve meanwhile. */
  readonly backoff: number;
  readonly refreshAhead: number | undefined;
  /** Milliseconds. */
  readonly softTimeout: number | undefined;
  /** Milliseconds. */
  readonly hardTimeout: number | undefined;
  readonly waitUntil: ((background: Promise<void>) => void) | undefined;
}

/** Milliseconds from a failure to the next attempt, unless told otherwise. */
const BACKOFF = 1_000;

type LifetimeOptions = Pick<CacheOptions, "expiresAt" | "idle" | "jitter" | "negativeTtl" | "minCost" | "cacheErrors">;

/** What was said about lifetimes; `undefined`: nothing. */
export function resolveLifetimes(options: LifetimeOptions): LifetimeConfig | undefined {
  const { expiresAt, idle, jitter, negativeTtl, minCost, cacheErrors } = options;
  if ([expiresAt, idle, jitter, negativeTtl, minCost, cacheErrors].every((one) => one === undefined)) return undefined;
  return Object.freeze({
    expiresAt: typeof expiresAt === "function" ? expiresAt : parseMoment(expiresAt),
    idle: parseDuration(idle),
    jitter: jitter ?? 0,
    negative: negativeTtl === undefined ? undefined : resolveNegative(negativeTtl),
    errors: cacheErrors === undefined ? undefined : resolveKept(cacheErrors),
    minCost: parseDuration(minCost),
  }) as LifetimeConfig;
}

function resolveNegative(option: NonNullable<CacheOptions["negativeTtl"]>): Negative {
  const given = typeof option === "object" ? option : { ttl: option, when: isNothing };
  return Object.freeze({ ttl: parseDuration(given.ttl) ?? 0, when: given.when });
}

function resolveKept(option: NonNullable<CacheOptions["cacheErrors"]>): Kept {
  const { ttl, when = () => true } = typeof option === "object" ? option : { ttl: option };
  return Object.freeze({ ttl: parseDuration(ttl) ?? 0, when });
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

type LoadingOptions = Pick<
  CacheOptions,
  "staleWhileRevalidate" | "staleIfError" | "refreshAhead" | "softTimeout" | "hardTimeout" | "waitUntil"
>;

/** What was said about loads; `undefined`: nothing, so that each call waits for its load. */
export function resolveLoading(options: LoadingOptions): LoadingConfig | undefined {
  const { refreshAhead, waitUntil } = options;
  const stale = resolveStale(options);
  const softTimeout = parseDuration(options.softTimeout);
  const hardTimeout = parseDuration(options.hardTimeout);
  if ([stale, refreshAhead, softTimeout, hardTimeout].every((one) => one === undefined)) return undefined;
  const said = typeof options.staleIfError === "object" ? parseDuration(options.staleIfError.backoff) : undefined;
  return Object.freeze({ stale, backoff: said ?? BACKOFF, refreshAhead, softTimeout, hardTimeout, waitUntil });
}

function resolveStale({ staleWhileRevalidate, staleIfError }: LoadingOptions): StaleConfig | undefined {
  if (staleWhileRevalidate === undefined && staleIfError === undefined) return undefined;
  const onError = typeof staleIfError === "object" ? staleIfError : { for: staleIfError ?? 0 };
  return Object.freeze({
    revalidate: parseDuration(staleWhileRevalidate) ?? 0,
    onError: parseDuration(onError.for) ?? 0,
  });
}
