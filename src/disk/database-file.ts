/** The file of a database: made whole, judged before it is opened, and set aside when it is not to be used. */

import type { Stats } from "node:fs";
import { basename, dirname, join } from "node:path";
import { warnSometimes } from "../logging.js";
import { randomBytes } from "../node/crypto.js";
import { fs } from "../node/fs.js";
import { isMainThread } from "../node/main-thread.js";
import { checkFile, ensureCacheDir, ensureFile, getCacheDir } from "../paths/index.js";
import { CREATE_LIST, LIST_TABLE } from "./listing.js";
import { PAGE } from "./page.js";
import { isWalWhole } from "./wal.js";

/** The number by which a database is known to be ours: "twac". */
export const APPLICATION_ID = 0x74_77_61_63;
const HEADER = 100;
const MAGIC = "SQLite format 3\0";

/** Milliseconds after which a draft is one that a crash has left. */
const DRAFT_IS_OLD = 60_000;

/** Milliseconds between two looks at whether a file is still the one that was opened. */
const LOOK_EVERY = 500;

/** Where a database lies. */
export interface DatabasePlace {
  readonly folderName: string;
  readonly cacheDir: string | undefined;
  readonly secure: boolean;
  /** The file's name. */
  readonly file: string;
}

/** The path of a database, as it is before anything is there: links above the folder may lead it elsewhere later. */
export function nameOfDatabase({ folderName, cacheDir, file }: DatabasePlace): string {
  return join(getCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }) }), file);
}

/** The very file that a database was opened from. */
export class DatabaseFile {
  readonly path: string;
  readonly #found: Stats | undefined;
  #lookedAt = performance.now();

  constructor(path: string) {
    this.path = path;
    this.#found = fs.statSync(path, { throwIfNoEntry: false });
  }

  /**
   * Whether it is time to look whether the file is still there. Asking starts the time anew.
   */
  get isLookDue(): boolean {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY) return false;
    this.#lookedAt = now;
    return true;
  }

  /** Whether what is at the path is still this file. What was written to another one, nobody would find. */
  isAt(found: Stats | undefined): boolean {
    return found !== undefined && found.ino === this.#found?.ino && found.dev === this.#found.dev;
  }

  /** The same, by looking. */
  get isThere(): boolean {
    try {
      return this.isAt(fs.statSync(this.path, { throwIfNoEntry: false }));
    } catch {
      // A part of the way to it is no directory, or may not be entered.
      return false;
    }
  }

  /** Whether the file ends in the middle of a page. */
  get isCutShort(): boolean {
    try {
      return fs.statSync(this.path).size % PAGE !== 0;
    } catch {
      return false;
    }
  }

  /** Whether the file is there and can be written to, whatever SQLite says about it. */
  get isWritable(): boolean {
    try {
      fs.accessSync(this.path, fs.constants.W_OK);
      return this.isThere;
    } catch {
      return false;
    }
  }

  /**
   * Moves the database out of the way, where it stays until the next one is. Nothing happens if it is not the one at its
   * path any more.
   */
  setAside(): void {
    if (!this.isThere) return;
    for (const suffix of ["", "-wal", "-journal"]) moveAside(this.path + suffix, `${this.path}.damaged${suffix}`);
    fs.rmSync(`${this.path}-shm`, { force: true });
    warnSometimes(
      `damaged:${this.path}`,
      "A cache database was damaged, or not one of ours. It was set aside, and a new one is used.",
      {
        path: `${this.path}.damaged`,
      },
    );
  }
}

/**
 * Sees to it that there is a database of ours at a path, and nothing else. What is there and is not one is set aside.
 *
 * @param isFirst - Nothing in this process has opened the database yet, so that it may be read without SQLite. Later it
 * must not be: to close a file drops every lock that the process has on it. Other threads are beyond knowing; in them,
 * nothing is first.
 * @throws PathError where there is a link, a directory, or something of somebody else's.
 */
export function prepareDatabase(place: DatabasePlace, isFirst: boolean): DatabaseFile {
  const { folderName, cacheDir, secure, file } = place;
  const path = join(ensureCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }), secure }), file);
  ensureDatabase(path, secure, isFirst);
  return new DatabaseFile(path);
}

