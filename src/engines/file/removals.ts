/**
 * What was removed from a cache in files, by which writes of older values are refused: a file to which every removal is
 * appended before it is carried out. It tells what happened while some value was made, and is of no use after that; so
 * it is begun anew whenever it is large, or not what it should be, and all that began before is refused then.
 *
 * Each part has 64 octets, half of which vouch for the others. The first part is a number by chance, by which lists are
 * told apart; then come ids, or zeros where everything was removed, each with a number for who has done it. Parts do not
 * reach across pages, so that nobody sees half of one.
 */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { ID_OCTETS } from "../../disk/index.js";
import { ensureFile, NO_FOLLOW } from "../../paths/index.js";
import type { Layout } from "./layout.js";
import { GRAVE } from "./staging.js";

/** The file, in the directory of the cache. */
export const REMOVALS = "removals";
const PART = 64;
const HALF = PART / 2;
/** Bytes after which the list is begun anew: some thousand removals. */
const MAX_BYTES = 262_144;
/** Attempts at something that other processes interfere with. */
const ATTEMPTS = 20;
/** What the first part is vouched for with. */
const MARK = Buffer.from("The removals of a cache in files");
/** In the place of an id: everything is removed. */
const ALL = Buffer.alloc(ID_OCTETS);
/** What is there is no file, or a link to one. */
const NO_FILE: readonly unknown[] = ["ELOOP", "EISDIR", "ENXIO"];
/** Whoever opens what turns out to be a pipe does not wait for its other end. */
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** How far a list had come. */
export interface FileFence {
  /** The number of the list. */
  readonly list: Buffer;
  /** Bytes that it had. */
  readonly end: number;
}

/** A list that is open, and sound as far as can be seen. */
interface Opened extends FileFence {
  readonly file: number;
  readonly stats: Stats;
}

/** See above. All of it happens at once: it takes microseconds, and must not be put off. */
export class Removals {
  readonly #layout: Layout;
  readonly #secure: boolean;
  readonly #who = randomBytes(HALF - ID_OCTETS);

  constructor(layout: Layout, secure: boolean) {
    this.#layout = layout;
    this.#secure = secure;
  }

  /** What is known now. Begins the list where there is none. */
  fence(): FileFence {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const fence = this.#use(constants.O_RDONLY | NO_WAIT, ({ list, end }) => ({ list, end }));
        if (typeof fence === "object") return fence;
        this.#begin(fence === "absent");
      } catch (error) {
        // Directories that were there are gone, and are made again: somebody has removed them, and may.
        this.#layout.forget();
        if (attempt === ATTEMPTS || !isGone(error)) throw error;
      }
    }
  }

  /** Notes that a record is about to be removed; without an id, that everything is. */
  note(id: Buffer = ALL): void {
    try {
      while (!this.#append(id));
    } catch {
      // Without the file, all is refused that began before. Where it can neither be changed nor removed, nor can the rest.
      rmSync(this.#path, { recursive: true, force: true });
    }
  }

  /** Whether others have removed a record, or everything, since a fence, for all that is known. */
  hasSince(id: Buffer, fence: FileFence): boolean {
    const found = this.#use(constants.O_RDONLY | NO_WAIT, ({ file, list, end }) => {
      if (!list.equals(fence.list) || end < fence.end) return true;
      const parts = Buffer.alloc(end - fence.end);
      if (readSync(file, parts, 0, parts.byteLength, fence.end) !== parts.byteLength) return true;
      for (let at = 0; at < parts.byteLength; at += PART) {
        if (this.#isAgainst(id, parts.subarray(at, at + PART), list)) return true;
      }
      return false;
    });
    return found !== false;
  }

  /** Whether a part of a list says that somebody else has removed a record, or cannot be believed. */
  #isAgainst(id: Buffer, part: Buffer, list: Buffer): boolean {
    if (!isVouchedFor(part, list)) return true;
    const [removed, who] = [part.subarray(0, ID_OCTETS), part.subarray(ID_OCTETS, HALF)];
    return (removed.equals(id) || removed.equals(ALL)) && !who.equals(this.#who);
  }

  get #path(): string {
    return join(this.#layout.check(this.#layout.home), REMOVALS);
  }

  /** Appends to the list; `false`: another list has taken its place meanwhile. Where there is none, nothing is to be told. */
  #append(id: Buffer): boolean {
    const done = this.#use(constants.O_RDWR | constants.O_APPEND, ({ file, list, end, stats }) => {
      // Another name may be that of a file of somebody else's.
      if (end >= MAX_BYTES || stats.nlink > 1) return "unsound";
      if (writeSync(file, vouchedFor(Buffer.concat([id, this.#who]), list)) !== PART) return "unsound";
      const now = statSync(this.#path, { throwIfNoEntry: false });
      return now === undefined || (now.ino === stats.ino && now.dev === stats.dev);
    });
    if (done === "unsound") this.#begin(false);
    return done !== false;
  }

  /** Opens the list for some work. */
  #use<T>(flags: number, work: (opened: Opened) => T): T | "absent" | "unsound" {
    let file: number;
    try {
      file = openSync(this.#path, flags | NO_FOLLOW);
    } catch (error) {
      if (isGone(error)) return "absent";
      if (NO_FILE.includes((error as NodeJS.ErrnoException).code)) return "unsound";
      throw error;
    }
    try {
      const stats = fstatSync(file);
      const first = Buffer.alloc(PART);
      if (!stats.isFile() || stats.size % PART !== 0 || readSync(file, first, 0, PART, 0) !== PART) return "unsound";
      if (!isVouchedFor(first, MARK)) return "unsound";
      return work({ file, stats, list: first.subarray(0, HALF), end: stats.size });
    } finally {
      closeSync(file);
    }
  }

  /** Begins a list, in the place of the one that is there or, where there was none, only if there still is none. */
  #begin(isFirst: boolean): void {
    // Where it is removed by whoever tidies up, should this process be killed.
    const draft = join(this.#layout.ensure("staging"), `${GRAVE}${randomBytes(6).toString("hex")}`);
    const path = this.#path;
    try {
      ensureFile(draft, this.#secure);
      writeFileSync(draft, vouchedFor(randomBytes(HALF), MARK), { flag: "r+" });
      if (isFirst) linkSync(draft, path);
      else replace(draft, path);
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
}

/** Moves a file into the place of whatever is there. */
function replace(draft: string, path: string): void {
  try {
    renameSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
    rmSync(path, { recursive: true, force: true });
    renameSync(draft, path);
  }
}

/** Some octets, and what they are with those of another number. */
function vouchedFor(octets: Buffer, by: Buffer): Buffer {
  return Buffer.concat([octets, octets.map((octet, i) => octet ^ (by[i] ?? 0))]);
}

function isVouchedFor(part: Buffer, by: Buffer): boolean {
  return part.subarray(HALF).every((octet, i) => octet === ((part[i] ?? 0) ^ (by[i] ?? 0)));
}

/** Whether an error says that a file, or a directory on the way to it, is not there. */
function isGone(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  return code === "ENOENT" || cause?.code === "ENOENT";
}
