/** Values as the bytes that stand for them. */

import type { Codec } from "../codec/index.js";
import type { Entry } from "../entry.js";

/** A snapshot of a value: nothing that happens to the value later changes it. */
export class Packed {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/**
 * The entry with a snapshot in place of its value; one that has a snapshot stays as it is.
 *
 * @throws CacheValueError for a value that cannot be kept exactly.
 */
export function packEntry(codec: Codec, entry: Entry): Entry & { readonly value: Packed } {
  if (entry.value instanceof Packed) return entry as Entry & { readonly value: Packed };
  const { traits, createdAt, expiresAt, staleUntil, size, key, tagged } = entry;
  const value = new Packed(codec.encode(entry.value));
  return { value, traits, createdAt, expiresAt, staleUntil, size, result: undefined, key, tagged };
}
