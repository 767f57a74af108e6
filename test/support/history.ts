/**
 * A small cache with a history: entries that were made once, overwritten, removed, and both, so that nothing that was
 * there before can come back unnoticed.
 *
 * As a program (`history.ts <engine> <state> <directory>`) it says "ready" when the files are in the state that is asked
 * for, and waits to be killed. What they were like earlier is in `<directory>-early`.
 */

import { spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  engineNamed,
  entryOf,
  type Files,
  FOLDER,
  inTemporary,
  openStore,
  readFiles,
  type Store,
} from "./disk-stores.js";

/**
 * In which state the files are. `"closed"`: as a program leaves them that ends. The others are left by one that is
 * killed: `"killed"`, with changes in the log alone; `"copied"`, with all of the log copied into the database; and
 * `"restarted"`, with a log that was begun anew after that, in front of the rest of the earlier one; `"opened"`, without
 * a log, by one that only reads.
 */
export type State = "closed" | "killed" | "copied" | "restarted" | "opened";

/** A key, the versions that were stored, and which of them is there in the end. */
interface Fate {
  readonly key: string | number;
  readonly first: number;
  readonly last: number | undefined;
}

const SMALL: readonly Fate[] = [
  { key: "once", first: 1, last: 1 },
  { key: "twice", first: 1, last: 2 },
  { key: "gone", first: 1, last: undefined },
];
const ALL: readonly Fate[] = [
  ...SMALL,
  { key: 7, first: 1, last: 1 },
  { key: "late", first: 0, last: 2 },
  { key: "large", first: 1, last: 2 },
  { key: "goner", first: 1, last: undefined },
  { key: "large gone", first: 1, last: undefined },
];

/** The entries of an engine's cache; few, where each has files of its own. */
export function fates(engine: string): readonly Fate[] {
  return engine === "file" ? SMALL : ALL;
}

/** The value of a key in a version. Large ones have pages of a database to themselves. */
export function valueFor(key: string | number, version: number): object {
  const text = `${key}:${version}:`;
  return { key, version, text: String(key).startsWith("large") ? text.padEnd(5_000, text) : text };
}

async function putAll(store: Store, engine: string, version: number): Promise<void> {
  for (const { key, first, last } of fates(engine)) {
    if (version === 1 ? first === 1 : last === 2 || key === "goner") {
      await store.set(key, entryOf(valueFor(key, version)));
    }
  }
}

async function removeSome(store: Store, engine: string): Promise<void> {
  for (const { key, last } of fates(engine)) if (last === undefined) await store.delete(key);
}

/** Copies the log of a database into it, by another connection of the same package. */
async function checkpoint(engine: string, directory: string): Promise<void> {
  const path = join(directory, FOLDER, `${engine}.db`);
  const statement = "PRAGMA wal_checkpoint(PASSIVE)";
  if (engine === "sqlite") {
    const { KeyvSqlite } = await import("@keyv/sqlite");
    await new KeyvSqlite({ uri: `sqlite://${path}`, table: "caches", busyTimeout: 1_000 }).query(statement);
  } else {
    const Database = createRequire(import.meta.url)("better-sqlite3") as new (
      path: string,
    ) => { exec(sql: string): void };
    new Database(path).exec(statement);
  }
}

async function live(engine: string, state: State, directory: string): Promise<void> {
  const open = (): Promise<Store> => openStore(engineNamed(engine), directory);
  const keep = (): void => cpSync(join(directory, FOLDER), join(`${directory}-early`, FOLDER), { recursive: true });
  let store = await open();
  await putAll(store, engine, 1);
  if (state === "closed") keep();
  // What is in the database already, and what is in the log alone.
  if (state === "killed") {
    await store.close();
    store = await open();
    await store.set("goner", entryOf(valueFor("goner", 1)));
    keep();
  }
  if (state === "restarted") {
    keep();
    await checkpoint(engine, directory);
  }
  await putAll(store, engine, 2);
  if (state === "copied") keep();
  await removeSome(store, engine);
  if (state === "copied") await checkpoint(engine, directory);
  if (state === "opened") keep();
  if (state === "closed" || state === "opened") await store.close();
  if (state !== "opened") return;
  store = await open();
  await store.get("once");
}

/** What a history has left, and what was there at some moment before. */
export interface Remains {
  readonly engine: string;
  readonly state: State;
  readonly files: Files;
  readonly early: Files;
}

const PROGRAM = fileURLToPath(import.meta.url);

/** The remains of a cache that was used by a program of its own, which was killed. */
export function remainsOf(engine: string, state: State): Promise<Remains> {
  return inTemporary(async (parent) => {
    const directory = join(parent, "cache");
    const args = ["--import", "tsx", PROGRAM, engine, state, directory];
    const child = spawn(process.execPath, args, {
      cwd: dirname(PROGRAM),
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 30_000,
      killSignal: "SIGKILL",
    });
    let said = "";
    child.stderr.on("data", (text) => {
      said += String(text);
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text) => {
        said += String(text);
        if (said.includes("ready")) child.kill("SIGKILL");
      });
      child.once("error", reject);
      child.once("close", () =>
        said === "ready" ? resolve() : reject(new Error(`The history of ${engine}: ${said}`)),
      );
    });
    const early = engine === "file" ? new Map() : readFiles(`${directory}-early`);
    return { engine, state, files: readFiles(directory), early };
  });
}

if (process.argv[1] === PROGRAM) {
  const [, , engine = "", state = "closed", directory = ""] = process.argv;
  await live(engine, state as State, directory);
  process.stdout.write("ready");
  setInterval(() => undefined, 1_000);
}
