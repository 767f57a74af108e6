/**
 * The file in a folder in which all processes that use it note what they invalidate. The place of a note in the file is
 * its number in the order of invalidations, so that no clock is needed, and no lock: notes are appended.
 *
 * | at      | bytes | what                                                                  |
 * | ------- | ----- | --------------------------------------------------------------------- |
 * | 0       | 4     | "twi" and the version of this format                                   |
 * | 4       | 8     | the epoch, by chance: what was loaded in another one is not valid      |
 * | 12      | 2     | a check of these                                                      |
 * | 14      | 2     | zeros                                                                 |
 * | 16 + 8n | 6     | what stands for a label: the first bytes of a digest                   |
 * | 22 + 8n | 2     | a check of it                                                         |
 *
 * A file that is damaged, or as large as it may be, gives way to one with another epoch.
 */

import { ResourceError } from "../errors.js";
import { randomBytes } from "../node/crypto.js";
import { fs } from "../node/fs.js";
import { checkFile, ensureFile, NO_FOLLOW } from "../paths/index.js";

/** The first bytes of the file: "twi", and the version of the format. */
const MAGIC = 0x74_77_69_01;
const HEADER_BYTES = 16;
const EPOCH_BYTES = 8;
const NOTE_BYTES = 8;
const MARK_BYTES = 6;
/** Notes that the file may hold: as many as can be read in a few milliseconds. */
const MAX_NOTES = 32_768;
/** How often a file that is replaced while it is used is looked for again. */
const ATTEMPTS = 10;

/** What tells whether the file is another one, or has changed. */
interface Look {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/** What the file says beyond what is known already. */
export interface News {
  /** It is another file than before: nothing that was known holds. */
  readonly isNew: boolean;
  readonly epoch: string;
  readonly marks: readonly number[];
}

/** One such file. Throws what the system throws. */
export class InvalidationLog {
  readonly #path: string;
  readonly #secure: boolean;
  #seen: Look | undefined;
  #header: Buffer = Buffer.alloc(0);
  /** Where the next note is to be read. */
  #readTo = 0;

  constructor(path: string, secure: boolean) {
    this.#path = path;
    this.#secure = secure;
  }

  /** What is new in the file; `undefined`: nothing. `"missing"`: there is none, or none that can be used yet. */
  read(): News | "missing" | undefined {
    const look = this.#look();
    if (look === undefined) {
      this.forget();
      return "missing";
    }
    const seen = this.#seen;
    if (seen?.ino === look.ino && seen.size === look.size && seen.mtimeMs === look.mtimeMs) return undefined;
    return this.#readNew(look);
  }

