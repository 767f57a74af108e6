/** Tiers: memories in front of an engine whose entries outlive the process. */

import type { Engine, KeyvStore } from "../contract/index.js";
import { type Duration, parseDuration } from "../quantity.js";
import { type DiskEngineName, engineNamed, type MemoryEngineName } from "./engine-names.js";

/** A memory in front of an engine. */
export interface MemoryTierOptions {
  /** How many entries it may hold. Default: 1000. */
  maxSize?: number;
  /** How long it serves an entry before what is behind it is asked again. Default: `"5s"`. */
  ttl?: Duration;
}

/** A tier that is a memory of this process. */
export interface NearTier extends MemoryTierOptions {
  engine: MemoryEngineName;
}

/** The last tier, where entries outlive the process. Its options are those of the cache. */
export interface FarTier {
  engine: DiskEngineName | "redis" | (string & {}) | Engine | KeyvStore;
}

/** Tiers, the nearest first. */
export type Tiers = readonly [...near: NearTier[], far: FarTier];

/** A memory, with everything settled; milliseconds. */
export interface MemoryTier {
  readonly engine: "lru" | "map";
  readonly maxSize: number;
  readonly ttl: number;
}

/** Milliseconds for which a memory serves an entry: others may change it behind it. */
const TTL = 5_000;
/** Entries in a memory. */
const SIZE = 1_000;

/** Options with the long form, `tiers`, in the place of which the engine and the memories before it are said. */
export function withoutTiers<T extends object>(options: T): T {
  const { tiers, ...rest } = options as { readonly tiers?: Tiers };
  if (!Array.isArray(tiers)) return options;
  const { engine } = (tiers.at(-1) ?? {}) as FarTier;
  return { ...rest, engine, memory: tiers.slice(0, -1) } as unknown as T;
}

/** What was said about memories in front, the nearest first; none where nothing was. */
export function resolveMemory(
  memory: boolean | MemoryTierOptions | readonly NearTier[] = false,
): readonly MemoryTier[] {
  const tiers = Array.isArray(memory) ? (memory as readonly NearTier[]) : memory === false ? [] : [oneOf(memory)];
  return tiers.map(({ engine, maxSize = SIZE, ttl }) => ({
    engine: engineNamed(engine) as MemoryTier["engine"],
    maxSize,
    ttl: parseDuration(ttl) ?? TTL,
  }));
}

function oneOf(memory: unknown): NearTier {
  return { engine: "lru", ...(memory === true ? {} : (memory as MemoryTierOptions)) };
}

/** What is wrong with a list of tiers, as a phrase; `undefined`: nothing. */
export function faultOfTiers(tiers: Tiers): string | undefined {
  const near = tiers.slice(0, -1) as readonly NearTier[];
  const far = tiers.at(-1) as Partial<NearTier>;
  if (near.length === 0) return "one tier";
  if (near.some(({ engine }) => !isMemory(engine))) return "a tier before the last one that is no memory";
  if (isMemory(far.engine)) return "a memory as the last one";
  return far.maxSize === undefined && far.ttl === undefined ? undefined : "bounds of the last one";
}

function isMemory(engine: unknown): boolean {
  const name = engineNamed(engine);
  return name === "lru" || name === "map";
}
