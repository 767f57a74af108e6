/** The records of one cache in a database whose connection answers at once. */

import type { Fence, Kept, StoreOptions } from "../../contract/index.js";
import {
  absence,
  checkpoint,
  DamageError,
  fenceOf,
  type Listing,
  type RecordFacts,
  RecordTable,
  recordOf,
  type Steps,
  type SyncRecords,
  vacuum,
  workNow,
} from "../../disk/index.js";
import { log } from "../../logging.js";
import type { SyncConnection } from "./connection.js";

/** Bytes of the log: to judge so much after a crash takes some hundredths of a second, once. */
const LONGEST_LOG = 16_384_000;
/** The tag of no record. */
const NO_TAG = -1;

/** See {@link SyncRecords}. What takes long is done a step at a time, after writes. */
export class SyncSqliteRecords implements SyncRecords {
  readonly #connection: SyncConnection;
  readonly #table: RecordTable;
  /** What is to go on with the next write. */
  #chore: (() => boolean) | undefined;
  #isClosed = false;
  /** The record that was asked for last, if it was not there, and the fence that came in its place. */
  #missed: { readonly id: string; readonly fence: number } | undefined;

  constructor(connection: SyncConnection, owner: string, label: string, options: StoreOptions) {
    this.#connection = connection;
    this.#table = new RecordTable(owner, label, options, LONGEST_LOG);
  }

  get(id: string): Buffer | undefined;
  get(id: string, tag: number | undefined): Buffer | "same" | undefined;
  get(id: string, tag = NO_TAG): Buffer | "same" | undefined {
    this.#missed = undefined;
    try {
      const answer = this.#connection.ask(this.#table.lookups.getUnless, tag, id);
      if (answer === tag) return "same";
      const fence = fenceOf(answer);
      if (fence === undefined) return recordOf(answer);
      this.#missed = { id, fence };
      // By then it is not what is known any more.
      queueMicrotask(this.#forgetMiss);
      return undefined;
    } catch (error) {
      return absence(error);
    }
  }

  readonly #forgetMiss = (): void => {
    this.#missed = undefined;
  };

  isOfOtherCode(idUnder: (owner: string) => string): boolean {
    return this.#work(this.#table.isOfOtherCode(idUnder));
  }

  fence(id: string): number {
    const { fence } = this.#missed?.id === id ? this.#missed : {};
    return fence ?? this.#work(this.#table.fence()) ?? this.#change((generation) => this.#table.begin(generation));
  }

  set(id: string, record: Buffer, facts: RecordFacts, fence?: Fence): Kept {
    const generation = this.#connection.ready();
    const since = fence as number | undefined;
    const set = (database: number): Steps<Kept> => this.#table.set(id, record, facts, database, since);
    const kept = this.#change(set);
    if (this.#table.isSweepDue) this.#chore ??= this.#walk;
    if (this.#chore !== undefined) this.#try(() => this.#goOn());
    if (this.#table.isCheckpointDue) this.#try(() => this.#work(checkpoint(this.#connection.path, "PASSIVE")));
    const now = this.#connection.ready();
    // A chore has come upon damage, and what was just written is where the database was put.
    return now === generation ? kept : this.#change(set);
  }

  delete(id: string): boolean {
    return this.#change((generation) => this.#table.delete(id, generation), true);
  }

  drop(id: string, record: Buffer): void {
    this.#change((generation) => this.#table.drop(id, record, generation));
  }

  clear(): void {
    this.#change((generation) => this.#table.clear(generation), true);
    this.#try(() => this.#shrink());
  }

  size(): number {
    return this.#work(this.#table.size());
  }

  *ids(): Generator<string> {
    for (let place: string | undefined = ""; place !== undefined; ) {
      const listing: Listing = this.#work(this.#table.list(place));
      yield* listing.ids;
      place = listing.next;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.release();
  }

  #work<T>(work: Steps<T>): T {
    return workNow(work, (...step) => this.#connection.run(...step));
  }

  /** Makes a change; in another database, where this one turns out to be damaged. */
  #change<T>(work: (generation: number) => Steps<T>, isRemoval = false): T {
    try {
      return this.#work(work(this.#connection.ready(isRemoval)));
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      this.#connection.discard();
      return this.#work(work(this.#connection.ready(isRemoval)));
    }
  }

  /** Does a step of a chore, and notes what is next. */
  #goOn(): void {
    if (this.#chore === undefined || this.#chore()) return;
    this.#chore = this.#chore === this.#walk ? this.#sweep : undefined;
  }

  readonly #walk = (): boolean => this.#work(this.#table.walk());

  readonly #sweep = (): boolean => {
    const isUnderWay = this.#work(this.#table.sweep());
    if (!isUnderWay) this.#shrink();
    return isUnderWay;
  };

  #shrink(): void {
    let isDone = true;
    while (this.#work(vacuum())) isDone = false;
    if (!isDone) this.#work(checkpoint(this.#connection.path, "TRUNCATE"));
  }

  /** Does a chore. What fails is tried again another time. */
  #try(chore: () => void): void {
    try {
      chore();
    } catch (error) {
      if (error instanceof DamageError) this.#connection.discard();
      log("debug", "A chore of a cache database was put off.", { err: error });
    }
  }
}
