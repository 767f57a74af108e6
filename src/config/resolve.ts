/** From loose options to one frozen configuration. Defaults are stated here and nowhere else. */

import { type Clock, systemClock } from "../clock.js";
import type { Engine } from "../contract/index.js";
import { ConfigurationError } from "../errors.js";
import { warnOnce } from "../logging.js";
import type { PolicyName } from "../policy/index.js";
import { parseBytes, parseDuration } from "../quantity.js";
import { estimateBytes } from "../size.js";
import { environment, readEnvironment, variableOf } from "./env.js";
import type { Hooks } from "./hooks.js";
import { configurationError, issuesOf, show } from "./issues.js";
import type { AsyncCacheOptions, CacheOptions, CloneMode } from "./options.js";
import type { OptionSet } from "./schema.js";

/** How many entries a cache in memory holds unless told otherwise. */
export const DEFAULT_MAX_SIZE = 1_000;

/** Everything that is known of a cache, in one piece. Nothing below sees loose options again. */
export interface ResolvedConfig {
  readonly name: string;
  readonly maxSize: number;
  /** `Infinity`: no bound. */
  readonly maxBytes: number;
  sizeOf(value: unknown): number;
  /** Milliseconds, or a function that says them. */
  readonly ttl: number | ((value: unknown, args: readonly unknown[]) => unknown);
  readonly policy: PolicyName;
  /** The engine that was asked for; `undefined`: any of the chain. */
  readonly engine: string | Engine | undefined;
  readonly fallback: boolean;
  readonly key: ((...args: unknown[]) => unknown) | undefined;
  readonly ignore: ((argument: unknown, position: number) => boolean) | undefined;
  readonly thisKey: ((self: unknown) => unknown) | undefined;
  readonly scope: "instance" | "shared" | undefined;
  readonly clone: CloneMode;
  readonly when: ((args: readonly unknown[]) => boolean) | undefined;
  readonly shouldCache: ((value: unknown, args: readonly unknown[]) => boolean) | undefined;
  readonly clock: Required<Clock>;
  readonly hooks: Hooks;
}

/** Options of any kind, after they were found to be right. */
export type CheckedOptions = Readonly<CacheOptions | AsyncCacheOptions>;

/**
 * Finds out whether options are right; what is `undefined` counts as left out.
 *
 * @param subject - Whose options they are, for the message.
 * @throws ConfigurationError that lists every problem.
 */
export function checkOptions<T extends object>(set: OptionSet, options: T, subject: string): Readonly<T> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${subject}: expected an object with options; got ${show(options)}`);
  }
  const issues = issuesOf(set, options);
  if (issues.length > 0) throw configurationError(subject, issues);
  return Object.freeze(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T);
}

/**
 * Merges the layers, the earlier over the later: options, the defaults of the block around the decoration, the
 * environment. A bad variable in the environment is reported once and left out, since the call that reads it must go on.
 */
export function resolveConfig(name: string, options: CheckedOptions, blockDefaults: object = {}): ResolvedConfig {
  const merged = { ...environmentLayer(), ...blockDefaults, ...options } as CacheOptions;
  const { ignore, ttl, clock, scope, thisKey } = merged;
  const { onHit, onMiss, onSet, onEvict, onError } = merged;
  return Object.freeze({
    name,
    maxSize: merged.maxSize ?? DEFAULT_MAX_SIZE,
    maxBytes: Math.floor(parseBytes(merged.maxBytes) ?? Number.POSITIVE_INFINITY),
    sizeOf: merged.sizeOf ?? ((value: unknown) => estimateBytes(value)),
    ttl: typeof ttl === "function" ? ttl : (parseDuration(ttl) ?? Number.POSITIVE_INFINITY),
    policy: merged.policy ?? "lru",
    engine: merged.engine,
    fallback: merged.fallback ?? true,
    key: merged.key,
    ignore: Array.isArray(ignore) ? ignoring(ignore) : (ignore as ResolvedConfig["ignore"]),
    thisKey,
    scope: scope ?? (thisKey === undefined ? undefined : "shared"),
    clone: merged.clone ?? "none",
    when: merged.when,
    shouldCache: merged.shouldCache,
    clock: resolveClock(name, clock),
    hooks: { onHit, onMiss, onSet, onEvict, onError } as Hooks,
  }) as ResolvedConfig;
}

function environmentLayer(): CacheOptions {
  const options = readEnvironment(environment());
  const issues = issuesOf("cache", options).map((issue) => ({ ...issue, option: variableOf(issue.option) }));
  if (issues.length === 0) return options;
  warnOnce("environment", configurationError("The environment is partly ignored", issues).message);
  const bad = new Set(issues.map(({ option }) => option));
  return Object.fromEntries(Object.entries(options).filter(([option]) => !bad.has(variableOf(option))));
}

function ignoring(positions: readonly number[]): (argument: unknown, position: number) => boolean {
  const ignored = new Set(positions);
  return (_argument, position) => ignored.has(position);
}

function resolveClock(name: string, clock: CacheOptions["clock"] = "tick"): Required<Clock> {
  if (clock === "tick") return systemClock;
  if (clock === "exact") return { now: systemClock.now, tick: systemClock.now };
  const { tick = clock.now } = clock;
  return { now: () => readClock(name, () => clock.now()), tick: () => readClock(name, () => tick.call(clock)) };
}

/** The time by a clock of the user's. Where it fails, no time is known, and nothing is fresh: NaN is in no order. */
function readClock(name: string, read: () => number): number {
  try {
    return read();
  } catch (error) {
    warnOnce(`${name}:clock`, `The option "clock" of the cache "${name}" failed; nothing is fresh.`, { err: error });
    return Number.NaN;
  }
}
