/**
 * Judging a write-ahead log before SQLite does. SQLite takes a log up to the first frame that is not right, and says
 * nothing: what was written after that is gone, and what it deleted or replaced is back. For a cache that is a wrong
 * value, so a database with such a log is not used at all.
 *
 * The formats are those of https://www.sqlite.org/walformat.html and https://www.sqlite.org/fileformat2.html#walformat.
 */

import { fs } from "../node/fs.js";

const HEADER = 32;
const FRAME_HEADER = 24;
/** Big-endian checksums; the other sign is for little-endian ones. */
const MAGIC = 0x37_7f_06_82;
/** Looks at a log that another process may be writing to right now, before it is judged. */
const LOOKS = 3;

/** Whether the log of a database holds all that was committed to it. */
export function isWalWhole(path: string): boolean {
  let before = "";
  for (let look = 0; look < LOOKS; look += 1) {
    const wal = read(`${path}-wal`) ?? Buffer.alloc(0);
    if (judge(wal, read(`${path}-shm`))) return true;
    const stat = fs.statSync(`${path}-wal`, { throwIfNoEntry: false });
    const now = `${stat?.mtimeMs}:${stat?.size}`;
    // Nobody is writing: it will not get better.
    if (look > 0 && now === before) return false;
    before = now;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  return true;
}

function read(path: string): Buffer | undefined {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** What the index of a log says about it. */
interface Expectation {
  /** Frames up to the end of the last change. */
  readonly frames: number;
  /** Frames that are in the database already. */
  readonly copied: number;
  /** The numbers that the log is known by; zeros before there is one. */
  readonly salts: Buffer;
}

/** What the index of the log, which lies in shared memory, says that there is; `undefined`: it says nothing. */
function expectation(shm: Buffer): Expectation | undefined {
  // Two copies of the header, which differ while it is being changed, then how much is in the database already.
  if (shm.byteLength < 100 || !shm.subarray(0, 48).equals(shm.subarray(48, 96))) return undefined;
  const [one, two] = checksum(shm, 0, 40, true, 0, 0);
  const native = (at: number): number => shm.readUInt32LE(at);
  if (shm[12] !== 1 || native(40) !== one || native(44) !== two) return undefined;
  return { frames: native(16), copied: native(96), salts: shm.subarray(32, 40) };
}

/** Whether a log holds all that was committed, by its index where that can be believed, and otherwise by itself. */
function judge(wal: Buffer, shm: Buffer | undefined): boolean {
  const expected = shm && expectation(shm);
  if (wal.byteLength === 0) return expected === undefined || expected.copied >= expected.frames;
  // A process that is killed leaves both; one that ends removes the log last, and by then it is of no use any more. A log
  // without an index may be of any time, and SQLite would put it over what was written since.
  if (shm === undefined) return false;
  const walked = walk(wal);
  if (walked === undefined) return false;
  if (expected === undefined) return !walked.isBroken;
  // All frames must be there, even if they are in the database too: of those before a gap, SQLite takes the older pages.
  if (expected.salts.equals(wal.subarray(16, 24))) return walked.frames >= expected.frames;
  // The first change of a new log was not completed; or this log is not the one that the index is of.
  return expected.frames === 0 && walked.changes === 0;
}

/** A walk along a log. */
interface Walk {
  /** Frames that are right, from the first one on. */
  readonly frames: number;
  /** Frames among them that complete a change. */
  readonly changes: number;
  /** There are frames of this log behind one that is not right. A last one may be what a crash interrupted. */
  readonly isBroken: boolean;
}

/** Walks along a log; `undefined` for one whose header is not right. */
function walk(wal: Buffer): Walk | undefined {
  if (wal.byteLength < HEADER) return undefined;
  const magic = wal.readUInt32BE(0);
  const little = magic === MAGIC;
  const pageSize = wal.readUInt32BE(8);
  let sums = checksum(wal, 0, 24, little, 0, 0);
  const isSound = (little || magic === MAGIC + 1) && pageSize >= 512 && pageSize <= 65_536;
  if (!isSound || wal.readUInt32BE(24) !== sums[0] || wal.readUInt32BE(28) !== sums[1]) return undefined;
  const step = FRAME_HEADER + pageSize;
  let frames = 0;
  let changes = 0;
  let at = HEADER;
  for (; at + step <= wal.byteLength && matching(wal, at) === 2; at += step) {
    sums = checksum(wal, at, 8, little, ...sums);
    sums = checksum(wal, at + FRAME_HEADER, pageSize, little, ...sums);
    if (wal.readUInt32BE(at + 16) !== sums[0] || wal.readUInt32BE(at + 20) !== sums[1]) break;
    frames += 1;
    // The size of the database after the change; 0 in all frames but the last one of it.
    if (wal.readUInt32BE(at + 4) > 0) changes += 1;
  }
  // What is left of an earlier log has neither of the two salts; one of them is one that was changed.
  let isBroken = at + step <= wal.byteLength && matching(wal, at) === 1;
  for (at += step; at + step <= wal.byteLength; at += step) isBroken ||= matching(wal, at) > 0;
  return { frames, changes, isBroken };
}

/** How many of a frame's two salts are those of the log. */
function matching(wal: Buffer, at: number): number {
  const one = wal.readUInt32BE(at + 8) === wal.readUInt32BE(16) ? 1 : 0;
  return one + (wal.readUInt32BE(at + 12) === wal.readUInt32BE(20) ? 1 : 0);
}

/** The log's own checksum, carried on from an earlier part of it. */
function checksum(
  bytes: Buffer,
  from: number,
  length: number,
  little: boolean,
  first: number,
  second: number,
): [number, number] {
  let one = first;
  let two = second;
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, length);
  for (let at = 0; at < length; at += 8) {
    one = (one + view.getUint32(at, little) + two) >>> 0;
    two = (two + view.getUint32(at + 4, little) + one) >>> 0;
  }
  return [one, two];
}
