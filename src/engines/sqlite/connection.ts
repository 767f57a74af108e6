/**
 * One connection to a database, on the package @keyv/sqlite, for all caches of this process that lie in one folder.
 *
 * The package's adapter opens its file once and for ever, waits for locks in threads that the whole process shares, and
 * loses writes when several of one connection are under way while another process has the lock. Here a lock is waited for
 * outside of those threads, writes go one after the other, and a connection that fails is replaced by a new one.
 */

import { stat } from "node:fs/promises";
import type { KeyvSqlite } from "@keyv/sqlite";
import {
  Backoff,
  checkDatabase,
  type DatabaseFile,
  type DatabasePlace,
  faultOf,
  LIST_TABLE,
  nameOfDatabase,
  PRAGMAS,
  prepareDatabase,
  type Row,
  type Step,
  workThrough,
} from "../../disk/index.js";
import { Attempts } from "./attempts.js";
import { withStatements } from "./statements.js";

/** Milliseconds for which a thread waits for a lock; 0 would mean the package's default, a second. */
const BUSY_TIMEOUT = 1;

/** A connection while it works. */
interface Opened {
  readonly adapter: KeyvSqlite;
  readonly file: DatabaseFile;
}

const connections = new Map<string, Connection>();
/** Adapters that have a database open, or did not say that they have closed it, by the database's name. */
const unclosed = new Map<string, number>();

function count(name: string, change: number): void {
  unclosed.set(name, (unclosed.get(name) ?? 0) + change);
}

/** The connection to a database; one for all who ask. */
export function connect(place: DatabasePlace, Adapter: typeof KeyvSqlite): Connection {
  const name = nameOfDatabase(place);
  const connection = connections.get(name) ?? new Connection(name, place, Adapter);
  connections.set(name, connection);
  connection.users += 1;
  return connection;
}

/** See {@link connect}. */
export class Connection {
  /** Who uses the connection; the last one closes it. */
  users = 0;
  readonly #name: string;
  readonly #place: DatabasePlace;
  readonly #Adapter: typeof KeyvSqlite;
  readonly #backoff = new Backoff();
  /** Counts the databases that were opened: what was known of one need not be true of the next. */
  #generation = 0;
  #attempted: () => void = () => undefined;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #closing: Promise<unknown> = Promise.resolve();
  #lastWrite: Promise<unknown> = Promise.resolve();
  // Until the package has done with a statement that found the database locked, SQLite keeps what is read as it was
  // then: a lookup at that time may not know what another process has removed, and is repeated. How many there were.
  #locked = 0;
  /** The last statement that changes something, while it may still find it locked. */
  #changing: Promise<unknown> | undefined;
  /** When the change whose turn it is was queued. */
  #queuedAt: number | undefined;

  constructor(name: string, place: DatabasePlace, Adapter: typeof KeyvSqlite) {
    this.#name = name;
    this.#place = place;
    this.#Adapter = Adapter;
  }

  /** The path of the database. */
  get path(): string {
    return this.#opened?.file.path ?? this.#name;
  }

