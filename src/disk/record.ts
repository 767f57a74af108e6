/** A record: the bytes of a value, the head that vouches for them, and how long the head is. */

import { DamageError } from "./damage.js";

/** Bytes at the end that say how long the head before them is. */
const LENGTH_BYTES = 4;

/** Where the parts of a record are. The body comes first, so that it lies in memory as it is needed. */
export interface RecordParts {
  readonly headAt: number;
  readonly headEnd: number;
}

/** Room for a record with a body and a head, the body in it, and said how long the head is. */
export function makeRecord(body: Uint8Array, headLength: number): Buffer {
  const headEnd = body.byteLength + headLength;
  const record = Buffer.allocUnsafe(headEnd + LENGTH_BYTES);
  record.set(body);
  record.writeUInt32BE(headLength, headEnd);
  return record;
}

/**
 * The parts of a record.
 *
 * @throws DamageError for bytes that are none.
 */
export function partsOf(record: Buffer): RecordParts {
  const headEnd = record.byteLength - LENGTH_BYTES;
  const headAt = headEnd < 0 ? -1 : headEnd - record.readUInt32BE(headEnd);
  if (headAt < 0) throw new DamageError("It is shorter than it says.");
  return { headAt, headEnd };
}
