/**
 * Long tests: keys, a model of a cache in memory under random operations, caches on disk that many processes use at once,
 * processes that are killed, damaged files, freshness and tags in every kind of store. `SEED=…` repeats a run, `MINUTES=…`
 * (default 5) bounds it, `ONLY=…` names the kinds that are wanted: keys, storm, kill, damage, values, freshness, tags. Ends with 1 at the first thing that is wrong.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "../src/keys/index.js";
import { setLogger } from "../src/logging.js";
import { generateArguments } from "./support/arguments.js";
import { bundle } from "./support/bundle.js";
import { type Cached, everyKind, type Kind } from "./support/every-kind.js";
import { emptyTally, runFreshness } from "./support/freshness-model.js";
import { runModel } from "./support/model.js";
import { createRandom } from "./support/random.js";
import { tortureValues } from "./support/round-trips.js";
import { killRounds, runStorm } from "./support/storm.js";
import { emptyTagsTally, runTags } from "./support/tags-model.js";

const minutes = Number(process.env.MINUTES ?? 5);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000);
const end = Date.now() + minutes * 60_000;
console.log(`SEED=${seed} MINUTES=${minutes}`);

const random = createRandom(seed);
const anySeed = (): number => Math.floor(random() * 2 ** 31);
const digest = (text: string): string => createHash("sha1").update(text, "utf16le").digest().toString("latin1", 0, 9);
let lists = 0;
let steps = 0;

/** Ends the run where something is wrong. */
function demand(what: string, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`SEED=${seed}: ${what}\n${wrong.slice(0, 20).join("\n")}`);
}

async function keys(until: number): Promise<string> {
  const truths = new Map<string, string>();
  for (let i = 0; i < 500_000 && Date.now() < until; i += 1) {
    const { truth, make } = generateArguments(random);
    const key = keyOf(make());
    const keyDigest = digest(`${typeof key}${key}`);
    const truthDigest = digest(truth);
    const known = truths.get(keyDigest);
    if (known !== undefined && known !== truthDigest) throw new Error(`alias: ${truth}`);
    truths.set(keyDigest, truthDigest);
    lists += 1;
  }
  for (let i = 0; i < 50 && Date.now() < until; i += 1) steps += await runModel(createRandom(anySeed()), 2_000);
  return `${lists} lists of arguments without an alias, ${steps} steps without a wrong value`;
}

const program = await bundle("test/support/storm-child.ts");
const ENGINES = ["sqlite", "file", "better-sqlite3"] as const;
let storms = 0;
let rounds = 0;

async function storm(): Promise<string> {
  const engine = ENGINES[storms % ENGINES.length] ?? "sqlite";
  storms += 1;
  const mode = engine !== "better-sqlite3" && random() < 0.3 ? "handle" : "store";
  const lanes = mode === "handle" || engine === "better-sqlite3" ? 1 : 1 + Math.floor(random() * 16);
  const locked = engine === "sqlite" && random() < 0.3 ? { locked: 2_000 * random() } : {};
  const processes = 2 + Math.floor(random() * 7);
  const operations = Math.floor((engine === "file" ? 4_000 : 20_000) / processes);
  const common = {
    seed: anySeed(),
    own: 50,
    closes: mode === "store",
    keys: 1 + Math.floor(random() * 100),
    ...locked,
  };
  const what = { engine, mode, lanes, processes, operations, ...common } as const;
  const { wrong, errors, acknowledged, slow, p99 } = await runStorm(program.path, what);
  demand(JSON.stringify(what), [...wrong, ...errors]);
  return `${engine}, ${processes} processes by ${mode}: ${acknowledged} operations, ${slow} given up, p99 ${p99.toFixed(1)} ms`;
}

async function kill(): Promise<string> {
  const engine = ENGINES[rounds % ENGINES.length] ?? "sqlite";
  rounds += 1;
  const { wrong, errors, left, acknowledged } = await killRounds(program.path, engine, 20, createRandom(anySeed()));
  demand(`${engine}, killed`, [...wrong, ...errors, ...left]);
  return `${engine}, 20 rounds of processes that were killed: ${acknowledged} changes acknowledged, nothing lost or left`;
}

/** The damages that test/support/corruption.ts knows. */
async function damage(until: number): Promise<string> {
  const { tortureFiles } = await import("./support/corruption.js");
  const directory = mkdtempSync(join(tmpdir(), "twat-cache-torture-"));
  try {
    return `damaged files: ${JSON.stringify(await tortureFiles(anySeed(), until, directory))}`;
  } finally {
    if (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
  }
}

/** Generated values, through every engine that is here. */
async function values(until: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "twat-cache-torture-"));
  try {
    return `${await tortureValues(anySeed(), until, directory)} values came back exactly`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Model = (kind: Kind, random: () => number, steps: number) => Promise<void>;

const freshnessTally = emptyTally();
const tagsTally = emptyTagsTally();

/** Random steps of all that there is about freshness. */
const freshness = (until: number): Promise<string> =>
  beside((kind, random, steps) => runFreshness(kind, random, steps, freshnessTally), freshnessTally, until);

/** Random steps with tags. */
const tags = (until: number): Promise<string> =>
  beside((kind, random, steps) => runTags(kind, random, steps, tagsTally), tagsTally, until);

/** Random steps beside an oracle in every kind of store, most of them in memory. */
async function beside(model: Model, tally: object, until: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "twat-cache-torture-"));
  setLogger({ debug() {}, info() {}, warn() {}, error() {} });
  const kept = (one: Cached): Cached => one;
  let caches = 0;
  const cacheDir = (): string => {
    caches += 1;
    return mkdtempSync(join(directory, `${caches}-`));
  };
  try {
    for (let round = 0; round < 20 && Date.now() < until; round += 1) {
      for (const kind of everyKind({ kept, cacheDir })) {
        const rounds = kind.isPersistent ? 1 : 10;
        const steps = kind.isPersistent ? 100 : 1_000;
        for (let i = 0; i < rounds; i += 1) {
          const own = anySeed();
          try {
            await model(kind, createRandom(own), steps);
          } catch (error) {
            throw new Error(`SEED=${seed}, and ${own} of ${kind.name}`, { cause: error });
          }
        }
      }
      demand("unhandled rejections", unhandled.map(String));
    }
    return `${JSON.stringify(tally)}, and all as it must be`;
  } finally {
    setLogger(undefined);
    rmSync(directory, { recursive: true, force: true });
  }
}

const unhandled: unknown[] = [];
process.on("unhandledRejection", (error) => void unhandled.push(error));

const kinds: Readonly<Record<string, (until: number) => Promise<string>>> = {
  keys,
  storm,
  kill,
  damage,
  values,
  freshness,
  tags,
};
const wanted = process.env.ONLY?.split(",") ?? Object.keys(kinds);
try {
  while (Date.now() < end) {
    for (const [name, run] of Object.entries(kinds)) {
      if (!wanted.includes(name) || Date.now() >= end) continue;
      const started = Date.now();
      // Each kind gets a part of the time; a storm, or rounds, that have begun come to their end.
      const part = (minutes * 60_000) / (2 * wanted.length);
      for (const until = Math.min(end, started + part); Date.now() < until; )
        console.log(`${name}: ${await run(until)}`);
    }
  }
} finally {
  program.remove();
}
