/**
 * Statements that are compiled once for each connection. The package's driver compiles each of them every time, which takes
 * a thread's turn of its own, as long as that in which it is run.
 */

import { createRequire } from "node:module";
import { LRUCache } from "lru-cache";
import { resolvePackage } from "../../node/require.js";

/** Statements that are kept for a connection, which all caches of a folder share; a few for each of them. */
const MOST = 500;
/** Where there are more, one in so many takes another one's place: if all did, none would be there when it is used again. */
const ONE_IN = 50;
/** Bytes, or characters, of a parameter. SQLite keeps the last ones as long as the statement. */
const LARGEST = 16_384;

type Told = (error: Error | null, rows?: unknown[]) => void;
type Parameters = readonly [...parameters: unknown[], told: Told];

/** The driver's, as far as they are used here. */
interface Statement {
  all(...parameters: Parameters): unknown;
  finalize(): unknown;
}
interface Database {
  all(sql: string, ...parameters: Parameters): unknown;
  prepare(sql: string, told: (error: Error | null) => void): Statement;
  close(told?: Told): unknown;
}
type DatabaseClass = new (...args: never[]) => Database;
interface Driver {
  readonly Database: DatabaseClass;
}

/** A connection of the driver that keeps statements with parameters, from their second use on. */
function keeping(Base: DatabaseClass): DatabaseClass {
  return class extends Base {
    readonly #kept = new LRUCache<string, Statement>({ max: MOST, dispose: (statement) => void statement.finalize() });
    readonly #compiling = new Set<string>();
    #isClosing = false;

    override all(sql: string, ...parameters: Parameters): unknown {
      const statement = parameters.some(isLarge) ? undefined : this.#kept.get(sql);
      if (statement === undefined) {
        if (parameters.length > 1) this.#compile(sql);
        return super.all(sql, ...parameters);
      }
      const told = parameters.at(-1) as Told;
      const rest = parameters.slice(0, -1);
      return statement.all(...rest, (error, rows) => {
        // One that failed is not over, and would have the connection read what there was then. See connection.ts.
        if (error !== null && this.#kept.peek(sql) === statement) this.#kept.delete(sql);
        told(error, rows);
      });
    }

    override close(told?: Told): unknown {
      this.#isClosing = true;
      this.#kept.clear();
      return super.close(told);
    }

    /** For the next time: should it fail, whoever is the first to use it hears of that. */
    #compile(sql: string): void {
      if (this.#isClosing || this.#compiling.has(sql) || this.#kept.has(sql)) return;
      if (this.#kept.size >= MOST && Math.random() * ONE_IN > 1) return;
      this.#compiling.add(sql);
      const statement = this.prepare(sql, (error) => {
        this.#compiling.delete(sql);
        if (error !== null) return;
        if (this.#isClosing) statement.finalize();
        else this.#kept.set(sql, statement);
      });
    }
  };
}

function isLarge(parameter: unknown): boolean {
  const { length } = (parameter ?? 0) as { readonly length?: unknown };
  return typeof parameter !== "function" && typeof length === "number" && length > LARGEST;
}

/** The driver, and what is to stand in its class's place; `null`: there is none to be found, as in a bundle. */
let driver: { readonly exported: Driver; readonly Keeping: DatabaseClass } | null | undefined;

function findDriver(): typeof driver {
  try {
    const exported = createRequire(resolvePackage("@keyv/sqlite"))("sqlite3") as Driver;
    return { exported, Keeping: keeping(exported.Database) };
  } catch {
    return null;
  }
}

/**
 * Makes what opens a connection of the driver, and has it keep statements. The package names the driver's class itself, and
 * takes no other: so another stands in its place, for as long as the package's constructor runs, in which nobody else does.
 */
export function withStatements<T>(make: () => T): T {
  if (driver === undefined) driver = findDriver();
  if (!driver) return make();
  const { exported, Keeping } = driver;
  const { Database } = exported;
  Reflect.set(exported, "Database", Keeping);
  try {
    return make();
  } finally {
    Reflect.set(exported, "Database", Database);
  }
}
