/** The records of one cache, in a table of its own: what is to be done, whatever kind of connection does it. */

import type { StoreOptions } from "../contract/index.js";
import { DamageError } from "./damage.js";
import { Ledger } from "./ledger.js";
import { registerCache } from "./listing.js";
import type { RecordFacts } from "./records.js";
import { bytesInFile, type Statements, statementsFor } from "./sql.js";
import { nextStamp } from "./stamp.js";
import type { Row, Step, Steps } from "./steps.js";

/** Records that are listed at a time. */
const LIST_STEP = 200;
/** Records that are looked at in one step of a walk for those that are over, so that no step takes long. */
const SWEEP_STEP = 2_000;
/** Writes between two walks; so many more may be over and still there. */
const SWEEP_EVERY = 500;
/** Bytes written between two copies of the log into the database: SQLite's own default, a thousand pages. */
const CHECKPOINT_EVERY = 4_096_000;
/** Bytes that a change writes besides its own: the page of the tree that it is in. */
const BYTES_A_CHANGE = 4_096;

/** A part of the ids, and where the next part begins. */
export interface Listing {
  readonly ids: readonly string[];
  /** `undefined`: there are no more. */
  readonly next: string | undefined;
}

/** See above. */
export class RecordTable {
  readonly #owner: string;
  readonly #label: string;
  readonly #options: StoreOptions;
  readonly #sql: Statements;
  readonly #ledger: Ledger;
  /** The database in which there is a table for certain. */
  #generation = 0;
  #writesToSweep = 1;
  #bytesToCheckpoint = CHECKPOINT_EVERY;

  constructor(owner: string, label: string, options: StoreOptions) {
    this.#owner = owner;
    this.#label = label;
    this.#options = options;
    this.#sql = statementsFor(owner);
    this.#ledger = new Ledger(options);
  }

  /** The statement that gets the record with an id. */
  get getting(): string {
    return this.#sql.get;
  }

  /** The record in the answer; `undefined`: there is none. */
  static recordIn(rows: readonly Row[]): Buffer | undefined {
    const [row] = rows;
    return row && bytesOf(row.record);
  }

  /** What it means that a record could not be got: where there is no table yet, there is none. Throws other errors. */
  static absence(error: unknown): undefined {
    if (!isMissing(error)) throw error;
  }

  /**
   * Keeps a record, and makes room for it.
   *
   * @param generation - Counts the databases that the connection has opened.
   */
  *set(id: string, record: Buffer, { expiresAt }: RecordFacts, generation: number): Steps<boolean> {
    const size = bytesInFile(record.byteLength);
    if (size > this.#options.maxBytes) {
      yield* this.delete(id, generation);
      return false;
    }
    yield* this.#settle(generation);
    if (this.#ledger.isStale) yield* this.#count();
    yield* this.#change(generation, this.#sql.set, id, nextStamp(), size, expiresAt ?? null, record);
    this.#ledger.addPerhaps(1, size);
    this.#writesToSweep -= 1;
    this.#bytesToCheckpoint -= size + BYTES_A_CHANGE;
    yield* this.#evict();
    return true;
  }

  /** Removes a record; whether there was one. */
  delete(id: string, generation: number): Steps<boolean> {
    return this.#remove(generation, this.#sql.delete, id);
  }

  /** Removes this very record, and no later one. */
  drop(id: string, record: Buffer, generation: number): Steps<boolean> {
    return this.#remove(generation, this.#sql.drop, id, record);
  }

  /** Removes all records. */
  *clear(generation: number): Steps<void> {
    yield* this.#change(generation, this.#sql.clear);
    this.#ledger.counted(0, 0);
  }

  /** How many records there are. */
  *size(): Steps<number> {
    const [row] = yield* this.#ask(this.#sql.total);
    return Number(row?.records ?? 0);
  }

  /** The ids after one, a few of them, in their order. The first comes after `""`. */
  *list(after: string): Steps<Listing> {
    const rows = yield* this.#ask(this.#sql.list, after, LIST_STEP);
    const ids = rows.map((row) => String(row.id));
    return { ids, next: ids.length === LIST_STEP ? ids[ids.length - 1] : undefined };
  }

  /** Whether it is time for a walk that removes what is over. Asking starts the count anew. */
  get isSweepDue(): boolean {
    if (this.#writesToSweep > 0) return false;
    this.#writesToSweep = SWEEP_EVERY;
    return true;
  }

  /** Whether it is time to copy the log. Asking starts the count anew. */
  get isCheckpointDue(): boolean {
    if (this.#bytesToCheckpoint > 0) return false;
    this.#bytesToCheckpoint = CHECKPOINT_EVERY;
    return true;
  }

  /** A step of the walk, after an id: the id that the next one comes after, `undefined` at the end. */
  *sweep(after: string): Steps<string | undefined> {
    const step = yield* this.#ask(this.#sql.list, after, SWEEP_STEP);
    const last = lastOf(after, step);
    if (last === after) return undefined;
    const rows = yield [this.#sql.sweep, after, last, this.#options.now()];
    this.#gone(rows, "expired");
    return last;
  }

  *#count(): Steps<void> {
    const [total] = yield* this.#ask(this.#sql.total);
    this.#ledger.counted(Number(total?.records ?? 0), Number(total?.bytes ?? 0));
  }

  *#evict(): Steps<void> {
    if (this.#ledger.excess > 0 && !this.#ledger.isCertain) yield* this.#count();
    for (let excess = this.#ledger.excess; excess > 0; excess = this.#ledger.excess) {
      const rows = yield [this.#sql.evict, excess];
      // Others have removed them: what is known is not true any more.
      if (rows.length === 0) return this.#ledger.forget();
      this.#gone(rows, "evicted");
    }
  }

  #gone(rows: readonly Row[], reason: "evicted" | "expired"): void {
    for (const { size } of rows) {
      this.#ledger.add(-1, -Number(size));
      this.#options.onDrop?.(undefined, undefined, reason);
    }
  }

  *#remove(generation: number, ...step: Step): Steps<boolean> {
    const rows = yield* this.#change(generation, ...step);
    for (const { size } of rows) this.#ledger.add(-1, -Number(size));
    return rows.length > 0;
  }

  /** Asks; where there is no table yet, there is nothing. */
  *#ask(...step: Step): Steps<readonly Row[]> {
    try {
      return yield step;
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Makes a change; first the table, where that is not there yet. */
  *#change(generation: number, ...step: Step): Steps<readonly Row[]> {
    yield* this.#settle(generation);
    try {
      return yield step;
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#generation = -1;
      yield* this.#settle(generation);
      return yield step;
    }
  }

  *#settle(generation: number): Steps<void> {
    if (this.#generation === generation) return;
    yield [this.#sql.create];
    yield* registerCache(this.#owner, this.#label);
    this.#ledger.forget();
    this.#generation = generation;
  }
}

/**
 * The last of the ids that come after one.
 *
 * @throws DamageError where they are not in their order, so that some cannot be found, or are there twice.
 */
function lastOf(after: string, rows: readonly Row[]): string {
  let last = after;
  for (const { id } of rows) {
    if (typeof id !== "string" || id <= last) throw new DamageError("Records are not where they belong.");
    last = id;
  }
  return last;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && /no such table/.test(error.message);
}

/** Bytes as a Buffer, which is all that the packages take for them; what is not bytes becomes some that no one made. */
function bytesOf(thing: unknown): Buffer {
  if (Buffer.isBuffer(thing)) return thing;
  return thing instanceof Uint8Array
    ? Buffer.from(thing.buffer, thing.byteOffset, thing.byteLength)
    : Buffer.from(String(thing), "latin1");
}
