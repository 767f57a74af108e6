/** What stands for a tag where invalidations are written down for others. */

import { digestOf } from "./digest.js";

/** Labels whose marks are remembered. */
const MAX_KNOWN = 10_000;
const known = new Map<string, number>();

/** The mark of a label of one owner's entries, or of everybody's: 48 bits. Two that are alike only cost a few misses. */
export function markOf(label: string, owner = ""): number {
  const text = `${owner}\n${label}`;
  const found = known.get(text);
  if (found !== undefined) return found;
  const mark = Buffer.from(digestOf(undefined, Buffer.from(text, "utf16le")), "latin1").readUIntBE(0, 6);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, mark);
  return mark;
}
