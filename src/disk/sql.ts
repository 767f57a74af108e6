/** The statements of a database of records: one table for each cache. */

import { FENCE_SIGN } from "./answer.js";
import { PAGE } from "./page.js";

/** The statements for one cache. */
export interface Statements {
  readonly create: readonly string[];
  /** id → record. */
  readonly get: string;
  /** id → record; where there is none, the fence, with a sign before it. */
  readonly getOrFence: string;
  /** ids, as a list in JSON → id, record: those that there are, and the fence with no id. */
  readonly getMany: string;
  /** tag, id → the same; the tag in the place of the record that has that one. */
  readonly getUnless: string;
  /** id, tag, size, expires, record. */
  readonly set: string;
  /** The same, then fence, id, who → a row, unless others removed the record or all after the fence, or that is not known. */
  readonly setUnlessRemoved: string;
  /** id → size. */
  readonly delete: string;
  /** id, record → size. */
  readonly drop: string;
  readonly clear: string;
  /** → records, bytes. */
  readonly total: string;
  /** number → size: removes what was written longest ago. */
  readonly evict: string;
  /** now, number → size: removes some of what is over. */
  readonly sweep: string;
  /** id, number → id: the records of a step. */
  readonly list: string;
  /** number: begins the list of removals, if it is not begun. */
  readonly begin: string;
  /** → fence. */
  readonly fence: string;
  /** id, who → number: notes that a record, or all, are removed. */
  readonly note: string;
  /** number: forgets what was removed up to that one. */
  readonly trim: string;
  /** fence, fence: forgets all, where one is missing that should be there. */
  readonly mend: string;
}

/** In the place of an id: everything is removed. No id has this sign. */
export const ALL = "*";

/**
 * The table of a cache, by whose it is. The name is short, since it is parsed with each statement; should two caches ever
 * have one table, each only finds records there that it does not believe.
 */
export function tableOf(owner: string): string {
  return `r_${owner.slice(0, 20)}`;
}

/** The table of what was removed from a cache. */
export function removalsOf(owner: string): string {
  return `g_${owner.slice(0, 20)}`;
}

/**
 * The statements for the cache with this owner: 64 hexadecimal digits. Records lie in the order in which they were written,
 * which is the order in which they leave, so that new ones share pages and none is looked for to make room; their ids,
 * which are in no order, have a small tree of their own. Only what has an end is in the index of ends.
 *
 * Removals are numbered one after the other, from a number by chance, which is that of no removal. The last number is a
 * fence: whoever has seen it knows of all removals up to it, and a write is refused where a later one concerns it. So it is,
 * too, where the number is not there any more, since then there is no saying.
 *
 * What comes back is named here: SQLite would name it as the table does, in which a letter may have become a capital one.
 */
export function statementsFor(owner: string): Statements {
  const table = tableOf(owner);
  const removals = removalsOf(owner);
  const fence = `'${FENCE_SIGN}' || max(rowid)`;
  return {
    create: [
      `CREATE TABLE IF NOT EXISTS ${table} (
        id TEXT PRIMARY KEY, tag INTEGER NOT NULL, size INTEGER NOT NULL, expires REAL, record BLOB NOT NULL)`,
      `CREATE INDEX IF NOT EXISTS ${table}_expires ON ${table} (expires) WHERE expires IS NOT NULL`,
      `CREATE TABLE IF NOT EXISTS ${removals} (id TEXT NOT NULL, who INTEGER NOT NULL)`,
    ],
    get: `SELECT record AS record FROM ${table} WHERE id = ?`,
    // The second half is looked at only where the first has found nothing.
    getOrFence: `SELECT record AS record FROM ${table} WHERE id = ? UNION ALL SELECT ${fence} FROM ${removals} LIMIT 1`,
    getMany: `SELECT id AS id, record AS record FROM ${table} WHERE id IN (SELECT value FROM json_each(?))
      UNION ALL SELECT NULL, ${fence} FROM ${removals}`,
    // A number in the place of a record is not taken for a tag.
    getUnless: `SELECT CASE WHEN tag = ? THEN tag WHEN typeof(record) = 'blob' THEN record ELSE x'' END AS record
      FROM ${table} WHERE id = ? UNION ALL SELECT ${fence} FROM ${removals} LIMIT 1`,
    // Short, since it is parsed at each write; so nobody says what was replaced. What is new goes to the end.
    set: `INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?)`,
    // One statement, so that no removal comes in between.
    setUnlessRemoved: `INSERT OR REPLACE INTO ${table} SELECT ?, ?, ?, ?, ? FROM ${removals} AS seen WHERE rowid = ?
      AND NOT EXISTS (SELECT 1 FROM ${removals} WHERE rowid > seen.rowid AND id IN (?, '${ALL}') AND who <> ?)
      RETURNING 1`,
    delete: `DELETE FROM ${table} WHERE id = ? RETURNING size AS size`,
    drop: `DELETE FROM ${table} WHERE id = ? AND record = ? RETURNING size AS size`,
    clear: `DELETE FROM ${table}`,
    total: `SELECT count(*) AS records, coalesce(sum(size), 0) AS bytes FROM ${table}`,
    evict: `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} ORDER BY rowid LIMIT ?) RETURNING size AS size`,
    sweep: `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires <= ? LIMIT ?)
      RETURNING size AS size`,
    list: `SELECT id AS id FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`,
    begin: `INSERT INTO ${removals} (rowid, id, who) SELECT ?, '', 0 WHERE NOT EXISTS (SELECT 1 FROM ${removals})`,
    fence: `SELECT ${fence} AS fence FROM ${removals}`,
    note: `INSERT INTO ${removals} VALUES (?, ?) RETURNING rowid AS number`,
    trim: `DELETE FROM ${removals} WHERE rowid <= ?`,
    mend: `DELETE FROM ${removals} WHERE ? > (SELECT min(rowid) FROM ${removals})
      AND NOT EXISTS (SELECT 1 FROM ${removals} WHERE rowid = ?)`,
  };
}

/** What every connection is told before anything else. */
export const PRAGMAS: readonly string[] = [
  // Made so already; this fails where the file system cannot do it.
  "PRAGMA journal_mode = WAL",
  // A commit outlives the process. A loss of power may take the last ones, never the database.
  "PRAGMA synchronous = NORMAL",
  // Checkpoints happen under the folder's lock: some versions of SQLite lose data when two of them meet.
  "PRAGMA wal_autocheckpoint = 0",
  // What was deleted is not there any more, so that no damage can bring it back.
  "PRAGMA secure_delete = ON",
];

/** Bytes that a record takes in the file: a part in its table's tree, the rest of a large one in pages of its own. */
export function bytesInFile(size: number): number {
  /** What comes with a record: its id, times and sizes, and its share of room that is not used. */
  const ROW = 200;
  return size <= PAGE / 4 ? size + ROW : Math.ceil(size / (PAGE - 4)) * PAGE + ROW;
}
