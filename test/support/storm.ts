/** Several processes at once on one cache, to their end or until they are killed, and a judgement of what they saw. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AsyncStore, SyncStore } from "../../src/contract/index.js";
import { prepareDatabase } from "../../src/disk/index.js";
import { Layout } from "../../src/engines/file/layout.js";
import { readLine } from "../../src/engines/file/line.js";
import { lineFiles } from "../../src/engines/file/walk.js";
import { engines } from "../../src/engines/index.js";
import { createEntry } from "../../src/entry.js";
import { leftAmongFiles, leftBesideDatabase, makeOld } from "./leftovers.js";
import { judge, type Operation } from "./register.js";
import { now, type Orders, placeOf, STORM, tagOf } from "./storm-orders.js";

/** The part of the package better-sqlite3 that is used here. */
export interface Database {
  exec(sql: string): unknown;
  pragma(source: string, options: { readonly simple: true }): unknown;
  close(): unknown;
}

/** Opens a database without the library. */
export function openDatabase(path: string): Database {
  const Loaded = createRequire(import.meta.url)("better-sqlite3") as new (path: string) => Database;
  return new Loaded(path);
}

/** What the processes of a storm have in common. */
export type Storm = Omit<Orders, "me" | "log" | "seed" | "cacheDir"> & {
  readonly seed: number;
  readonly processes: number;
  /** Another connection has the database's lock when they begin, for so many milliseconds. */
  readonly locked?: number;
};

/** What came of it. */
export interface Aftermath {
  /** Operations that were begun. */
  readonly operations: number;
  readonly acknowledged: number;
  /** Everything that must not be. */
  readonly wrong: readonly string[];
  /** What an operation rejected with. */
  readonly errors: readonly string[];
  /** Operations that were given up since they would have taken longer than a call may. */
  readonly slow: number;
  /** Milliseconds that 99 of 100 operations took at most. */
  readonly p99: number;
}

/** One process of a storm. */
interface Member {
  readonly orders: Orders;
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly stderr: string }>;
}

/** Starts a process, which waits for the word. */
async function enlist(program: string, orders: Orders): Promise<Member> {
  const child = spawn(process.execPath, ["--unhandled-rejections=strict", program, JSON.stringify(orders)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  // One that is killed is not there to be told.
  child.stdin?.on("error", () => undefined);
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stderr }));
  const isReady = await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, "data"), ended]);
  if (!Array.isArray(isReady)) throw new Error(`A process did not start: ${stderr}`);
  child.stdout?.resume();
  return { orders, child, ended };
}

function ordersFor({ processes, locked: _locked, ...storm }: Storm, cacheDir: string, name: string): Orders[] {
  return Array.from({ length: processes }, (_, i) => {
    const me = `${name}${String.fromCharCode(97 + i)}`;
    return { ...storm, me, cacheDir, seed: storm.seed * 31 + i, log: join(cacheDir, `${me}.log`) };
  });
}

/** What the log of a process says. */
function readLog(path: string, me: string): { readonly operations: Operation[]; readonly errors: string[] } {
  const begun = new Map<number, { kind: string; key: string; value: string | undefined; start: number; end: number }>();
  const errors: string[] = [];
  // The last line may be half a line.
  for (const text of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    const [what, number, ...rest] = JSON.parse(text) as [string, number, ...unknown[]];
    if (what === "begin") {
      const [kind, key, value, start] = rest as [string, string, string | null, number];
      begun.set(number, { kind, key, value: value ?? undefined, start, end: Number.POSITIVE_INFINITY });
    } else if (what === "end") {
      const one = begun.get(number);
      if (one === undefined) continue;
      one.end = rest[0] as number;
      if (one.kind === "get") one.value = (rest[1] as string | null) ?? undefined;
    } else errors.push(`${me} ${begun.get(number)?.kind}: ${rest[0]}`);
  }
  const operations = [...begun.values()]
    // A read that did not end saw nothing.
    .filter(({ kind, end }) => kind !== "get" || end !== Number.POSITIVE_INFINITY)
    .map((one) => ({ ...one, process: me }) as Operation);
  return { operations, errors };
}

/** A `clear` is a removal of each key. */
function spread(operations: readonly Operation[]): Operation[] {
  const keys = [...new Set(operations.map(({ key }) => key).filter((key) => key !== ""))];
  return operations.flatMap((one) =>
    (one.kind as string) === "clear" ? keys.map((key) => ({ ...one, kind: "delete" as const, key })) : [one],
  );
}

