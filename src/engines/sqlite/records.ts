/** The records of one cache in a database whose connection answers with promises. */

import type { Fence, Kept, Lease, StoreOptions } from "../../contract/index.js";
import {
  type AsyncRecords,
  absence,
  checkpoint,
  DamageError,
  fenceOf,
  Gathering,
  LeaseTable,
  type Listing,
  type More,
  type RecordFacts,
  RecordTable,
  type Row,
  recordIn,
  recordOf,
  type Seen,
  type Steps,
  vacuum,
  workThrough,
} from "../../disk/index.js";
import { ResourceError } from "../../errors.js";
import { log } from "../../logging.js";
import type { Connection } from "./connection.js";

/** Bytes of the log. To judge more would keep the whole program for too long. */
const LONGEST_LOG = 8_192_000;
/** Changes of leases between two copies of the log: each writes a page or two, which no record is counted for. */
const CHECKPOINT_EVERY = 500;

/** What a lookup has found: a record, or what is known of removals. */
interface Found {
  readonly record?: Buffer | undefined;
  readonly fence?: number | undefined;
}

/** What there is of each id, in the answer about several. */
function foundOf(ids: readonly string[], rows: readonly Row[]): readonly Found[] {
  const records = new Map(rows.map(({ id, record }) => [id, record]));
  const fence = fenceOf(records.get(null));
  return ids.map((id) => (records.has(id) ? { record: recordOf(records.get(id)) } : { fence }));
}

/** See {@link AsyncRecords}. */
export class SqliteRecords implements AsyncRecords {
  readonly #connection: Connection;
  readonly #table: RecordTable;
  readonly #leases: LeaseTable;
  readonly #lookups = new Gathering<string, Found>((ids) => this.#look(ids));
  /** What takes long, done in the background, step by step between the writes. */
  #chores: Promise<void> = Promise.resolve();
  #isClosed = false;
  #changesToCheckpoint = CHECKPOINT_EVERY;
  /** The last record that was asked for was not there. The next one may not be either, and then the fence is wanted. */
  #hasMissed = true;

  constructor(connection: Connection, owner: string, label: string, options: StoreOptions) {
    this.#connection = connection;
    this.#table = new RecordTable(owner, label, options, LONGEST_LOG);
    this.#leases = new LeaseTable(owner);
  }

  async get(id: string, _more?: More, seen?: Seen): Promise<Buffer | undefined> {
    const { record, fence } = await this.#lookups.ask(id);
    this.#hasMissed = record === undefined;
    if (fence !== undefined) seen?.(fence);
    return record;
  }

  isOfOtherCode(idUnder: (owner: string) => string): Promise<boolean> {
    return this.#ask(this.#table.isOfOtherCode(idUnder));
  }

  /** By hand, since it is what happens most: the same work step by step takes a tenth longer. */
  async #look(ids: readonly string[]): Promise<readonly Found[]> {
    const [id] = ids;
    const { lookups } = this.#table;
    const statement = this.#hasMissed ? lookups.getOrFence : lookups.get;
    try {
      if (ids.length > 1) return foundOf(ids, await this.#connection.run(lookups.getMany, JSON.stringify(ids)));
      const rows = await this.#connection.run(statement, id);
      const fence = fenceOf(rows[0]?.record);
      return [fence === undefined ? { record: recordIn(rows) } : { fence }];
    } catch (error) {
      absence(error);
      return ids.map(() => ({}));
    }
  }

  async fence(): Promise<number> {
    return (await this.#ask(this.#table.fence())) ?? this.#change((generation) => this.#table.begin(generation));
  }

  async set(id: string, record: Buffer, facts: RecordFacts, fence?: Fence): Promise<Kept> {
    const kept = await this.#change((generation) =>
      this.#table.set(id, record, facts, generation, fence as number | undefined),
    );
    if (this.#table.isSweepDue) this.#inBackground(() => this.#sweep());
    if (this.#table.isCheckpointDue) this.#inBackground(() => this.#checkpoint("PASSIVE"));
    return kept;
  }

  async lease(id: string, milliseconds: number): Promise<Lease | undefined> {
    if (await this.#ask(this.#leases.isHeld(id))) return undefined;
    const row = await this.#inTurn(() => this.#leases.take(id, milliseconds));
    return (
      row && {
        renew: () => this.#inTurn(() => this.#leases.renew(row, milliseconds)),
        release: () => this.#inTurn(() => this.#leases.release(row)),
      }
    );
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

  /** Changes what is not the cache's own, and of no use in a database that takes the place of this one. */
  async #inTurn<T>(work: () => Steps<T>): Promise<T> {
    this.#changesToCheckpoint -= 1;
    if (this.#changesToCheckpoint <= 0) {
      this.#changesToCheckpoint = CHECKPOINT_EVERY;
      this.#inBackground(() => this.#checkpoint("PASSIVE"));
    }
    return this.#connection.inTurn(async () => {
      if (this.#isClosed) throw new ResourceError("The cache was closed.");
      return this.#ask(work());
    });
  }

  /** Makes a change, when those before it have been made; in another database, where this one turns out to be damaged. */
  #change<T>(work: (generation: number) => Steps<T>, isRemoval = false): Promise<T> {
    const attempt = async (): Promise<T> => {
      const generation = this.#connection.ready(isRemoval);
      return this.#ask(work(typeof generation === "number" ? generation : await generation));
    };
    return this.#connection.inTurn(async () => {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof DamageError)) throw error;
        this.#connection.discard();
        return attempt();
      }
    });
  }

  /** Does something after the chores before it. What fails is tried again another time. */
  #inBackground(chore: () => Promise<void>): void {
    this.#chores = this.#chores.then(chore).catch((error: unknown) => {
      if (error instanceof DamageError) this.#connection.discard();
      log("debug", "A chore of a cache database was put off.", { err: error });
    });
  }

  async #sweep(): Promise<void> {
    while (!this.#isClosed && (await this.#ask(this.#table.walk())));
    while (!this.#isClosed && (await this.#change(() => this.#table.sweep())));
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
