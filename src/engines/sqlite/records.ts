/** The records of one cache in a database whose connection answers with promises. */

import type { StoreOptions } from "../../contract/index.js";
import {
  type AsyncRecords,
  checkpoint,
  DamageError,
  type Listing,
  type RecordFacts,
  RecordTable,
  type Steps,
  vacuum,
  workThrough,
} from "../../disk/index.js";
import { log } from "../../logging.js";
import type { Connection } from "./connection.js";

/** See {@link AsyncRecords}. */
export class SqliteRecords implements AsyncRecords {
  readonly #connection: Connection;
  readonly #table: RecordTable;
  /** What takes long, done in the background, step by step between the writes. */
  #chores: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(connection: Connection, owner: string, label: string, options: StoreOptions) {
    this.#connection = connection;
    this.#table = new RecordTable(owner, label, options);
  }

  get(id: string): Promise<Buffer | undefined> {
    // By hand, since it is what happens most: the same work step by step takes a tenth longer.
    return this.#connection.run(this.#table.getting, id).then(RecordTable.recordIn, RecordTable.absence);
  }

  async set(id: string, record: Buffer, facts: RecordFacts): Promise<boolean> {
    const kept = await this.#change((generation) => this.#table.set(id, record, facts, generation));
    if (this.#table.isSweepDue) this.#inBackground(() => this.#sweep());
    if (this.#table.isCheckpointDue) this.#inBackground(() => this.#checkpoint("PASSIVE"));
    return kept;
  }

  delete(id: string): Promise<boolean> {
    return this.#change((generation) => this.#table.delete(id, generation), true);
  }

  async drop(id: string, record: Buffer): Promise<void> {
    await this.#change((generation) => this.#table.drop(id, record, generation));
  }

  async clear(): Promise<void> {
    await this.#change((generation) => this.#table.clear(generation), true);
    this.#inBackground(() => this.#shrink());
  }

  size(): Promise<number> {
    return this.#ask(this.#table.size());
  }

  async *ids(): AsyncGenerator<string> {
    for (let place: string | undefined = ""; place !== undefined; ) {
      const listing: Listing = await this.#ask(this.#table.list(place));
      yield* listing.ids;
      place = listing.next;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#chores;
    await this.#connection.release();
  }

  #ask<T>(work: Steps<T>): Promise<T> {
    return workThrough(work, (...step) => this.#connection.run(...step));
  }

  /** Makes a change, when those before it have been made. */
  #change<T>(work: (generation: number) => Steps<T>, isRemoval = false): Promise<T> {
    return this.#connection.inTurn(async () => this.#ask(work(await this.#connection.ready(isRemoval))));
  }

  /** Does something after the chores before it. What fails is tried again another time. */
  #inBackground(chore: () => Promise<void>): void {
    this.#chores = this.#chores.then(chore).catch((error: unknown) => {
      if (error instanceof DamageError) this.#connection.discard();
      log("debug", "A chore of a cache database was put off.", { err: error });
    });
  }

  async #sweep(): Promise<void> {
    let place: string | undefined = "";
    while (place !== undefined && !this.#isClosed) {
      const from: string = place;
      place = await this.#change(() => this.#table.sweep(from));
    }
    await this.#shrink();
  }

  async #shrink(): Promise<void> {
    let isDone = true;
    while (!this.#isClosed && (await this.#change(vacuum))) isDone = false;
    if (!isDone) await this.#checkpoint("TRUNCATE");
  }

  async #checkpoint(mode: "PASSIVE" | "TRUNCATE"): Promise<void> {
    await this.#change(() => checkpoint(this.#connection.path, mode));
  }
}
