/** From loose options to one frozen configuration. Defaults are stated here and nowhere else. */

import { type Clock, systemClock } from "../clock.js";
import type { Engine } from "../contract/index.js";
import { ConfigurationError } from "../errors.js";
import { warnOnce } from "../logging.js";
import type { PolicyName } from "../policy/index.js";
import { parseBytes, parseDuration } from "../quantity.js";
import { estimateBytes } from "../size.js";
import { type DiskConfig, resolveDisk } from "./disk.js";
import { environment, readEnvironment, variableOf } from "./env.js";
import { readConfigFile } from "./file.js";
import type { Hooks } from "./hooks.js";
import { configurationError, issuesOf, show } from "./issues.js";
import type {
  AsyncCacheOptions,
  BlockOptions,
  CacheOptions,
  CloneMode,
  DiskCacheOptions,
  PlaceOptions,
  SyncDiskCacheOptions,
} from "./options.js";
import type { OptionSet } from "./schema.js";

/** How many entries a cache in memory holds unless told otherwise. */
export const DEFAULT_MAX_SIZE = 1_000;

/** Milliseconds that all engine operations of one call may take together. */
const ENGINE_TIMEOUT = 100;

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
  /** Milliseconds. */
  readonly engineTimeout: number;
  readonly clock: Required<Clock>;
  readonly hooks: Hooks;
  /** What concerns the disk; `undefined`: entries are kept in memory only. */
  readonly disk: DiskConfig | undefined;
}

/** Options of any kind, after they were found to be right. */
export type CheckedOptions = Readonly<
  CacheOptions | AsyncCacheOptions | DiskCacheOptions | SyncDiskCacheOptions | BlockOptions
>;

/** Options of all kinds together, each of which may be there. */
type AllOptions = Omit<CacheOptions, "engine"> & PlaceOptions & { readonly engine?: string | Engine };

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
 * environment, the config file. What is bad in the environment or the file is reported once and left out, since the call
 * that reads it must go on.
 *
 * @param isPersistent - The entries are to outlive the process.
 */
export function resolveConfig(
  name: string,
  options: CheckedOptions,
  blockDefaults: object = {},
  isPersistent = false,
): ResolvedConfig {
  const merged = { ...fileLayer(), ...environmentLayer(), ...blockDefaults, ...options } as AllOptions;
  const { ignore, ttl, clock, scope, thisKey, maxSize, maxBytes } = merged;
  const { onHit, onMiss, onSet, onEvict, onError } = merged;
  return Object.freeze({
    name,
    maxSize: memorySize(maxSize, isPersistent),
    maxBytes: Math.floor(parseBytes(maxBytes) ?? Number.POSITIVE_INFINITY),
    sizeOf: merged.sizeOf ?? ((value: unknown) => estimateBytes(value)),
    ttl: typeof ttl === "function" ? ttl : (parseDuration(ttl) ?? Number.POSITIVE_INFINITY),
    policy: isPersistent ? "lru" : (merged.policy ?? "lru"),
    engine: merged.engine,
    fallback: merged.fallback ?? true,
    key: merged.key,
    ignore: Array.isArray(ignore) ? ignoring(ignore) : (ignore as ResolvedConfig["ignore"]),
    thisKey,
    scope: scope ?? (thisKey === undefined ? undefined : "shared"),
    clone: merged.clone ?? (isPersistent ? "structured" : "none"),
    when: merged.when,
    shouldCache: merged.shouldCache,
    engineTimeout: parseDuration(merged.engineTimeout) ?? ENGINE_TIMEOUT,
    clock: resolveClock(name, clock),
    hooks: { onHit, onMiss, onSet, onEvict, onError } as Hooks,
    disk: isPersistent ? resolveDisk(merged) : undefined,
  }) as ResolvedConfig;
}

/** Entries in memory. On disk there is room for any number; what stands in for it is bounded like any other memory. */
function memorySize(maxSize: number = DEFAULT_MAX_SIZE, isPersistent: boolean): number {
  return isPersistent && maxSize === Number.POSITIVE_INFINITY ? DEFAULT_MAX_SIZE : maxSize;
}

function fileLayer(): object {
  const { path, options } = readConfigFile(environment());
  return path === undefined ? {} : withoutBad(`The file ${path} is partly ignored`, options, (option) => option);
}

function environmentLayer(): object {
  return withoutBad("The environment is partly ignored", readEnvironment(environment()), variableOf);
}

/** Options from outside the program, without those that cannot work, which are reported once. */
function withoutBad(subject: string, options: object, nameOf: (option: string) => string): object {
  const issues = issuesOf("disk", options);
  if (issues.length === 0) return options;
  const named = issues.map((issue) => ({ ...issue, option: nameOf(issue.option) }));
  warnOnce(subject, configurationError(subject, named).message);
  const bad = new Set(issues.map(({ option }) => option));
  return Object.fromEntries(Object.entries(options).filter(([option]) => !bad.has(option)));
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
