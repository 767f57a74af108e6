/** What can be known of a record that is a file. */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { idInHead } from "../../disk/index.js";

/** Bytes at the end that say how long the head before them is. */
const LENGTH_BYTES = 4;

/** The digest under which a record is filed, in hexadecimal digits. */
export function digestOfRecord(record: Buffer): string {
  return createHash("sha256").update(record).digest("hex");
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