/** Opens the store that the processes of a storm use. */
export async function openStorm(engine: string, cacheDir: string, redis?: string): Promise<SyncStore | AsyncStore> {
  const found = engines.named(engine);
  if (found === undefined) throw new Error(`There is no engine ${engine}.`);
  return found.open({
    name: STORM,
    maxSize: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "fifo",
    now: () => Date.now(),
    place: placeOf(cacheDir, redis),
  });
}

/** Reads all keys that were written, once the processes are gone. */
async function readBack(
  { engine, redis }: Pick<Orders, "engine" | "redis">,
  cacheDir: string,
  operations: readonly Operation[],
): Promise<Operation[]> {
  const store = await openStorm(engine, cacheDir, redis);
  const reads: Operation[] = [];
  try {
    for (const key of new Set(operations.map((one) => one.key).filter((one) => one !== ""))) {
      const start = now();
      const entry = await store.get(key);
      const value = entry === undefined ? undefined : tagOf(entry.value);
      reads.push({ process: "afterwards", kind: "get", key, value, start, end: now() });
    }
  } finally {
    await store.close();
  }
  return reads;
}

/** Has the lock of a database from now on; the function that is returned gives it back. */
export function holdLock(engine: string, cacheDir: string): () => void {
  const { path } = prepareDatabase({ folderName: STORM, cacheDir, secure: true, file: `${engine}.db` }, false);
  const holder = openDatabase(path);
  holder.exec("BEGIN IMMEDIATE");
  return () => {
    holder.exec("COMMIT");
    holder.close();
  };
}

