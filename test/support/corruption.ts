/**
 * Caches on disk whose files are damaged, one bit, one length, one file at a time. Whatever was done to it, a cache gives
 * the last value of a key or none, and after a value was stored anew it is there.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Key } from "../../src/keys/index.js";
import { setLogger } from "../../src/logging.js";
import { engineNamed, entryOf, openStore, persistentEngines, type Store, storedIn, writeFiles } from "./disk-stores.js";
import { filesOf, flip, type Harm, truncate } from "./harms.js";
import { fates, type Remains, remainsOf, type State, valueFor } from "./history.js";
import { createRandom } from "./random.js";

const STATES: readonly State[] = ["closed", "killed", "copied", "restarted", "opened"];

/** The remains of caches of all persistent engines, in all states that they can be in. */
export async function allRemains(): Promise<readonly Remains[]> {
  const engines = await persistentEngines();
  const wanted = engines.flatMap(({ name }) =>
    STATES.filter((state) => name !== "file" || state === "closed").map((state) => ({ name, state })),
  );
  return Promise.all(wanted.map(({ name, state }) => remainsOf(name, state)));
}

/**
 * All bits of all bytes, and all lengths, as numbers from 0 on: for each byte one of the nine, then for each byte another.
 */
export class Damages {
  readonly #files: readonly { readonly name: string; readonly length: number; readonly from: number }[];
  /** How many bytes there are. */
  readonly bytes: number;

  constructor({ files }: Remains) {
    let from = 0;
    this.#files = filesOf(files).map((name) => {
      const length = files.get(name)?.length ?? 0;
      const file = { name, length, from };
      from += length;
      return file;
    });
    this.bytes = from;
  }

  /** How many there are. */
  get total(): number {
    return 9 * this.bytes;
  }

  /** One of them. */
  at(number: number): Harm {
    const place = number % this.bytes;
    const turn = Math.floor(number / this.bytes);
    const file = this.#files.findLast(({ from, length }) => from <= place && length > 0);
    if (file === undefined) throw new RangeError(`There is no damage ${number}.`);
    const offset = place - file.from;
    const kind = (offset + turn) % 9;
    return kind === 8 ? truncate(file.name, offset) : flip(file.name, offset, kind);
  }
}

/**
 * A bit, whichever it is, of each byte that leads to others: of the first page of a database, of the headers of the other
 * pages, of the headers of a log, of its first frames, and of its index. Small files are damaged as a whole, those of one
 * kind at the same place together, since each is of another key.
 */
export function* harmsOfTheHeart({ files }: Remains, random: () => number): Generator<Harm> {
  const small = ["/index-v", "/content-v"].map((kind) => [...files.keys()].filter((name) => name.includes(kind)));
  for (const names of small) {
    const length = Math.min(...names.map((name) => files.get(name)?.length ?? 0), 1_000);
    for (let at = 0; at < length; at += 1) yield all(names.map((name) => flip(name, at, Math.floor(random() * 8))));
  }
  for (const name of filesOf(files)) {
    const bytes = files.get(name) ?? Buffer.alloc(0);
    const isIn = heartOf(name);
    for (let at = 0; at < bytes.length; at += 1) {
      if (isIn?.(at, bytes) === true) yield flip(name, at, Math.floor(random() * 8));
    }
  }
}

/** Bytes before the head of a small record in which its value is, and after it, in which the head is. */
const AROUND_HEAD = [48, 240] as const;

/**
 * A bit, whichever it is, of each byte of the records in a file: those at the same place of all records together, since
 * each is of another key.
 */
export function* harmsOfRecords({ files }: Remains, random: () => number): Generator<Harm> {
  for (const name of filesOf(files)) {
    const bytes = files.get(name) ?? Buffer.alloc(0);
    const heads: number[] = [];
    for (let at = bytes.indexOf("twc\u0001"); at >= 0; at = bytes.indexOf("twc\u0001", at + 1)) heads.push(at);
    const [before, after] = AROUND_HEAD;
    for (let at = -before; at < after && heads.length > 0; at += 1) {
      const places = heads.map((head) => head + at).filter((place) => place >= 0 && place < bytes.length);
      yield all(places.map((place) => flip(name, place, Math.floor(random() * 8))));
    }
  }
}

