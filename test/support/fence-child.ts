/**
 * A program with a cached function, whose runs can be held until somebody outside says what they come to. It answers
 * commands, several at a time; a run of the function that is held says so.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bcache } from "../../src/index.js";
import { type Commands, say, serve } from "./commands.js";
import { FAILURE, FENCED, type FenceOrders, holdFile, resultFile } from "./fence-orders.js";

const orders = JSON.parse(process.argv[2] ?? "{}") as FenceOrders;
const { me, engine, cacheDir, memory, answers, redis, options: further } = orders;
let runs = 0;

/** Milliseconds between two looks. */
const LOOK_EVERY = 1;

/** What a run of the function comes to; `undefined`: not yet. */
function resultOf(key: string, run: number): string | undefined {
  const path = resultFile(join(cacheDir, ".."), me, key, run);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function begin(key: string): { readonly run: number; readonly isHeld: boolean } {
  runs += 1;
  const isHeld = existsSync(holdFile(join(cacheDir, ".."), me, key));
  if (isHeld) say({ running: key });
  return { run: runs, isHeld };
}

function loadNow(key: string): string {
  const { run, isHeld } = begin(key);
  if (!isHeld) return `${me}-${run}`;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const result = resultOf(key, run);
    if (result !== undefined) return result;
    Atomics.wait(nobody, 0, 0, LOOK_EVERY);
  }
}

async function load(key: string): Promise<string> {
  const { run, isHeld } = begin(key);
  const [, inner] = key.split(">");
  if (inner !== undefined) return `${await fn(inner)}, by ${me}-${run}`;
  if (!isHeld) return `${me}-${run}`;
  for (;;) {
    const result = resultOf(key, run);
    if (result?.startsWith(FAILURE) === true) throw new Error(result.slice(FAILURE.length));
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

const options = {
  name: FENCED,
  version: 1,
  folderName: FENCED,
  cacheDir,
  engine,
  fallback: false,
  ...(redis !== undefined && { redis }),
} as const;
const fn = {
  "at once": () => bcache(loadNow, { ...options, sync: true }),
  "at once, of promises": () => bcache(load, { ...options, sync: true }),
  promises: () =>
    bcache(load, { ...options, engineTimeout: 5_000, ...(memory && { memory: { ttl: "1h" } }), ...further }),
}[answers]() as unknown as { (key: string): unknown; readonly cache: Commands };

const commands: Commands = {
  call: (key) => fn(key as string),
  runs: () => runs,
  /** Calls as often as told; what it comes to, each outcome once. */
  callMany: async (key, times) => {
    const calls = Array.from({ length: times as number }, () => fn(key as string) as Promise<string>);
    const outcomes = await Promise.allSettled(calls);
    const told = outcomes.map((one) => (one.status === "fulfilled" ? one.value : String(one.reason)));
    return [...new Set(told)];
  },
  /** Puts in what a promise comes to that is held as a run of the function would be. */
  promise: (key) => fn.cache.set?.([key], load(key as string)),
};

await serve(commands, fn.cache);
