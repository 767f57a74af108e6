/** The records of one cache in a database whose connection answers at once. */

import type { StoreOptions } from "../../contract/index.js";
import {
  checkpoint,
  DamageError,
  type Listing,
  type RecordFacts,
  RecordTable,
  type Steps,
  type SyncRecords,
  vacuum,
  workNow,
} from "../../disk/index.js";
import { log } from "../../logging.js";
import type { SyncConnection } from "./connection.js";

/** See {@link SyncRecords}. What takes long is done a step at a time, after writes. */
export class SyncSqliteRecords implements SyncRecords {
  readonly #connection: SyncConnection;
  readonly #table: RecordTable;
  /** Where the walk for what is over goes on; `undefined`: none is under way. */
  #sweepPlace: string | undefined;
  #isClosed = false;

  constructor(connection: SyncConnection, owner: string, label: string, options: StoreOptions) {
    this.#connection = connection;
    this.#table = new RecordTable(owner, label, options);
  }

  get(id: string): Buffer | undefined {
    try {
      return RecordTable.recordIn(this.#connection.run(this.#table.getting, id));
    } catch (error) {
      return RecordTable.absence(error);
    }
  }

  set(id: string, record: Buffer, facts: RecordFacts): boolean {
    const generation = this.#connection.ready();
    const kept = this.#work(this.#table.set(id, record, facts, generation));
    if (this.#table.isSweepDue) this.#sweepPlace = "";
    if (this.#sweepPlace !== undefined) this.#try(() => this.#sweepStep());
    if (this.#table.isCheckpointDue) this.#try(() => this.#work(checkpoint(this.#connection.path, "PASSIVE")));
    const now = this.#connection.ready();
    // A chore has come upon damage, and what was just written is where the database was put.
    return now === generation ? kept : this.#work(this.#table.set(id, record, facts, now));
  }

  delete(id: string): boolean {
    return this.#work(this.#table.delete(id, this.#connection.ready(true)));
  }

  drop(id: string, record: Buffer): void {
    this.#work(this.#table.drop(id, record, this.#connection.ready()));
  }

  clear(): void {
    this.#work(this.#table.clear(this.#connection.ready(true)));
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

  #sweepStep(): void {
    this.#sweepPlace = this.#work(this.#table.sweep(this.#sweepPlace ?? ""));
    if (this.#sweepPlace === undefined) this.#shrink();
  }

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
