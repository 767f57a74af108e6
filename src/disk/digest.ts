/** Digests of what is stored, and of the keys that it is stored under. */

import type { Key } from "../keys/index.js";
import { createHmac, hash, timingSafeEqual } from "../node/crypto.js";

/** Bytes of every digest here: SHA-256 (FIPS 180-4), or HMAC with it (RFC 2104) where there is a secret. */
export const DIGEST_BYTES = 32;

/** The digest of some bytes, as {@link Octets}. */
export function digestOf(secret: Uint8Array | undefined, bytes: Uint8Array): Octets {
  if (secret !== undefined) return createHmac("sha256", secret).update(bytes).digest("binary");
  // All at once, and not as a Buffer: a quarter of the work, where there are few bytes.
  return hash("sha256", bytes, "binary");
}

/**
 * Bytes as a string, a character each. The platform makes, compares and copies a short string in a fraction of the time
 * that it takes for a Buffer.
 */
export type Octets = string;

/** What an entry is filed under: a digest, as octets and as text. */
export interface RecordId {
  readonly octets: Octets;
  /**
   * Its first octets in base 64, without signs that mean something in paths: enough to find a record, if not to believe it.
   */
  readonly text: string;
}

/**
 * Octets that the text of an id is made of. Two ids alike in these would take turns in one place, which is never seen: of
 * a thousand million entries, with a chance of one in a hundred thousand million. More of them make a database slower.
 */
export const ID_OCTETS = 12;
/** Characters of the text. */
export const ID_CHARACTERS: number = (ID_OCTETS / 3) * 4;

/** Room for what is digested, where that is short. */
const scratch = Buffer.allocUnsafe(1_024);

/**
 * What an entry is filed under: a digest of whose it is and of its key. With a secret, whoever sees the files cannot find
 * out by trying which keys there are.
 */
export function recordIdOf(secret: Uint8Array | undefined, owner: Octets, key: Key): RecordId {
  const text = keyText(key);
  const length = owner.length + 2 * text.length;
  const bytes = length <= scratch.byteLength ? scratch : Buffer.allocUnsafe(length);
  bytes.write(owner, "latin1");
  bytes.write(text, owner.length, KEY_ENCODING);
  return recordId(digestOf(secret, bytes.subarray(0, length)));
}

/** An id that was found as octets. */
export function recordId(octets: Octets): RecordId {
  return { octets, text: Buffer.from(octets.slice(0, ID_OCTETS), "latin1").toString("base64url") };
}

/** As much of an id as is in its text. */
export function recordIdFrom(text: string): RecordId {
  return { octets: Buffer.from(text, "base64url").toString("latin1"), text };
}

/** How the text of a key is written: in UTF-8, all lone surrogates would be one. */
export const KEY_ENCODING = "utf16le";

/** A key as text, different for different keys. */
export function keyText(key: Key): string {
  return typeof key === "number" ? `n${key}` : `s${key}`;
}

/** The key that a text was made of. */
export function keyFrom(text: string): Key {
  return text.startsWith("n") ? Number(text.slice(1)) : text.slice(1);
}

/** Whether a digest is the expected one; where that is a secret, it takes as long for any. */
export function isDigest(secret: Uint8Array | undefined, found: Octets, expected: Octets): boolean {
  if (secret === undefined) return found === expected;
  return (
    found.length === expected.length && timingSafeEqual(Buffer.from(found, "latin1"), Buffer.from(expected, "latin1"))
  );
}
