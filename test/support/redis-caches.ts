/** Functions that are cached on Redis servers, and what the tests of faults ask of them. */

import { acache, type DiskCached, type DiskCacheOptions, getStats } from "../../src/index.js";
import { timed, until } from "./lateness.js";

/** The function that all caches here are of. */
type Load = (n: number) => Promise<string>;
/** What else may be said of one. */
type Options = DiskCacheOptions<Load>;

/** What a cached function makes its results of. */
export interface Source {
  version: string;
  runs: number;
  /** What happens while the function runs. */
  meanwhile: () => unknown;
}

/** A cached function and its source. All that are made here with one name share their entries where they share a server. */
export interface OnRedis {
  readonly f: DiskCached<Load>;
  readonly source: Source;
}

function cache(load: Load, redis: NonNullable<Options["redis"]>, options: Options): DiskCached<Load> {
  return acache(load, { name: "f", version: 1, folderName: "faults", redis, ...options });
}

/** Makes one, which has done nothing yet. */
export function cachedOn(url: NonNullable<Options["redis"]>, options: Options = {}): OnRedis {
  const source: Source = { version: "v1", runs: 0, meanwhile: () => undefined };
  const load = async (n: number): Promise<string> => {
    source.runs += 1;
    const { version } = source;
    await source.meanwhile();
    return `${n} ${version}`;
  };
  return { f: cache(load, url, options), source };
}

/** Keys that were not used yet. */
let next = 1_000_000;

/** Milliseconds that a call may wait for a server. */
export const TIMEOUT = 150;

/**
 * A call of a key that nobody has used: right, and how long it took. A call has its time again where the program itself was
 * busy when it was over; that is not counted.
 */
export async function callAnew({ f, source }: OnRedis): Promise<number> {
  next += 1;
  const key = next;
  let value = "";
  const { took, hiccups } = await timed(async () => {
    value = await f(key);
  });
  if (value !== `${key} ${source.version}`) throw new Error(`Got ${value}, and not the function's own result.`);
  return took - hiccups * TIMEOUT;
}

/** Calls until the engine is left alone; how long each call took. */
export async function untilLeftAlone(one: OnRedis): Promise<number[]> {
  const took: number[] = [];
  const { skipped } = one.f.cache.stats();
  while (one.f.cache.stats().skipped === skipped) {
    took.push(await callAnew(one));
    if (took.length > 100) throw new Error("The engine is never left alone.");
  }
  return took;
}

/** Milliseconds until a key that was called before is a hit. */
export function untilHit({ f, source }: OnRedis, key = 1): Promise<number> {
  return until("a hit", async () => {
    const { hits } = f.cache.stats();
    const value = await f(key);
    if (!value.startsWith(`${key} `)) throw new Error(`Got ${value} for ${key}, at ${source.version}.`);
    return f.cache.stats().hits > hits;
  });
}

/** All figures, as a text. */
export function figures(): string {
  return JSON.stringify(getStats());
}
