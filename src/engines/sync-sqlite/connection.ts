/** One connection to a database whose answers come at once, for all caches of this process that lie in one folder. */

import {
  Backoff,
  CREATE_LIST,
  checkDatabase,
  type DatabaseFile,
  type DatabasePlace,
  faultOf,
  nameOfDatabase,
  PRAGMAS,
  prepareDatabase,
  type Row,
  type Step,
  workNow,
} from "../../disk/index.js";
import type { Database, Driver, Statement } from "./driver.js";

/** Milliseconds for which a call waits for a lock, and the whole program with it. */
const BUSY_TIMEOUT = 100;
/** Connections that one operation may use up. */
const MAX_RENEWALS = 3;
/** Statements that are kept prepared. */
const MAX_STATEMENTS = 500;

/** A connection while it works. */
interface Opened {
  readonly database: Database;
  readonly file: DatabaseFile;
  readonly statements: Map<string, Statement>;
  /** Those that answer with one thing. */
  readonly questions: Map<string, Question>;
}

/** Asks for the first column of the first row. */
type Question = (one: unknown, other: unknown) => unknown;

const connections = new Map<string, SyncConnection>();

/** The connection to a database; one for all who ask. */
export function connectNow(place: DatabasePlace, driver: Driver): SyncConnection {
  const name = nameOfDatabase(place);
  const connection = connections.get(name) ?? new SyncConnection(name, place, driver);
  connections.set(name, connection);
  connection.users += 1;
  return connection;
}

/** See {@link connectNow}. */
export class SyncConnection {
  /** Who uses the connection; the last one closes it. */
  users = 0;
  readonly #name: string;
  readonly #place: DatabasePlace;
  readonly #driver: Driver;
  readonly #backoff = new Backoff();
  /** Counts the databases that were opened. */
  #generation = 0;
  #opened: Opened | undefined;

  constructor(name: string, place: DatabasePlace, driver: Driver) {
    this.#name = name;
    this.#place = place;
    this.#driver = driver;
  }

  /** The path of the database. */
  get path(): string {
    return this.#opened?.file.path ?? this.#name;
  }

  /**
   * Sees to it that there is a connection that works; which one it is, counted from the first.
   *
   * @param isRemoval - The database is looked for now, and not only now and then: what is removed from one that was
   * replaced is still in the other.
   */
  ready(isRemoval = false): number {
    this.#ready(isRemoval);
    return this.#generation;
  }

  /** Runs a statement. Throws what SQLite throws. */
  run(...[sql, ...parameters]: Step): readonly Row[] {
    return this.#use((opened) => statement(opened, sql).all(...parameters));
  }

  /** Asks for the column "record" of one row, in half the time of `run`; `undefined`: there is none. */
  ask(sql: string, one: unknown, other: unknown): unknown {
    return this.#use((opened) => question(opened, sql)(one, other));
  }

  #use<T>(act: (opened: Opened) => T): T {
    for (let renewals = 0; ; renewals += 1) {
      const opened = this.#ready();
      try {
        return act(opened);
      } catch (error) {
        const fault = faultOf(error, opened.file);
        if (fault === "missing" || fault === "busy") throw error;
        this.#leave();
        if (fault === "damaged") opened.file.setAside();
        if (renewals === MAX_RENEWALS) throw error;
      }
    }
  }

  /** Sets the database aside, which was found damaged. */
  discard(): void {
    const opened = this.#opened;
    this.#leave();
    opened?.file.setAside();
  }

  /** Closes the connection when its last user has left. */
  release(): void {
    this.users -= 1;
    if (this.users > 0) return;
    connections.delete(this.#name);
    this.#leave();
  }

  #ready(mustLook = false): Opened {
    const opened = this.#opened;
    if (opened !== undefined) {
      if ((!opened.file.isLookDue && !mustLook) || opened.file.isThere) return opened;
      // Removed or replaced from outside: what this process writes there, nobody else would see.
      this.#leave();
    }
    return this.#open();
  }

  #open(): Opened {
    this.#backoff.check();
    try {
      const opened = this.#make();
      this.#opened = opened;
      this.#backoff.worked();
      this.#generation += 1;
      return opened;
    } catch (error) {
      this.#backoff.failed(error);
      throw error;
    }
  }

  #make(): Opened {
    for (let renewals = 0; ; renewals += 1) {
      let file: DatabaseFile | undefined;
      try {
        file = prepareDatabase(this.#place, this.#generation === 0);
        return { database: connect(this.#driver, file), file, statements: new Map(), questions: new Map() };
      } catch (error) {
        const fault = faultOf(error, file);
        if (fault === "damaged" || fault === "missing") file?.setAside();
        if (renewals === MAX_RENEWALS || fault === "busy") throw error;
      }
    }
  }

  /** Has done with the connection. */
  #leave(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    closeQuietly(opened?.database);
  }
}

function connect(driver: Driver, { path }: DatabaseFile): Database {
  const database = driver.open(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    for (const pragma of PRAGMAS) database.exec(pragma);
    workNow(checkDatabase(), (sql) => database.prepare(sql).all());
    database.exec(CREATE_LIST);
    return database;
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

function closeQuietly(database: Database | undefined): void {
  try {
    database?.close();
  } catch {
    // It never was a database, or is one no more.
  }
}

function statement({ database, statements }: Opened, sql: string): Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const prepared = database.prepare(sql);
  // One of the packages has a method of its own for statements that answer nothing.
  const one = prepared.reader === false ? answering(prepared) : prepared;
  if (statements.size >= MAX_STATEMENTS) statements.clear();
  statements.set(sql, one);
  return one;
}

function question({ database, questions }: Opened, sql: string): Question {
  const known = questions.get(sql);
  if (known !== undefined) return known;
  const prepared = database.prepare(sql);
  const plucked = prepared.pluck?.();
  const one: Question =
    plucked === undefined
      ? (...parameters) => (prepared.get(...parameters) as Row | undefined)?.record
      : (...parameters) => plucked.get(...parameters);
  if (questions.size >= MAX_STATEMENTS) questions.clear();
  questions.set(sql, one);
  return one;
}

function answering(prepared: Statement): Statement {
  return {
    get: (...parameters) => prepared.get(...parameters),
    run: (...parameters) => prepared.run(...parameters),
    all(...parameters) {
      prepared.run(...parameters);
      return [];
    },
  };
}
