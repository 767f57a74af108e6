/** A record as the bytes of one file: body, head, and how long the head is. */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { DamageError, idInHead, type Record } from "../../disk/index.js";

/** Bytes at the end that say how long the head before them is. */
const LENGTH_BYTES = 4;

/** The bytes of a record. The body comes first, so that it lies in memory as it is needed. */
export function joinRecord({ body, head }: Record): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.byteLength);
  return Buffer.concat([body, head, length]);
}

/**
 * The record in the bytes of a file.
 *
 * @throws DamageError for bytes that are none.
 */
export function splitRecord(data: Buffer): Record {
  const end = data.byteLength - LENGTH_BYTES;
  const start = end < 0 ? -1 : end - data.readUInt32BE(end);
  if (start < 0) throw new DamageError("It is shorter than it says.");
  return { body: data.subarray(0, start), head: data.subarray(start, end) };
}

/** The digest under which a record's bytes are filed, in hexadecimal digits. */
export function digestOfRecord(record: Record): string {
  return createHash("sha256").update(joinRecord(record)).digest("hex");
}

/** The id of the record in a file; `undefined` when it cannot be read. */
export async function readId(path: string, size: number): Promise<string | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const length = Buffer.alloc(LENGTH_BYTES);
    await file.read(length, 0, LENGTH_BYTES, size - LENGTH_BYTES);
    const head = Buffer.alloc(Math.min(length.readUInt32BE(), size));
    await file.read(head, 0, head.byteLength, size - LENGTH_BYTES - head.byteLength);
    return idInHead(head);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
