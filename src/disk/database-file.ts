/** The file of a database: made whole, judged before it is opened, and set aside when it is not to be used. */

import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { warnSometimes } from "../logging.js";
import { checkFile, ensureCacheDir, ensureFile, getCacheDir } from "../paths/index.js";
import { isWalWhole } from "./wal.js";

/** The number by which a database is known to be ours: "twac". */
export const APPLICATION_ID = 0x74_77_61_63;
const PAGE = 4_096;
const HEADER = 100;
const MAGIC = "SQLite format 3\0";

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
    this.#found = statSync(path, { throwIfNoEntry: false });
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
    return this.isAt(statSync(this.path, { throwIfNoEntry: false }));
  }

  /** Whether the file is there and can be written to, whatever SQLite says about it. */
  get isWritable(): boolean {
    try {
      accessSync(this.path, constants.W_OK);
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
    rmSync(`${this.path}-shm`, { force: true });
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
  if (checkFile(path)) {
    if (!(isFirst && isMainThread) || (isOurs(path) && isWalWhole(path))) return;
    new DatabaseFile(path).setAside();
  }
  const draft = `${path}.${randomBytes(8).toString("hex")}.new`;
  ensureFile(draft, secure);
  try {
    writeFileSync(draft, emptyDatabase(), { flag: "r+" });
    linkSync(draft, path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether a file begins as our databases do. */
function isOurs(path: string): boolean {
  const header = Buffer.alloc(HEADER);
  const file = openSync(path, "r");
  try {
    if (readSync(file, header, 0, HEADER, 0) < HEADER) return false;
  } finally {
    closeSync(file);
  }
  return header.toString("latin1", 0, MAGIC.length) === MAGIC && header.readUInt32BE(68) === APPLICATION_ID;
}

function moveAside(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    rmSync(to, { force: true });
  }
}

/**
 * A database without tables, byte by byte (https://www.sqlite.org/fileformat2.html): with write-ahead logging, with free
 * pages that can be given back, and with our number. Made here and not by SQLite, so that no process ever sees a database
 * that is not ready.
 */
function emptyDatabase(): Buffer {
  const page = Buffer.alloc(PAGE);
  page.write(MAGIC, 0, "latin1");
  page.writeUInt16BE(PAGE, 16);
  // Write-ahead logging, for writers and for readers.
  page.set([2, 2, 0, 64, 32, 32], 18);
  page.writeUInt32BE(1, 24);
  page.writeUInt32BE(1, 28);
  // The format of the schema, which has changed no more since 2006.
  page.writeUInt32BE(4, 44);
  // Pages can be given back, a few at a time.
  page.writeUInt32BE(1, 52);
  page.writeUInt32BE(1, 56);
  page.writeUInt32BE(1, 64);
  page.writeUInt32BE(APPLICATION_ID, 68);
  page.writeUInt32BE(1, 92);
  page.writeUInt32BE(3_044_002, 96);
  // The one page of the schema: a leaf with no cells.
  page[HEADER] = 13;
  page.writeUInt16BE(PAGE, HEADER + 5);
  return page;
}