  /**
   * Which connection there is that works, counted from the first; a promise where that has to be waited for.
   *
   * @param isRemoval - The database is looked for now, and not only now and then: what is removed from one that was
   * replaced is still in the other.
   */
  ready(isRemoval = false): number | Promise<number> {
    if (!isRemoval && this.#inUse !== undefined) return this.#generation;
    return this.#ready().then(() => this.#generation);
  }

  /** Waits for the first attempt to open the database, however it ends. */
  async warmUp(): Promise<void> {
    if (this.#opened !== undefined) return;
    const attempted = new Promise<void>((resolve) => {
      this.#attempted = resolve;
    });
    await Promise.race([attempted, this.#ready().catch(() => undefined)]);
  }

  /** Runs a statement now: one that changes nothing, or one whose turn it is. */
  async run(...[sql, ...parameters]: Step): Promise<readonly Row[]> {
    let attempts: Attempts | undefined;
    for (;;) {
      const opened = this.#inUse ?? (await this.#ready());
      try {
        const rows = await this.#attempt(opened, sql, parameters);
        if (rows !== undefined) return rows;
      } catch (error) {
        attempts ??= new Attempts(this.#queuedAt);
        await attempts.next(error, this.#isLocked(error, opened));
      }
    }
  }

  /** Runs it once; `undefined`: what came of it may be of before, and it is to be run again. */
  #attempt(opened: Opened, sql: string, parameters: readonly unknown[]): Promise<readonly Row[] | undefined> {
    const answer = opened.adapter.query(sql, ...(parameters as never[])) as Promise<readonly Row[]>;
    if (sql.startsWith("SELECT")) return this.#found(answer, this.#locked);
    const changing: Promise<unknown> = answer
      .catch((error: unknown) => {
        if (faultOf(error, opened.file) === "busy") this.#locked += 1;
      })
      .finally(() => {
        if (this.#changing === changing) this.#changing = undefined;
      });
    this.#changing = changing;
    return answer;
  }

  async #found(answer: Promise<readonly Row[]>, lockedBefore: number): Promise<readonly Row[] | undefined> {
    const rows = await answer;
    if (this.#changing !== undefined) await this.#changing;
    return this.#locked === lockedBefore ? rows : undefined;
  }

  /** Whether a statement failed since the database is locked. Leaves a connection that is of no use any more. */
  #isLocked(error: unknown, opened: Opened): boolean {
    const fault = faultOf(error, opened.file);
    if (fault === "missing") throw error;
    if (fault !== "busy") this.#leave(opened);
    if (fault === "damaged") opened.file.setAside();
    return fault === "busy";
  }

  /** Sets the database aside, which was found damaged. */
  discard(): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    this.#leave(opened);
    opened.file.setAside();
  }

  /** Does several things with nothing else of this process in between. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    const queuedAt = performance.now();
    const done = this.#lastWrite.then(() => {
      this.#queuedAt = queuedAt;
      return change();
    });
    const settled = (): void => {
      this.#queuedAt = undefined;
    };
    this.#lastWrite = done.then(settled, settled);
    return done;
  }

  /** Closes the connection when its last user has left. */
  async release(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    connections.delete(this.#name);
    await this.#lastWrite;
    const opened = this.#opened ?? (await this.#opening?.catch(() => undefined));
    this.#opened = undefined;
    this.#opening = undefined;
    if (opened !== undefined) await this.#disconnect(opened.adapter);
  }

  /** The connection, where its database need not be looked for now. */
  get #inUse(): Opened | undefined {
    return this.#opened?.file.isLookDue === false ? this.#opened : undefined;
  }

  /** A connection whose database was looked for, and is there. */
  async #ready(): Promise<Opened> {
    const opened = this.#opened;
    if (opened === undefined) return this.#open();
    const found = await stat(opened.file.path).catch(() => undefined);
    if (opened.file.isAt(found)) return opened;
    // Removed or replaced from outside: what this process writes there, nobody else would see.
    this.#leave(opened);
    return this.#open();
  }

  #open(): Promise<Opened> {
    this.#backoff.check();
    this.#opening ??= this.#make().then(
      (opened) => {
        this.#opened = opened;
        this.#opening = undefined;
        this.#backoff.worked();
        return opened;
      },
      (error: unknown) => {
        this.#opening = undefined;
        this.#backoff.failed(error);
        throw error;
      },
    );
    return this.#opening;
  }

  async #make(): Promise<Opened> {
    const attempts = new Attempts(this.#queuedAt);
    for (;;) {
      await this.#closing;
      let file: DatabaseFile | undefined;
      try {
        const isFirst = this.#generation === 0 && (unclosed.get(this.#name) ?? 0) === 0;
        file = prepareDatabase(this.#place, isFirst);
        const adapter = await this.#connect(file);
        this.#generation += 1;
        return { adapter, file };
      } catch (error) {
        const fault = faultOf(error, file);
        if (fault === "damaged" || fault === "missing") file?.setAside();
        this.#attempted();
        await attempts.next(error, fault === "busy");
      }
    }
  }

  async #connect({ path }: DatabaseFile): Promise<KeyvSqlite> {
    count(this.#name, 1);
    const options = { uri: `sqlite://${path}`, table: LIST_TABLE, busyTimeout: BUSY_TIMEOUT };
    const adapter = withStatements(() => new this.#Adapter(options));
    // The adapter tells of a failure here too, and once more by rejecting.
    adapter.on("error", () => undefined);
    try {
      for (const pragma of PRAGMAS) await adapter.query(pragma);
      await workThrough(checkDatabase(), async (sql) => (await adapter.query(sql)) as Row[]);
      return adapter;
    } catch (error) {
      this.#close(adapter);
      throw error;
    }
  }

  /** Has done with a connection that failed. */
  #leave(opened: Opened): void {
    if (this.#opened !== opened) return;
    this.#opened = undefined;
    this.#close(opened.adapter);
  }

  /** Closes a connection that is not used any more; the next one is not opened before that. */
  #close(adapter: KeyvSqlite): void {
    this.#closing = this.#disconnect(adapter).catch(() => undefined);
  }

  /** One that never opened rejects, and has the database open for all that is known. */
  async #disconnect(adapter: KeyvSqlite): Promise<void> {
    await adapter.disconnect();
    count(this.#name, -1);
  }
}