/** Lets a storm loose in a folder of its own. */
export async function runStorm(program: string, storm: Storm): Promise<Aftermath> {
  const cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-storm-"));
  const members: Member[] = [];
  try {
    for (const orders of ordersFor(storm, cacheDir, "")) members.push(await enlist(program, orders));
    const release = storm.locked === undefined ? undefined : holdLock(storm.engine, cacheDir);
    for (const { child } of members) child.stdin?.write("go\n");
    if (release !== undefined) setTimeout(release, storm.locked);
    const ends = await Promise.all(members.map(({ ended }) => ended));
    const wrong = ends.flatMap((end) =>
      end.code === 0 && complaints(end.stderr) === "" ? [] : [`ended badly: ${JSON.stringify(end)}`],
    );
    const logs = members.map(({ orders: { log, me } }) => readLog(log, me));
    const operations = logs.flatMap((log) => log.operations);
    // By a handle, a miss is a right answer too: a call gives up before the engine does.
    const judged =
      storm.mode === "store"
        ? operations
        : operations.filter(({ kind, value }) => kind !== "get" || value !== undefined);
    const reads = storm.mode === "store" ? await readBack(storm, cacheDir, operations) : [];
    wrong.push(...judge([...spread(judged), ...reads]));
    const errors = logs.flatMap((log) => log.errors);
    // Who is asked to answer at once waits for a lock no longer than a call may take.
    const mayGiveUp = storm.mode === "handle" || engines.named(storm.engine)?.kind === "sync";
    const failed = mayGiveUp ? errors.filter((error) => !SLOW.test(error)) : errors;
    return { ...sumUp(operations), wrong, errors: failed, slow: errors.length - failed.length };
  } finally {
    await disband(members);
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

/** The engine may be slow on a machine that has other things to do; calls go on without it then, and it is logged. */
const SLOW = /did not answer in time|database is locked/;

function complaints(stderr: string): string {
  return stderr
    .split("\n")
    .filter((line) => !SLOW.test(line))
    .join("\n");
}

function sumUp(operations: readonly Operation[]): Pick<Aftermath, "operations" | "acknowledged" | "p99"> {
  const times = operations.map(({ start, end }) => end - start).filter(Number.isFinite);
  times.sort((one, other) => one - other);
  const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
  return { operations: operations.length, acknowledged: times.length, p99 };
}

async function disband(members: readonly Member[]): Promise<void> {
  for (const { child } of members) child.kill("SIGKILL");
  await Promise.all(members.map(({ ended }) => ended));
}

/** Operations that a process has done so far. */
function endsIn(log: string): number {
  return existsSync(log) ? readFileSync(log, "utf8").split('["end"').length - 1 : 0;
}

/** One folder in which processes are killed again and again. */
export class KillRounds {
  readonly cacheDir: string = mkdtempSync(join(tmpdir(), "twat-cache-kill-"));
  readonly #program: string;
  readonly #storm: Storm;
  #rounds = 0;
  readonly #operations: Operation[] = [];
  readonly errors: string[] = [];

  constructor(program: string, storm: Storm) {
    this.#program = program;
    this.#storm = storm;
  }

  get acknowledged(): number {
    return this.#operations.filter(({ end, kind }) => kind !== "get" && end !== Number.POSITIVE_INFINITY).length;
  }

  /**
   * Starts processes, kills them after some milliseconds, and opens the cache again; what is wrong with it.
   *
   * @param atLeast - Operations that one of them must have done before, however slow the machine is.
   */
  async round(milliseconds: number, atLeast = 0): Promise<string[]> {
    this.#rounds += 1;
    const storm = { ...this.#storm, seed: this.#storm.seed + 1_000 * this.#rounds };
    const orders = ordersFor(storm, this.cacheDir, `${this.#rounds}`);
    const members = await Promise.all(orders.map((one) => enlist(this.#program, one)));
    try {
      for (const { child } of members) child.stdin?.write("go\n");
      const deadline = performance.now() + 10_000;
      do await new Promise((resolve) => setTimeout(resolve, milliseconds));
      while (performance.now() < deadline && !orders.some(({ log }) => endsIn(log) >= atLeast));
    } finally {
      await disband(members);
    }
    for (const { orders: one, ended } of members) {
      const { stderr } = await ended;
      if (stderr !== "") this.errors.push(stderr);
      closeSync(openSync(one.log, "a"));
      const { operations, errors } = readLog(one.log, one.me);
      const death = now();
      this.#operations.push(...operations.map((operation) => ({ ...operation, death })));
      this.errors.push(...errors);
    }
    return this.verify();
  }

  /** Where the cache lies. */
  get folder(): string {
    return join(this.cacheDir, STORM);
  }

  /** What is left, after the next visit, of what the processes had begun. Everything looks hours old then. */
  async leftovers(): Promise<string[]> {
    const { engine } = this.#storm;
    makeOld(this.folder);
    const store = await openStorm(engine, this.cacheDir);
    await store.set("last", createEntry("last", 0, 0, undefined, 1));
    await store.close();
    if (engine !== "file") {
      const database = openDatabase(join(this.folder, `${engine}.db`));
      const integrity = database.pragma("integrity_check", { simple: true });
      database.close();
      return [...leftBesideDatabase(this.folder), ...(integrity === "ok" ? [] : [`integrity: ${integrity}`])];
    }
    const layout = new Layout(placeOf(this.cacheDir));
    const left: string[] = [];
    const digests: string[] = [];
    for await (const path of lineFiles(layout)) {
      const line = await readLine(path);
      if (typeof line !== "object") left.push(`${path} is ${line}`);
      else if (existsSync(layout.contentOf(line.digest))) digests.push(line.digest);
      else left.push(`${path} leads nowhere`);
    }
    return [...left, ...leftAmongFiles(this.folder, digests)];
  }

  /** What is wrong with what is there now. */
  async verify(): Promise<string[]> {
    this.#operations.push(...(await readBack(this.#storm, this.cacheDir, this.#operations)));
    return judge(spread(this.#operations));
  }

  remove(): void {
    rmSync(this.cacheDir, { recursive: true, force: true });
  }
}

/** What came of rounds in which processes are killed. */
export interface Survival {
  readonly wrong: readonly string[];
  readonly errors: readonly string[];
  readonly left: readonly string[];
  readonly acknowledged: number;
}

/** Rounds in the folder of one cache; each third one in a new folder, where processes are killed while they make it. */
export async function killRounds(
  program: string,
  engine: string,
  count: number,
  random: () => number,
): Promise<Survival> {
  const wrong: string[] = [];
  const errors: string[] = [];
  const left: string[] = [];
  let acknowledged = 0;
  const storm = { engine, mode: "store", processes: 3, lanes: 8, keys: 30, own: 0, closes: false } as const;
  const start = (): KillRounds =>
    new KillRounds(program, { ...storm, seed: Math.floor(random() * 2 ** 31), operations: 1_000_000 });
  const finish = async (rounds: KillRounds): Promise<void> => {
    try {
      left.push(...(await rounds.leftovers()));
      wrong.push(...(await rounds.verify()));
      errors.push(...rounds.errors);
      acknowledged += rounds.acknowledged;
    } finally {
      rounds.remove();
    }
  };
  const long = start();
  for (let round = 0; round < count; round += 1) {
    const isShort = round % 3 === 2;
    const rounds = isShort ? start() : long;
    wrong.push(...(await rounds.round(5 + random() * (isShort ? 45 : 95), isShort ? 0 : 20)));
    if (isShort) await finish(rounds);
  }
  await finish(long);
  return { wrong: [...new Set(wrong)], errors, left, acknowledged };
}
