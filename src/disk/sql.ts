/** The statements of a database of records: one table for each cache. */

/** The statements for one cache. */
export interface Statements {
  readonly create: string;
  /** id → record. */
  readonly get: string;
  /** id, written, size, expires, record. */
  readonly set: string;
  /** id → size. */
  readonly delete: string;
  /** id, record → size. */
  readonly drop: string;
  readonly clear: string;
  /** → records, bytes. */
  readonly total: string;
  /** number → size: removes what was written longest ago. */
  readonly evict: string;
  /** after, to, now → size: removes what is over in a step. */
  readonly sweep: string;
  /** id, number → id: the records of a step. */
  readonly list: string;
}

/**
 * The table of a cache, by whose it is. The name is short, since it is parsed with each statement; should two caches ever
 * have one table, each only finds records there that it does not believe.
 */
export function tableOf(owner: string): string {
  return `c_${owner.slice(0, 20)}`;
}

/**
 * The statements for the cache with this owner: 64 hexadecimal digits. The table is one tree, in the order of the ids, so
 * that a record is found, and replaced, in one place. There is no index for the order of the writes, which would be
 * changed by each of them; it is looked for when something has to leave.
 *
 * What comes back is named here: SQLite would name it as the table does, in which a letter may have become a capital one.
 */
export function statementsFor(owner: string): Statements {
  const table = tableOf(owner);
  return {
    create: `CREATE TABLE IF NOT EXISTS ${table} (
      id TEXT PRIMARY KEY, written REAL NOT NULL, size INTEGER NOT NULL, expires REAL, record BLOB NOT NULL)
      WITHOUT ROWID`,
    get: `SELECT record AS record FROM ${table} WHERE id = ?`,
    // Short, since it is parsed at each write; so nobody says what was replaced.
    set: `INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?)`,
    delete: `DELETE FROM ${table} WHERE id = ? RETURNING size AS size`,
    drop: `DELETE FROM ${table} WHERE id = ? AND record = ? RETURNING size AS size`,
    clear: `DELETE FROM ${table}`,
    total: `SELECT count(*) AS records, coalesce(sum(size), 0) AS bytes FROM ${table}`,
    evict: `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} ORDER BY written LIMIT ?) RETURNING size AS size`,
    sweep: `DELETE FROM ${table} WHERE id > ? AND id <= ? AND expires <= ? RETURNING size AS size`,
    list: `SELECT id AS id FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`,
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
  const PAGE = 4_096;
  return size <= PAGE / 4 ? size + ROW : Math.ceil(size / (PAGE - 4)) * PAGE + ROW;
}
