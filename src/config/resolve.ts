/** From loose options to one frozen configuration. */

import { type Clock, systemClock } from "../clock.js";
import type { Engine } from "../contract/index.js";
import { ConfigurationError } from "../errors.js";
import { warnOnce } from "../logging.js";
import type { PolicyName } from "../policy/index.js";
import { overhear } from "../promise.js";
import { parseBytes, parseDuration } from "../quantity.js";
import { estimateBytes } from "../size.js";
import { BREAKER, builtIn, DEFAULT_MAX_SIZE } from "./built-in.js";
import { type DiskConfig, resolveDisk } from "./disk.js";
import { type LifetimeConfig, type LoadingConfig, resolveLifetimes, resolveLoading } from "./freshness.js";
import type { Hooks } from "./hooks.js";
import { show } from "./issue.js";
import type { Layers } from "./layers.js";
import { type LockConfig, resolveLock, type SharedLoadOptions } from "./lock.js";
import type {
  AsyncCacheOptions,
  BlockOptions,
  CacheOptions,
  CloneMode,
  DiskCacheOptions,
  SyncDiskCacheOptions,
} from "./options.js";
import type { PlaceOptions } from "./place-options.js";

/** When an engine that fails is left alone. */
export interface BreakerConfig {
  /** Failures in a row. `Infinity`: never. */
  readonly threshold: number;
  /** Milliseconds, at first. */
  readonly pause: number;
}

/** Everything that is known of a cache, in one piece. Nothing below sees loose options again. */
export interface ResolvedConfig {
  readonly name: string;
  /** Nothing is cached. */
  readonly disabled: boolean;
  readonly maxSize: number;
  /** `Infinity`: no bound. */
  readonly maxBytes: number;
  sizeOf(value: unknown): number;
  /** Milliseconds, or a function that says them. */
  readonly ttl: number | ((value: unknown, args: readonly unknown[]) => unknown);
  /** What else was said about lifetimes. */
  readonly lifetimes: LifetimeConfig | undefined;
  /** What was said about loads that need not be waited for. */
  readonly loading: LoadingConfig | undefined;
  /** `undefined`: where it costs the rest of the program nothing. */
  readonly detectCycles: boolean | undefined;
  readonly signalOf: ((args: readonly unknown[]) => unknown) | undefined;
  readonly policy: PolicyName;
  /** The engine that was asked for; `undefined`: any of the chain. */
  readonly engine: string | Engine | undefined;
  /** It is the call that asks for it. */
  readonly isEngineOwn: boolean;
  readonly fallback: boolean;
  readonly key: ((...args: unknown[]) => unknown) | undefined;
  readonly ignore: ((argument: unknown, position: number) => boolean) | undefined;
  readonly thisKey: ((self: unknown) => unknown) | undefined;
  readonly scope: "instance" | "shared" | undefined;
  readonly clone: CloneMode;
  readonly when: ((args: readonly unknown[]) => boolean) | undefined;
  readonly shouldCache: ((value: unknown, args: readonly unknown[]) => boolean) | undefined;
  readonly tags: readonly string[] | ((value: unknown, ...args: readonly unknown[]) => unknown) | undefined;
  readonly namespace: string | undefined;
  /** Events that are remembered; 0: none. */
  readonly trace: number;
  /** Milliseconds. */
  readonly engineTimeout: number;
  readonly breaker: BreakerConfig;
  readonly clock: Required<Clock>;
  readonly hooks: Hooks;
  /** What concerns the disk; `undefined`: entries are kept in memory only. */
  readonly disk: DiskConfig | undefined;
  /** How processes wait for each other's loads; `undefined`: they do not. */
  readonly lock: LockConfig | undefined;
}

/** Options of any kind, after they were found to be right. */
export type CheckedOptions = Readonly<
  CacheOptions | AsyncCacheOptions | DiskCacheOptions | SyncDiskCacheOptions | BlockOptions
>;

/** Options of all kinds together, each of which may be there. */
type AllOptions = Omit<CacheOptions, "engine"> &
  PlaceOptions &
  SharedLoadOptions & { readonly engine?: string | Engine };

