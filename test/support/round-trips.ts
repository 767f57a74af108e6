/** Values on their way through a cached function and the disk. */

import { bcache, type DiskCacheOptions, fcache, type KeyvStore } from "../../src/index.js";
import { persistentEngines } from "./disk-stores.js";
import { createRandom } from "./random.js";
import { expectSame, randomValue } from "./values.js";

/** What is used here of a function that is cached on disk. */
interface Cached {
  (index: number): unknown;
  readonly cache: {
    readonly engine: string;
    stats(): {
      readonly hits: number;
      readonly loads: number;
      readonly refusals: number;
      readonly engineFailures: number;
    };
    close(): unknown;
  };
}

/** Where values go, and how. */
export interface Way {
  readonly engine: string | KeyvStore;
  readonly cacheDir: string;
  /** The name of the function and of the folder. */
  readonly name: string;
  readonly options?: Partial<Pick<DiskCacheOptions, "compress" | "secret" | "encryptionKey">>;
}

/** The names of the persistent engines that can be used here. */
export async function engineNames(): Promise<readonly string[]> {
  return (await persistentEngines()).map(({ name }) => name);
}

/** A function that gives values by number, cached on an engine and no other. */
function cachedOn({ engine, cacheDir, name, options }: Way, give: (index: number) => unknown): Cached {
  const common = { ...options, cacheDir, name, folderName: name, version: 1, engine, fallback: false };
  // A machine that is slow is no engine that fails.
  const patient = { ...common, engineTimeout: "30s" } as const;
  if (engine === "file") return fcache((index: number) => give(index), patient);
  if (engine === "sqlite" || typeof engine === "object") return bcache((index: number) => give(index), patient);
  return bcache((index: number) => give(index), { ...common, engine, sync: true });
}

/** Changes whatever can be changed of a value, as a careless caller might. */
function spoil(value: unknown, met = new Set<unknown>()): void {
  if (typeof value !== "object" || value === null || met.has(value)) return;
  met.add(value);
  const attempts: readonly (() => unknown)[] = [
    () => ArrayBuffer.isView(value) && (value as Uint8Array).fill(99),
    // Not of a Buffer, whose memory is shared with others.
    () => !Buffer.isBuffer(value) && new Uint8Array((value as Uint8Array).buffer).fill(98),
    () => value instanceof ArrayBuffer && new Uint8Array(value).fill(97),
    () => (value as Map<unknown, unknown>).clear(),
    () => (value as Set<unknown>).add("spoilt"),
    () => (value as Date).setTime(4),
    () => (value as URLSearchParams).append("spoilt", "yes"),
    () => {
      (value as URL).href = "http://spoilt/";
    },
    () => Object.assign(value, { spoilt: true }),
    ...Object.values(value).map((inner) => () => spoil(inner, met)),
    ...Object.keys(value).map((name) => () => Reflect.deleteProperty(value, name)),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch {
      // It is not of that kind, or frozen.
    }
  }
}

/**
 * Sends values through a cached function: each is made once, comes back the same, in an object of its own, and again after
 * that was changed, and after the cache was closed and opened.
 *
 * @returns How many were sent. Throws for the first one that is not the same.
 */
export async function roundTrips(way: Way, makers: readonly (() => unknown)[]): Promise<number> {
  const made = makers.map((make) => make());
  const wrap = (): Cached => cachedOn(way, (index) => made[index]);
  const fn = wrap();
  const each = async (what: string, work: (index: number) => unknown): Promise<void> => {
    // A few at a time, as programs do; fewer than would use up an engine's time.
    for (let from = 0; from < made.length; from += 8) {
      const some = made.slice(from, from + 8).map(async (_value, i) => {
        try {
          await work(from + i);
        } catch (cause) {
          throw new Error(`${way.engine}, value ${from + i}, ${what}: ${(cause as Error).message}`, { cause });
        }
      });
      await Promise.all(some);
    }
  };
  const expectHit = async (cached: Cached, index: number): Promise<unknown> => {
    const hit = await cached(index);
    expectSame(hit, made[index]);
    return hit;
  };
  await each("the miss", async (index) => {
    if (!Object.is(await fn(index), made[index])) throw new Error("not what the function returned");
  });
  await each("the first hit", async (index) => spoil(await expectHit(fn, index)));
  await each("the second hit", (index) => expectHit(fn, index));
  expectFigures(fn, made.length, 2 * made.length);
  await fn.cache.close();
  const again = wrap();
  await each("the hit after closing", (index) => expectHit(again, index));
  expectFigures(again, 0, made.length);
  await again.cache.close();
  return made.length;
}

/** Throws unless all were hits that should be. */
function expectFigures({ cache }: Cached, loads: number, hits: number): void {
  const stats = cache.stats();
  const isRight = stats.refusals === 0 && stats.engineFailures === 0 && stats.loads === loads && stats.hits === hits;
  if (!isRight) throw new Error(`${JSON.stringify(stats)} in place of ${loads} loads, ${hits} hits`);
}

/**
 * Sends values that must not be kept, each inside another, since what is a promise, or looks like one, is awaited on its
 * way: each call gives the function's own result, and none is a hit.
 */
export async function refusals(way: Way, makers: readonly (() => unknown)[]): Promise<void> {
  let given: unknown;
  let runs = 0;
  const fn = cachedOn(way, (index) => {
    runs += 1;
    given = { inside: [makers[index]?.()] };
    return given;
  });
  for (let round = 1; round <= 2; round += 1) {
    for (let i = 0; i < makers.length; i += 1) {
      if ((await fn(i)) !== given) throw new Error(`${way.engine}, refused value ${i}: not the function's own`);
    }
    const { hits, refusals: refused, engineFailures } = fn.cache.stats();
    const expected = round * makers.length;
    if (runs !== expected || refused !== expected || hits !== 0 || engineFailures !== 0) {
      throw new Error(`${way.engine}: ${runs} runs, ${refused} refusals, ${hits} hits, ${engineFailures} failures`);
    }
  }
  await fn.cache.close();
}

/** Values that are made of chance, as so many makers. */
export function generated(random: () => number, count: number): readonly (() => unknown)[] {
  return Array.from({ length: count }, () => () => randomValue(random));
}

/** What {@link tortureValues} does at a time. */
const CHUNK = 500;

/**
 * Sends generated values through all persistent engines in turn, until so many were sent, or the time is up. Throws for the
 * first one that does not come back the same.
 *
 * @param until - By `Date.now()`.
 * @returns How many were sent.
 */
export async function tortureValues(
  seed: number,
  until: number,
  cacheDir: string,
  count: number = 200_000,
): Promise<number> {
  const random = createRandom(seed);
  const engines = await engineNames();
  let sent = 0;
  for (let turn = 0; sent < count && Date.now() < until; turn += 1) {
    const engine = engines[turn % engines.length] ?? "";
    const makers = generated(random, Math.min(CHUNK, count - sent));
    const compress = Math.floor(turn / engines.length) % 2 === 1;
    sent += await roundTrips({ engine, cacheDir, name: `torture-${seed}-${turn}`, options: { compress } }, makers);
  }
  return sent;
}
