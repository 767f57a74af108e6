/** A program with a cached function, which takes commands, several at a time: see fence-process.ts. */

import { join } from "node:path";
import { bcache, CacheOperationError, closeCaches, ucache } from "../../src/index.js";
import { BUS, type BusOrders, KEYS_EACH, type StormOrders, type StormReport, Truth } from "./bus-orders.js";
import { type Commands, serve } from "./commands.js";
import { createRandom } from "./random.js";

const { me, engine, cacheDir, redis, sync, memory } = JSON.parse(process.argv[2] ?? "{}") as BusOrders;
let runs = 0;
let truth: Truth | undefined;

async function load(key: string): Promise<string> {
  runs += 1;
  return truth === undefined ? `${me}-${runs}` : String(truth.version(Number(key)));
}

const options = {
  name: BUS,
  version: 1,
  folderName: BUS,
  cacheDir,
  engine,
  fallback: false,
  engineTimeout: 5_000,
  ...(memory !== undefined && { memory: { ttl: memory as number } }),
};

function make(): unknown {
  if (redis !== undefined) return ucache(load, { ...options, redis });
  if (sync !== true) return bcache(load, options);
  const { engineTimeout: _engineTimeout, ...rest } = options;
  return bcache(
    (_key: string): string => {
      runs += 1;
      return `${me}-${runs}`;
    },
    { ...rest, sync: true },
  );
}

const fn = make() as {
  (key: string): Promise<string>;
  readonly cache: Commands;
};

/** Reads, and now and then changes one of its keys; whatever was acknowledged before a read must be seen by it. */
async function storm(orders: StormOrders): Promise<StormReport> {
  truth ??= new Truth(join(cacheDir, ".."));
  const random = createRandom(orders.seed + orders.me);
  const below = (bound: number): number => Math.floor(random() * bound);
  const late: number[] = [];
  let changes = 0;
  for (let i = 0; i < orders.operations; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, orders.pause));
    if (below(8) === 0) {
      changes += 1;
      await change(truth, orders.me * KEYS_EACH + below(KEYS_EACH), below(200));
    } else {
      const age = await read(truth, below(orders.of * KEYS_EACH));
      if (age > 0) late.push(age);
    }
  }
  return { reads: orders.operations - changes, changes, late: late.sort((a, b) => b - a) };
}

async function change(known: Truth, key: number, chance: number): Promise<void> {
  const version = known.raise(key);
  const isGone = await isAcknowledged(() => (chance === 0 ? fn.cache.clear?.() : fn.cache.delete?.(String(key))));
  // Not without the removal: a value that was loaded before would come after it.
  if (chance > 100 && isGone) await isAcknowledged(() => fn.cache.set?.([String(key)], String(version)));
  if (isGone) known.acknowledge(key, version);
}

/** Whether a change was acknowledged. On a machine that is busy, it may be said that it is not certain. */
async function isAcknowledged(act: () => unknown): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof CacheOperationError) return false;
    throw error;
  }
}

/** How long ago what was read had become old; 0: it is not. */
async function read(known: Truth, key: number): Promise<number> {
  const began = process.hrtime.bigint();
  const value = Number(await fn(String(key)));
  return known.age(key, value + 1, began);
}

const commands: Commands = {
  call: (key) => fn(key as string),
  runs: () => runs,
  storm: (orders) => storm(orders as StormOrders),
  closeCaches: () => closeCaches(),
  /** Hears nothing for a while, as when it computes something, and asks before it hears anything. */
  hasAfterWork: (milliseconds, key) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds as number);
    return fn.cache.has?.(key);
  },
};

await serve(commands, fn.cache);