/** Settles what the layers say, together with what is built in. */
export function resolveConfig(name: string, layers: Layers): ResolvedConfig {
  const { isPersistent, disabled } = layers;
  const said = layers.merged as AllOptions;
  const { engine, server } = whereabouts(layers);
  const merged = { ...builtIn({ isPersistent, isRemote: server !== undefined }), ...said } as AllOptions;
  const { ignore, ttl, clock, scope, thisKey } = merged;
  const { onHit, onMiss, onSet, onEvict, onError } = merged;
  return Object.freeze({
    name,
    disabled,
    maxSize: memorySize(merged.maxSize, isPersistent),
    // A bound that nobody has asked for is one of the disk: in memory it would mean an estimate for each value.
    maxBytes: Math.floor(parseBytes(said.maxBytes) ?? Number.POSITIVE_INFINITY),
    sizeOf: merged.sizeOf ?? ((value: unknown) => estimateBytes(value)),
    ttl: typeof ttl === "function" ? ttl : (parseDuration(ttl) ?? Number.POSITIVE_INFINITY),
    lifetimes: resolveLifetimes(said),
    loading: resolveLoading(merged),
    detectCycles: merged.detectCycles,
    signalOf: merged.signalOf,
    // On disk it is that of memories that stand in, or in front.
    policy: isPersistent ? "lru" : merged.policy,
    engine,
    isEngineOwn: layers.own.engine !== undefined,
    fallback: merged.fallback,
    key: merged.key,
    ignore: Array.isArray(ignore) ? ignoring(ignore) : (ignore as ResolvedConfig["ignore"]),
    thisKey,
    scope: scope ?? (thisKey === undefined ? undefined : "shared"),
    clone: merged.clone,
    when: merged.when,
    shouldCache: merged.shouldCache,
    tags: Array.isArray(merged.tags) ? Object.freeze([...merged.tags]) : merged.tags,
    namespace: merged.namespace,
    trace: merged.trace,
    engineTimeout: parseDuration(merged.engineTimeout),
    breaker: resolveBreaker(merged.breaker),
    clock: resolveClock(name, clock),
    hooks: { onHit, onMiss, onSet, onEvict, onError } as Hooks,
    disk: isPersistent ? resolveDisk(merged as Parameters<typeof resolveDisk>[0], server) : undefined,
    lock: resolveLock(merged, isPersistent),
  }) as ResolvedConfig;
}

/** Whether a Redis server is to keep the entries. One that the environment names is there for those who ask for one. */
function asksForRedis({ engine }: Layers["merged"], own: Layers["own"]): boolean {
  return engine === "redis" || own.redis !== undefined;
}

/** The engine, and the server that is to keep the entries in the place of a folder: an engine that was given knows it. */
export function whereabouts({ merged, own, isPersistent }: Layers): {
  readonly engine: ResolvedConfig["engine"];
  readonly server: DiskConfig["server"];
} {
  const { engine, redis } = merged as AllOptions;
  if (!isPersistent) return { engine, server: undefined };
  if (asksForRedis(merged, own)) return { engine: "redis", server: { connection: redis } };
  const isGiven = typeof engine === "object" && engine.capabilities.location === "server";
  return { engine, server: isGiven ? { connection: undefined } : undefined };
}

/** Entries in memory. On disk there is room for any number; what stands in for it is bounded like any other memory. */
function memorySize(maxSize: number | undefined, isPersistent: boolean): number | undefined {
  return isPersistent && maxSize === Number.POSITIVE_INFINITY ? DEFAULT_MAX_SIZE : maxSize;
}

function resolveBreaker(option: CacheOptions["breaker"] = {}): BreakerConfig {
  const { threshold = BREAKER.threshold, pause = BREAKER.pause } = option === false ? {} : option;
  return { threshold: option === false ? Number.POSITIVE_INFINITY : threshold, pause: parseDuration(pause) ?? 0 };
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
function readClock(name: string, read: () => unknown): number {
  try {
    const time = read();
    if (typeof time === "number") return time;
    const got = overhear(time) ? "a promise" : show(time);
    throw new ConfigurationError(`Expected a number of milliseconds; got ${got}.`);
  } catch (error) {
    warnOnce(`${name}:clock`, `The option "clock" of the cache "${name}" failed; nothing is fresh.`, { err: error });
    return Number.NaN;
  }
}