  /** Makes the file, where there is none. */
  make(): void {
    if (ensureFile(this.#path, this.#secure)) fs.writeFileSync(this.#path, newHeader(), { flag: "r+" });
  }

  /** Puts a new file in its place, in an epoch of its own. */
  renew(): undefined {
    fs.rmSync(this.#path, { force: true });
    this.make();
  }

  /**
   * Notes invalidations, and says how to make them last; `undefined`: there is a new epoch, in which nothing from before
   * is valid.
   */
  append(marks: readonly number[]): { fileToSync: number } | undefined {
    for (let left = ATTEMPTS; left > 0; left -= 1) {
      const look = this.#look();
      // One without a header has been begun by somebody who is gone or, as it were, too slow.
      const isBegun = look !== undefined && look.size >= HEADER_BYTES;
      if (!isBegun || look.size >= HEADER_BYTES + MAX_NOTES * NOTE_BYTES) {
        return this.renew();
      }
      const file = this.#appendTo(marks);
      if (file !== undefined) return { fileToSync: file };
    }
    throw new ResourceError("The file with invalidations was replaced again and again while it was written.");
  }

  /** Appends to the file that is there; `undefined` if it is not there any more when that is done. */
  #appendTo(marks: readonly number[]): number | undefined {
    const { O_RDWR, O_APPEND } = fs.constants;
    const file = fs.openSync(this.#path, O_RDWR | O_APPEND | NO_FOLLOW);
    let isDone = false;
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      fs.readSync(file, header, 0, HEADER_BYTES, 0);
      const notes = Buffer.concat(marks.map((mark) => noteOf(mark, header)));
      const written = fs.writeSync(file, notes);
      if (written < notes.byteLength) throw new ResourceError("The disk has no room for a note of what is invalid.");
      // Whoever has replaced it meanwhile has not seen the notes.
      isDone = fs.fstatSync(file).ino === this.#look()?.ino;
      return isDone ? file : undefined;
    } finally {
      if (!isDone) fs.closeSync(file);
    }
  }

  #look(): Look | undefined {
    const found = fs.lstatSync(this.#path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isFile()) checkFile(this.#path);
    return found;
  }

  #readNew(look: Look): News | "missing" {
    if (look.size < HEADER_BYTES) {
      this.forget();
      this.renew();
      return "missing";
    }
    const file = fs.openSync(this.#path, fs.constants.O_RDONLY | NO_FOLLOW);
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      fs.readSync(file, header, 0, HEADER_BYTES, 0);
      const isNew = !header.equals(this.#header);
      const from = isNew ? HEADER_BYTES : this.#readTo;
      // One that has become shorter has lost something.
      const notes = Buffer.alloc(Math.max(0, look.size - from));
      const length = fs.readSync(file, notes, 0, notes.byteLength, from);
      const isWhole = isHeader(header) && look.size >= from && length === notes.byteLength;
      const marks = isWhole ? marksIn(notes, header) : undefined;
      if (marks === undefined) {
        this.forget();
        this.renew();
        return "missing";
      }
      this.#seen = look;
      this.#header = header;
      this.#readTo = look.size;
      return { isNew, epoch: header.toString("hex", 4, 4 + EPOCH_BYTES), marks };
    } finally {
      fs.closeSync(file);
    }
  }

  /** What was read is not known any more. */
  forget(): void {
    this.#seen = undefined;
    this.#header = Buffer.alloc(0);
    this.#readTo = 0;
  }
}

function newHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(MAGIC, 0);
  randomBytes(EPOCH_BYTES).copy(header, 4);
  header.writeUInt16BE(checkOf(header, 0, 4 + EPOCH_BYTES), 4 + EPOCH_BYTES);
  return header;
}

function isHeader(header: Buffer): boolean {
  const end = 4 + EPOCH_BYTES;
  return header.readUInt32BE(0) === MAGIC && header.readUInt32BE(end) === checkOf(header, 0, end) * 0x1_00_00;
}

/** A note, with a check that is another in each epoch. */
function noteOf(mark: number, header: Buffer): Buffer {
  const note = Buffer.alloc(NOTE_BYTES);
  note.writeUIntBE(mark, 0, MARK_BYTES);
  note.writeUInt16BE(checkOf(note, 0, MARK_BYTES) ^ header.readUInt16BE(4), MARK_BYTES);
  return note;
}

/** The marks in some notes; `undefined` if one of them is not as it was written. */
function marksIn(notes: Buffer, header: Buffer): number[] | undefined {
  if (notes.byteLength % NOTE_BYTES !== 0) return undefined;
  const salt = header.readUInt16BE(4);
  const marks: number[] = [];
  for (let at = 0; at < notes.byteLength; at += NOTE_BYTES) {
    if (notes.readUInt16BE(at + MARK_BYTES) !== (checkOf(notes, at, at + MARK_BYTES) ^ salt)) return undefined;
    marks.push(notes.readUIntBE(at, MARK_BYTES));
  }
  return marks;
}

/** A check of 16 bits that no change within two bytes leaves as it is, since all factors are odd. Not 0 for zeros. */
function checkOf(bytes: Buffer, from: number, to: number): number {
  let check = 0x5a_17;
  for (let at = from; at < to; at += 2) check = (check * 0x6c_ad + bytes.readUInt16BE(at)) & 0xff_ff;
  return check;
}