/** Whether a byte of a file is one that leads to others. */
function heartOf(name: string): ((at: number, bytes: Buffer) => boolean) | undefined {
  if (name.endsWith("-shm")) return (at) => at < 136;
  if (name.endsWith("-wal")) return (at) => at < 32 || (at < 20_000 && (at - 32) % 4_120 < 36);
  // What is zero in a first page is either room, or one of the many like it in the header.
  if (name.endsWith(".db")) return (at, bytes) => at < 100 || (at < 4_096 && bytes[at] !== 0) || at % 4_096 < 12;
  return undefined;
}

/** Several harms at once. */
function all(harms: readonly Harm[]): Harm {
  return {
    name: harms.map(({ name }) => name).join("; "),
    apply: (files) => harms.reduce((before, { apply }) => apply(before), files),
  };
}

/** A value in a few words. */
function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 80);
}

/** A store that was opened on damaged files, and what must be in it. */
class Patient {
  readonly #latest = new Map<Key, object | undefined>();
  /** Keys whose value was lost, and stored anew. */
  readonly recomputed = new Set<Key>();
  #version = 10;

  constructor(engine: string) {
    for (const { key, last } of fates(engine)) {
      this.#latest.set(key, last === undefined ? undefined : valueFor(key, last));
    }
  }

