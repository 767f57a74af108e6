/** What kind of thing has gone wrong with a database. */

/**
 * `"busy"`: another connection is at work; it will pass. `"missing"`: the table is not there (yet). `"damaged"`: the
 * database is not as SQLite left it. `"elsewhere"`: the disk, the folder or the rights, which may be mended from outside.
 */
export type Fault = "busy" | "missing" | "damaged" | "elsewhere";

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html), by what they mean for a cache. */
const BUSY = new Set([5, 6]);
/** An error in a statement of ours, a constraint that cannot be broken, a type that cannot come: the schema is not ours. */
const DAMAGED = new Set([1, 11, 17, 19, 20, 24, 26]);

/** Errors of the packages; each of them has some of these. */
interface SqliteError {
  readonly errno?: unknown;
  readonly errcode?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

const CODES: Readonly<Record<string, number>> = {
  ERROR: 1,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  SCHEMA: 17,
  CONSTRAINT: 19,
  MISMATCH: 20,
  FORMAT: 24,
  NOTADB: 26,
};

/** SQLite's primary result code; 0 for an error that is not SQLite's. */
function codeOf({ errno, errcode, code }: SqliteError): number {
  const number = errcode ?? errno;
  if (typeof number === "number" && number > 0) return number & 0xff;
  const [, name] = /^SQLITE_([A-Z]+)/.exec(String(code)) ?? [];
  return CODES[name ?? ""] ?? 0;
}

/**
 * What kind of fault an error tells of.
 *
 * @param file - The database; one that can be written to, and says it cannot, is damaged, and so is one that cannot be
 * read because it ends in the middle of a page.
 */
export function faultOf(
  error: unknown,
  file: { readonly isWritable: boolean; readonly isCutShort: boolean } | undefined,
): Fault {
  const problem = (typeof error === "object" && error !== null ? error : {}) as SqliteError;
  const code = codeOf(problem);
  if (BUSY.has(code)) return "busy";
  // The latter, where another connection has changed the schema while the statement was prepared, in vain.
  const isUnprepared = code === CODES.ERROR || code === CODES.SCHEMA;
  if (isUnprepared && /no such table/.test(String(problem.message))) return "missing";
  if (DAMAGED.has(code) || (code === CODES.READONLY && file?.isWritable === true)) return "damaged";
  if (code === CODES.IOERR && file?.isCutShort === true) return "damaged";
  return "elsewhere";
}