function ensureDatabase(path: string, secure: boolean, isFirst: boolean): void {
  // Not only the database: SQLite would follow a link in the place of its other files too.
  for (const suffix of ["-wal", "-shm", "-journal"]) checkFile(path + suffix);
  if (isFirst) removeDrafts(path);
  if (isFile(path)) {
    // Known by what it was before the judgement: another process may put a new one in its place meanwhile.
    const judged = new DatabaseFile(path);
    if (!(isFirst && isMainThread()) || (isOurs(path) && isWalWhole(path))) return;
    judged.setAside();
  }
  const draft = `${path}.${randomBytes(8).toString("hex")}.new`;
  ensureFile(draft, secure);
  try {
    fs.writeFileSync(draft, emptyDatabase(), { flag: "r+" });
    fs.linkSync(draft, path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function isFile(path: string): boolean {
  try {
    return checkFile(path);
  } catch {
    removeDrafts(path);
    return checkFile(path);
  }
}

/**
 * Removes drafts that are a second name of the database, which would then be refused as somebody's hard link: its maker
 * is between two steps, or was killed there. Removes those too that a crash has left.
 */
function removeDrafts(path: string): void {
  const directory = dirname(path);
  const own = fs.lstatSync(path, { throwIfNoEntry: false });
  for (const name of fs.readdirSync(directory)) {
    if (!name.startsWith(`${basename(path)}.`) || !/\.[0-9a-f]{16}\.new$/.test(name)) continue;
    const draft = join(directory, name);
    const found = fs.lstatSync(draft, { throwIfNoEntry: false });
    if (found === undefined) continue;
    const isSame = found.ino === own?.ino && found.dev === own.dev;
    if (isSame || Date.now() - found.mtimeMs > DRAFT_IS_OLD) fs.rmSync(draft, { force: true });
  }
}

/** Whether a file begins as our databases do. */
function isOurs(path: string): boolean {
  const header = Buffer.alloc(HEADER);
  const file = fs.openSync(path, "r");
  try {
    if (fs.readSync(file, header, 0, HEADER, 0) < HEADER) return false;
  } finally {
    fs.closeSync(file);
  }
  return header.toString("latin1", 0, MAGIC.length) === MAGIC && header.readUInt32BE(68) === APPLICATION_ID;
}

function moveAside(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    fs.rmSync(to, { force: true });
  }
}

/**
 * A database with an empty list of caches, byte by byte (https://www.sqlite.org/fileformat2.html): with write-ahead
 * logging, with free pages that can be given back, and with our number. Made here and not by SQLite, so that no process
 * ever sees a database that is not ready. The list is in it since the package @keyv/sqlite makes that table when it opens
 * a database: while another process had the lock, it would fail, and leave a connection open that nobody can close.
 */
function emptyDatabase(): Buffer {
  const [schema, map, table, index] = [page(13, 100), Buffer.alloc(PAGE), page(13), page(10)];
  schema.write(MAGIC, 0, "latin1");
  schema.writeUInt16BE(PAGE, 16);
  // Write-ahead logging, for writers and for readers.
  schema.set([2, 2, 0, 64, 32, 32], 18);
  schema.writeUInt32BE(1, 24);
  schema.writeUInt32BE(4, 28);
  schema.writeUInt32BE(1, 40);
  // The format of the schema, which has changed no more since 2006.
  schema.writeUInt32BE(4, 44);
  // Pages can be given back, a few at a time; the last page that is a root.
  schema.writeUInt32BE(4, 52);
  schema.writeUInt32BE(1, 56);
  schema.writeUInt32BE(1, 64);
  schema.writeUInt32BE(APPLICATION_ID, 68);
  schema.writeUInt32BE(1, 92);
  schema.writeUInt32BE(3_044_002, 96);
  addRow(schema, 1, ["table", LIST_TABLE, LIST_TABLE, 3, CREATE_LIST.replace("IF NOT EXISTS ", "")]);
  addRow(schema, 2, ["index", `sqlite_autoindex_${LIST_TABLE}_1`, LIST_TABLE, 4, ""]);
  // The pages behind the map, of five bytes each: roots, which have no parent.
  map.set([1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  return Buffer.concat([schema, map, table, index]);
}

/** A leaf with no cells: 13 of a table, 10 of an index. */
function page(kind: number, header: number = 0): Buffer {
  const bytes = Buffer.alloc(PAGE);
  bytes[header] = kind;
  bytes.writeUInt16BE(PAGE, header + 5);
  return bytes;
}

/** Adds a row to the schema. An empty text stands for NULL. */
function addRow(schema: Buffer, row: number, columns: readonly (string | number)[]): void {
  const types = columns.map((column) => (typeof column === "number" ? 1 : column && 13 + 2 * column.length) || 0);
  const values = columns.map((column) => (typeof column === "number" ? Buffer.of(column) : Buffer.from(column)));
  const header = Buffer.concat(types.map(varint));
  const record = Buffer.concat([Buffer.of(header.byteLength + 1), header, ...values]);
  const cell = Buffer.concat([varint(record.byteLength), Buffer.of(row), record]);
  const at = schema.readUInt16BE(HEADER + 5) - cell.byteLength;
  cell.copy(schema, at);
  schema.writeUInt16BE(row, HEADER + 3);
  schema.writeUInt16BE(at, HEADER + 5);
  schema.writeUInt16BE(at, HEADER + 8 + 2 * (row - 1));
}

/** A number below 16,384 in the form of variable length. */
function varint(number: number): Buffer {
  return number < 128 ? Buffer.of(number) : Buffer.of(128 | (number >> 7), number & 127);
}