  get keys(): readonly Key[] {
    return [...this.#latest.keys()];
  }

  /** Reads a key; whether there is a value. Throws for one that is not the last one. */
  async look(store: Store, key: Key, when: string): Promise<boolean> {
    const found = await storedIn(store, key);
    const last = this.#latest.get(key);
    if (found !== undefined && show(found) !== show(last))
      throw new Error(`${when}: ${key} is ${show(found)} in place of ${show(last)}`);
    return found !== undefined;
  }

  /** The same; what is not there is stored as a cached function would, and must be there then. */
  async call(store: Store, key: Key, when: string): Promise<void> {
    if (await this.look(store, key, when)) return;
    this.recomputed.add(key);
    await this.put(store, key);
    await this.find(store, key, `${when}, after a recomputation`);
  }

  async find(store: Store, key: Key, when: string): Promise<void> {
    if (!(await this.look(store, key, when))) throw new Error(`${when}: ${key} is not there`);
  }

  async put(store: Store, key: Key): Promise<void> {
    this.#version += 1;
    const value = valueFor(key as string, this.#version);
    this.#latest.set(key, value);
    if (!(await store.set(key, entryOf(value)))) throw new Error(`${key} was not stored`);
  }

  async remove(store: Store, key: Key): Promise<void> {
    this.#latest.set(key, undefined);
    await store.delete(key);
  }

  /** Reads a key, and does not mind whether there is a value; but a value that should not be there, it minds. */
  has(key: Key): boolean {
    return this.#latest.get(key) !== undefined;
  }
}

let rounds = 0;

/**
 * Damages the files of a cache, uses it, and throws for the first thing that is wrong.
 *
 * @param readsFirst - All keys are read before anything is changed, instead of one after the other being called.
 */
export async function endure(
  { engine: name, state, files }: Remains,
  harm: Harm,
  parent: string,
  readsFirst: boolean,
): Promise<void> {
  rounds += 1;
  const directory = join(parent, String(rounds));
  writeFiles(directory, harm.apply(files));
  try {
    await use(name, directory, readsFirst);
  } catch (cause) {
    throw new Error(`${name}, ${state}, ${harm.name}: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Rounds at a time: stores wait now and then, before they try again. */
const LANES = 4;

/** Does one harm after the other, each to a cache of its own. */
export async function endureAll(
  remains: Remains,
  harms: Iterable<Harm>,
  parent: string,
  random: () => number,
): Promise<void> {
  const left = harms[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      await endure(remains, next.value, parent, random() < 0.5);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function use(name: string, directory: string, readsFirst: boolean): Promise<void> {
  const engine = engineNamed(name);
  const patient = new Patient(name);
  const { keys } = patient;
  const store = await openStore(engine, directory);
  try {
    if (readsFirst) for (const key of keys) await patient.look(store, key, "at first");
    for (const key of keys) await patient.call(store, key, "at first");
    // Damage may come to light with the first change, and take with it what was there.
    for (const key of keys) await patient.call(store, key, "then");
    for (const key of keys) await patient.find(store, key, "after that");
    for (const [i, key] of keys.entries()) {
      if (i % 3 === 0) await patient.remove(store, key);
      else await patient.put(store, key);
      await patient.look(store, key, "after a change");
    }
    for (const key of keys) await patient.look(store, key, "after all changes");
  } finally {
    await store.close();
  }
  const again = await openStore(engine, directory);
  try {
    for (const key of keys) {
      if (patient.has(key)) await patient.call(again, key, "another time");
      else await patient.look(again, key, "another time");
    }
  } finally {
    await again.close();
  }
}

/** Every `stride`-th number below a total, from a random one on, in an order in which neighbours are far apart. */
export function* spread(total: number, count: number, random: () => number): Generator<number> {
  const stride = total / Math.min(count, total);
  const start = random() * stride;
  for (let i = 0; i < Math.min(count, total); i += 1) yield Math.floor(start + i * stride) % total;
}

/** What {@link tortureFiles} has done. */
export interface Toll {
  readonly rounds: number;
  /** How often every byte of all caches was damaged; the ninth time, in every way. */
  readonly complete: number;
}

/** A cache, and how far its torture has come. */
interface Victim {
  readonly remains: Remains;
  readonly damages: Damages;
  readonly walk: Iterator<number, never>;
  done: number;
}

/** Kept from call to call, so that each goes on where the one before has ended. */
let victims: Promise<readonly Victim[]> | undefined;

async function makeVictims(random: () => number): Promise<readonly Victim[]> {
  return (await allRemains()).map((remains) => {
    const damages = new Damages(remains);
    return { remains, damages, walk: endless(damages.bytes, random), done: 0 };
  });
}

/**
 * Damages every bit, and cuts at every length, the files of caches of all persistent engines in all states, in an order
 * that depends on the seed, until the time is up. Throws for the first thing that is wrong.
 *
 * @param until - By `Date.now()`.
 * @param parent - A directory for the caches.
 */
export async function tortureFiles(seed: number, until: number, parent: string): Promise<Toll> {
  const random = createRandom(seed);
  victims ??= makeVictims(random);
  const all = await victims;
  const silence = (): void => undefined;
  setLogger({ debug: silence, info: silence, warn: silence, error: silence });
  let count = 0;
  try {
    while (Date.now() < until) {
      // One of each in turn, so that a short run has seen something of all.
      await Promise.all(
        all.map(async (victim) => {
          const { damages, walk, done } = victim;
          victim.done += 1;
          const turn = Math.floor(done / damages.bytes) % 9;
          await endure(victim.remains, damages.at(turn * damages.bytes + walk.next().value), parent, random() < 0.5);
          count += 1;
        }),
      );
    }
  } finally {
    setLogger(undefined);
  }
  return { rounds: count, complete: Math.min(...all.map(({ done, damages }) => Math.floor(done / damages.bytes))) };
}

/** All numbers below a total, again and again, each once in a turn, far from the one before. */
function* endless(total: number, random: () => number): Generator<number, never> {
  let step = Math.floor(total * (0.3 + 0.4 * random())) | 1;
  while (commonDivisor(step, total) !== 1) step += 2;
  for (let at = Math.floor(random() * total); ; at = (at + step) % total) yield at;
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}
