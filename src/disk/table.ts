/** The records of one cache, in a table of its own: what is to be done, whatever kind of connection does it. */

import type { Kept, StoreOptions } from "../contract/index.js";
import { fenceOf, isMissing } from "./answer.js";
import { DamageError } from "./damage.js";
import { Ledger } from "./ledger.js";
import { isOfOtherCode, registerCache } from "./listing.js";
import type { RecordFacts } from "./records.js";
import { beginning, forgetOld, mend, numberByChance } from "./removals.js";
import { mostBytes } from "./space.js";
import { ALL, bytesInFile, type Statements, statementsFor } from "./sql.js";
import type { Row, Step, Steps } from "./steps.js";
import { WALK_STEP, Walk } from "./walk.js";

/** Records that are listed at a time. */
const LIST_STEP = 200;
/** Records that are over and go in one step, so that no step takes long. */
const SWEEP_STEP = 500;
/** Writes between two looks for those that are over; so many more may be over and still there. */
const SWEEP_EVERY = 500;
/** Bytes written between two copies of the log of a small cache into the database. */
const CHECKPOINT_EVERY = 4_096_000;
/** Bytes that a change writes besides its own: the pages of its two trees. */
const BYTES_A_CHANGE = 8_192;

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
  /** Who removes here. */
  readonly #who = numberByChance();
  readonly #checkpointEvery: number;
  /** The database in which there is a table for certain. */
  #generation = 0;
  #writesToSweep = 1;
  /** What is over at this time is swept. */
  #sweepAt = 0;
  /** Through all ids, now and then. */
  readonly #walk = new Walk();
  #bytesToCheckpoint: number;

  /**
   * @param longestLog - Bytes written between two copies of the log, at most. Pages that many changes have in common are
   * copied once; a longer log takes longer to be judged after a crash.
   */
  constructor(owner: string, label: string, options: StoreOptions, longestLog: number) {
    this.#owner = owner;
    this.#label = label;
    this.#options = options;
    this.#sql = statementsFor(owner);
    this.#ledger = new Ledger(options);
    this.#checkpointEvery = Math.max(CHECKPOINT_EVERY, Math.min(longestLog, options.maxBytes));
    this.#bytesToCheckpoint = this.#checkpointEvery;
  }

  /** The statements that get records. */
  get lookups(): Pick<Statements, "get" | "getOrFence" | "getMany" | "getUnless"> {
    return this.#sql;
  }

  /**
   * Keeps a record, and makes room for it.
   *
   * @param generation - Counts the databases that the connection has opened.
   * @param fence - What was known of removals by others when the record's making began; default: it wins over all.
   */
  *set(id: string, record: Buffer, { expiresAt, tag }: RecordFacts, generation: number, fence?: number): Steps<Kept> {
    const size = bytesInFile(record.byteLength);
    if (size > this.#options.maxBytes) {
      yield* this.delete(id, generation);
      return false;
    }
    // No step of work that is not needed: each generator takes as long as it takes to seal a record.
    if (this.#generation !== generation) yield* this.#settle(generation);
    if (this.#ledger.isStale) yield* this.#estimate();
    const columns = [id, tag, size, expiresAt ?? null, record] as const;
    const step: Step =
      fence === undefined
        ? [this.#sql.set, ...columns]
        : [this.#sql.setUnlessRemoved, ...columns, fence, id, this.#who];
    let rows: readonly Row[];
    try {
      rows = yield step;
    } catch (error) {
      rows = yield* this.#again(error, generation, step);
    }
    if (fence !== undefined && rows.length === 0) {
      yield* mend(this.#sql, fence);
      return "fenced";
    }
    this.#ledger.addPerhaps(1, size);
    this.#writesToSweep -= 1;
    this.#bytesToCheckpoint -= size + BYTES_A_CHANGE;
    if (this.#ledger.excess > 0) yield* this.#evict();
    return true;
  }

  /** Removes a record; whether there was one. */
  *delete(id: string, generation: number): Steps<boolean> {
    yield* this.#note(id, generation);
    return yield* this.#remove(generation, this.#sql.delete, id);
  }

  /** Removes this very record, and no later one. */
  drop(id: string, record: Buffer, generation: number): Steps<boolean> {
    return this.#remove(generation, this.#sql.drop, id, record);
  }

  /** Removes all records. */
  *clear(generation: number): Steps<void> {
    yield* this.#note(ALL, generation);
    yield* this.#change(generation, this.#sql.clear);
    this.#ledger.counted(0, 0);
  }

  /** What is known now of removals; `undefined`: nothing, before {@link begin}. */
  *fence(): Steps<number | undefined> {
    const [row] = yield* this.#ask(this.#sql.fence);
    return fenceOf(row?.fence);
  }

  /** Sees to it that there is a fence. */
  *begin(generation: number): Steps<number> {
    this.#generation = -1;
    yield* this.#settle(generation);
    const fence = yield* this.fence();
    if (fence === undefined) throw new DamageError("What was removed cannot be read.");
    return fence;
  }

  /** How many records there are. */
  *size(): Steps<number> {
    const [row] = yield* this.#ask(this.#sql.total);
    return Number(row?.records ?? 0);
  }

  /** Whether other code of the same name has made a record of the same call. */
  isOfOtherCode(idUnder: (owner: string) => string): Steps<boolean> {
    return isOfOtherCode(this.#owner, this.#label, idUnder);
  }

  /** The ids after one, a few of them, in their order. The first comes after `""`. */
  *list(after: string): Steps<Listing> {
    const rows = yield* this.#ask(this.#sql.list, after, LIST_STEP);
    const ids = rows.map((row) => String(row.id));
    return { ids, next: ids.length === LIST_STEP ? ids[ids.length - 1] : undefined };
  }

  /** Whether it is time to remove what is over by now. Asking starts the count anew. */
  get isSweepDue(): boolean {
    if (this.#writesToSweep > 0) return false;
    this.#writesToSweep = SWEEP_EVERY;
    this.#sweepAt = this.#options.now();
    return true;
  }

  /** Whether it is time to copy the log. Asking starts the count anew. */
  get isCheckpointDue(): boolean {
    if (this.#bytesToCheckpoint > 0) return false;
    this.#bytesToCheckpoint = this.#checkpointEvery;
    return true;
  }

  /** Removes some of what was over when that was due; whether there may be more. */
  *sweep(): Steps<boolean> {
    const rows = yield* this.#ask(this.#sql.sweep, this.#sweepAt, SWEEP_STEP);
    this.#gone(rows, "expired");
    return rows.length === SWEEP_STEP;
  }

  /**
   * Looks at some more of the ids, after those of the last time; whether to go on at once, as until all were looked at for
   * the first time.
   *
   * @throws DamageError where they are not in their order, so that some cannot be found, or are there twice.
   */
  *walk(): Steps<boolean> {
    return this.#walk.look(yield* this.#ask(this.#sql.list, this.#walk.at, WALK_STEP));
  }

  /** What there is, or at most, where that is little: to count takes as long as there are records. */
  *#estimate(): Steps<void> {
    const { maxSize, maxBytes } = this.#options;
    const bytes = maxSize === Number.POSITIVE_INFINITY ? yield* mostBytes() : undefined;
    if (bytes !== undefined && bytes <= maxBytes) this.#ledger.estimated(bytes);
    else yield* this.#count();
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

  /** Notes a removal. First, so that nothing older is written once what is there has been removed. */
  *#note(id: string, generation: number): Steps<void> {
    yield* forgetOld(this.#sql, yield* this.#change(generation, this.#sql.note, id, this.#who));
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
      return yield* this.#again(error, generation, step);
    }
  }

  /**
   * Makes the table and then the change, which failed because that was not there.
   *
   * @throws DamageError where it still is not: the database says that it is there, and cannot find it.
   */
  *#again(error: unknown, generation: number, step: Step): Steps<readonly Row[]> {
    if (!isMissing(error)) throw error;
    this.#generation = -1;
    yield* this.#settle(generation);
    try {
      return yield step;
    } catch (cause) {
      throw isMissing(cause) ? new DamageError("A table that was just made is not there.", { cause }) : cause;
    }
  }

  *#settle(generation: number): Steps<void> {
    if (this.#generation === generation) return;
    try {
      yield* this.#make();
    } catch (error) {
      // The database turned out to be damaged, and the rest was done in another one, where the beginning is missing.
      if (!isMissing(error)) throw error;
      yield* this.#make();
    }
    this.#ledger.forget();
    this.#generation = generation;
  }

  *#make(): Steps<void> {
    for (const statement of this.#sql.create) yield [statement];
    yield beginning(this.#sql);
    yield* registerCache(this.#owner, this.#label);
  }
}
