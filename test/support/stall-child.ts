/** A program that goes on while another process has the lock of its cache's database; says how it fared. */

import { promises } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { bcache } from "../../src/decorators/index.js";

/** Times in milliseconds. */
export interface Times {
  readonly count: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** How the program fared for a while. */
export interface Measured {
  readonly hits: Times;
  readonly misses: Times;
  /** Reads of a file that has nothing to do with the cache. */
  readonly reads: Times;
  readonly loop: Times;
  readonly wrong: readonly string[];
}

/** What became of a removal, and of what it was to remove. */
export interface Removal {
  readonly outcome: string;
  readonly isThere: boolean;
  readonly isServed: boolean;
}

const [cacheDir = "", engine = "sqlite"] = process.argv.slice(2);
const HOT = 10;
let runs = 0;
let next = 1_000;

async function load(number: number): Promise<string> {
  runs += 1;
  return `${number}:${runs}`;
}

const cached = bcache(load, {
  name: "stalled",
  version: 1,
  folderName: "storm",
  cacheDir,
  engine,
  maxSize: Number.POSITIVE_INFINITY,
  fallback: false,
});
const first: string[] = [];

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function timesOf(all: number[]): Times {
  all.sort((one, other) => one - other);
  const at = (share: number): number => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0;
  return { count: all.length, p90: at(0.9), p99: at(0.99), max: at(1) };
}

async function measure(milliseconds: number): Promise<Measured> {
  const end = performance.now() + milliseconds;
  const wrong: string[] = [];
  const [hits, misses, reads]: [number[], number[], number[]] = [[], [], []];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  /** What `act` says is not so does not count. */
  async function repeat(into: number[], act: () => Promise<boolean>): Promise<void> {
    while (performance.now() < end) {
      const started = performance.now();
      if (await act()) into.push(performance.now() - started);
      await pause(4);
    }
  }
  const miss = async (): Promise<boolean> => {
    next += 1;
    const number = next;
    const value = await cached(number);
    if (!value.startsWith(`${number}:`)) wrong.push(value);
    return true;
  };
  const hit = async (): Promise<boolean> => {
    const number = Math.floor(Math.random() * HOT);
    const value = await cached(number);
    if (!value.startsWith(`${number}:`)) wrong.push(value);
    // On a machine that is busy a call may give up before it has read the entry.
    return value === first[number];
  };
  loop.enable();
  await Promise.all([
    ...Array.from({ length: 6 }, () => repeat(misses, miss)),
    repeat(hits, hit),
    repeat(hits, hit),
    repeat(reads, async () => (await promises.readFile(process.argv[1] ?? "")).byteLength > 0),
  ]);
  loop.disable();
  const [p90 = 0, p99 = 0] = [90, 99].map((share) => loop.percentile(share) / 1e6);
  const delays = { count: loop.count, p90, p99, max: loop.max / 1e6 };
  return { hits: timesOf(hits), misses: timesOf(misses), reads: timesOf(reads), loop: delays, wrong };
}

async function remove(number: number): Promise<Removal> {
  const outcome = await cached.cache.delete(number).then(
    () => "acknowledged",
    () => "rejected",
  );
  const isThere = await cached.cache.has(number);
  return { outcome, isThere, isServed: (await cached(number)) === first[number] };
}

/** Milliseconds until a value that is set is there. */
async function recover(): Promise<number> {
  const started = performance.now();
  for (;;) {
    next += 1;
    const number = next;
    const isSet = await cached.cache.set([number], "set").then(
      () => true,
      () => false,
    );
    if (isSet && (await cached.cache.has(number))) return performance.now() - started;
    await pause(5);
  }
}

const commands: Record<string, (argument: number) => Promise<unknown>> = {
  async warm() {
    for (let number = 0; number < 2 * HOT; number += 1) first.push(await cached(number));
  },
  measure,
  remove,
  recover,
  served: async (number) => (await cached(number)) === first[number],
  async call() {
    const started = performance.now();
    next += 1;
    const value = await cached(next);
    return { isRight: value.startsWith(`${next}:`), milliseconds: performance.now() - started };
  },
};

process.on("message", ([command, argument]: [string, number]) => {
  void commands[command]?.(argument).then((answer) => process.send?.(answer ?? null));
});
