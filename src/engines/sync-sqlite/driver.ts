/** The two packages for SQLite whose answers come at once: what is common to them, and how each is loaded. */

import type { Availability } from "../../contract/index.js";
import { type Row, reasonOf } from "../../disk/index.js";
import { requirePackage } from "../../node/require.js";

/** A statement that was prepared. */
export interface Statement {
  all(...parameters: readonly unknown[]): readonly Row[];
  /** The first row. */
  get(...parameters: readonly unknown[]): unknown;
  /** From now on the first column stands for the row, where the package can do that. */
  pluck?(): Statement;
  run(...parameters: readonly unknown[]): unknown;
  /** Whether it answers with rows, where the package says so. */
  readonly reader?: boolean;
}

/** A database that is open. */
export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

/** A package. */
export interface Driver {
  available(): Availability;
  open(path: string): Database;
}

type DatabaseClass = new (path: string) => Database;

const BETTER = "better-sqlite3";

/** The package better-sqlite3, which a program installs beside this library. */
export const betterSqlite3: Driver = {
  available() {
    try {
      // The package loads its native part when it is first used.
      const Loaded = requirePackage(BETTER) as DatabaseClass;
      new Loaded(":memory:").close();
      return true;
    } catch (error) {
      return reasonOf(BETTER, error);
    }
  },
  open: (path) => new (requirePackage(BETTER) as DatabaseClass)(path),
};

/** The part of `node:sqlite` that is used here. */
interface NodeSqlite {
  readonly DatabaseSync: DatabaseClass;
}

function nodeSqliteModule(): NodeSqlite | undefined {
  return process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;
}

/** The module node:sqlite of newer versions of Node. */
export const nodeSqlite: Driver = {
  available() {
    return nodeSqliteModule() === undefined ? "it needs Node 22.13 or later; or run: npm install better-sqlite3" : true;
  },
  open(path) {
    const { DatabaseSync } = nodeSqliteModule() as NodeSqlite;
    return new DatabaseSync(path);
  },
};
