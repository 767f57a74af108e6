/** The statements of a database of records: one table for each cache, in the order of the last write. */

/** The statements for one cache. */
export interface Statements {
  readonly create: string;
  /** id → head, value. */
  readonly get: string;
  /** id, size, expires, head, value → previous: the size of what was replaced, or null. */
  readonly set: string;
  /** id → size. */
  readonly delete: string;
  /** id, head → size. */
  readonly drop: string;
  readonly clear: string;
  /** → records, bytes. */
  readonly total: string;
  /** number → size: removes what was written longest ago. */
  readonly evict: string;
  /** place, number → last, the place of the last record of a step from a place on. */
  readonly step: string;
  /** from, to, now → size: removes what is over in a step. */
  readonly sweep: string;
  /** place, number → place, id: the records of a step. */
  readonly list: string;
}

/** The table of a cache, by whose it is. */
export function tableOf(owner: string): string {
  return `cache_${owner}`;
}

/** The statements for the cache with this owner: 64 hexadecimal digits. */
export function statementsFor(owner: string): Statements {
  const table = tableOf(owner);
  return {
    create: `CREATE TABLE IF NOT EXISTS ${table} (
      place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, previous INTEGER, expires REAL,
      head BLOB NOT NULL, value BLOB NOT NULL)`,
    get: `SELECT head, value FROM ${table} WHERE id = ?`,
    // A row that is replaced moves to the end, as one that is new does by itself.
    set: `INSERT INTO ${table} (id, size, expires, head, value) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET place = (SELECT max(place) + 1 FROM ${table}), previous = size,
      size = excluded.size, expires = excluded.expires, head = excluded.head, value = excluded.value
      RETURNING previous`,
    delete: `DELETE FROM ${table} WHERE id = ? RETURNING size`,
    drop: `DELETE FROM ${table} WHERE id = ? AND head = ? RETURNING size`,
    clear: `DELETE FROM ${table}`,
    total: `SELECT count(*) AS records, coalesce(sum(size), 0) AS bytes FROM ${table}`,
    evict: `DELETE FROM ${table} WHERE place IN (SELECT place FROM ${table} ORDER BY place LIMIT ?) RETURNING size`,
    step: `SELECT max(place) AS last FROM (SELECT place FROM ${table} WHERE place > ? ORDER BY place LIMIT ?)`,
    sweep: `DELETE FROM ${table} WHERE place > ? AND place <= ? AND expires <= ? RETURNING size`,
    list: `SELECT place, id FROM ${table} WHERE place > ? ORDER BY place LIMIT ?`,
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

/** Bytes that a record takes in the file: small ones lie together, larger ones have pages of their own. */
export function bytesInFile(size: number): number {
  const ROW = 120;
  const PAGE = 4_096;
  return size <= PAGE - ROW ? size + ROW : Math.ceil(size / (PAGE - 4)) * PAGE + ROW;
}
