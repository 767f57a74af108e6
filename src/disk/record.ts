/** A record: the bytes of a value, the head that vouches for them, and how long the head is. */

import { DamageError } from "./damage.js";

/** Bytes at the end that say how long the head before them is. */
const LENGTH_BYTES = 4;

/** The parts of a record. They lie in the record's own memory. */
export interface RecordParts {
  readonly body: Buffer;
  readonly head: Buffer;
}

/** Joins the parts. The body comes first, so that it lies in memory as it is needed, and programs find it at once. */
export function joinRecord(body: Uint8Array, head: Buffer): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(head.byteLength);
  return Buffer.concat([body, head, length]);
}

/**
 * The parts of a record.
 *
 * @throws DamageError for bytes that are none.
 */
export function splitRecord(record: Buffer): RecordParts {
  const end = record.byteLength - LENGTH_BYTES;
  const start = end < 0 ? -1 : end - record.readUInt32BE(end);
  if (start < 0) throw new DamageError("It is shorter than it says.");
  return { body: record.subarray(0, start), head: record.subarray(start, end) };
}
