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

/** Milliseconds for which a thread waits for a lock; 0 would mean the package's default, a second. */
const BUSY_TIMEOUT = 1;
/** Milliseconds between two attempts at a lock: the first pause, how much longer each next one is, and up to. */
const PAUSE = { first: 2, more: 1, upTo: 20 };
/**
 * Milliseconds after which an operation gives a lock up, from when it was queued: those that wait for one another give up
 * together. Callers have given up long before.
 */
const PATIENCE = 10_000;
/** Milliseconds for which a program with nothing else to do stays for an operation that waits for a lock. */
const STAY = 2_000;
/** Connections that one operation may use up. */
const MAX_RENEWALS = 3;

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
   * Waits until there is a connection that works; which one it is, counted from the first.
   *
   * @param isRemoval - The database is looked for now, and not only now and then: what is removed from one that was
   * replaced is still in the other.
   */
  async ready(isRemoval = false): Promise<number> {
    await this.#ready(isRemoval);
    return this.#generation;
  }

  /** Waits for the first attempt to open the database, however it ends. */
  async warmUp(): Promise<void> {
    if (this.#opened !== undefined) return;
    const attempted = new Promise<void>((resolve) => {
      this.#attempted = resolve;
    });
    await Promise.race([attempted, this.ready().catch(() => undefined)]);
  }

  /** Runs a statement now: one that changes nothing, or one whose turn it is. */
  async run(...[sql, ...parameters]: Step): Promise<readonly Row[]> {
    let attempts: Attempts | undefined;
    for (;;) {
      const working = this.#opened;
      const mayBeUsed = working !== undefined && !working.file.isLookDue;
      const opened = mayBeUsed ? working : await this.#ready(working !== undefined);
      try {
        return (await opened.adapter.query(sql, ...(parameters as never[]))) as readonly Row[];
      } catch (error) {
        const fault = faultOf(error, opened.file);
        if (fault === "missing") throw error;
        if (fault !== "busy") this.#leave(opened);
        if (fault === "damaged") opened.file.setAside();
        attempts ??= new Attempts(this.#queuedAt);
        await attempts.next(error, fault === "busy");
      }
    }
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

  /** A connection that works, as far as is known. */
  async #ready(mustLook = false): Promise<Opened> {
    const opened = this.#opened;
    if (opened === undefined) return this.#open();
    if (!opened.file.isLookDue && !mustLook) return opened;
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
    const adapter = new this.#Adapter({ uri: `sqlite://${path}`, table: LIST_TABLE, busyTimeout: BUSY_TIMEOUT });
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

/** The attempts of one operation. */
class Attempts {
  readonly #started: number;
  #renewals = 0;
  #pauses = 0;

  constructor(started: number = performance.now()) {
    this.#started = started;
  }

  /** Waits before the next attempt, or throws when it was the last. Waiting for a lock is no attempt. */
  async next(error: unknown, isBusy: boolean): Promise<void> {
    if (!isBusy) this.#renewals += 1;
    const waited = performance.now() - this.#started;
    if (this.#renewals > MAX_RENEWALS || waited > PATIENCE) throw error;
    const longest = Math.min(PAUSE.upTo, PAUSE.first + PAUSE.more * this.#pauses);
    this.#pauses += 1;
    // Chance, so that two processes that wait for each other do not do so for ever.
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 1 + Math.random() * longest);
      if (waited > STAY) timer.unref();
    });
  }
}
