/** Digests of what is stored, and of the keys that it is stored under. */

import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { Key } from "../keys/index.js";

/** Bytes of every digest here: SHA-256 (FIPS 180-4), or HMAC with it (RFC 2104) where there is a secret. */
export const DIGEST_BYTES = 32;

/** The digest of some bytes. */
export function digestOf(secret: Uint8Array | undefined, bytes: Uint8Array): Buffer {
  if (secret !== undefined) return createHmac("sha256", secret).update(bytes).digest();
  // All at once: half the work, where there are few.
  return hash("sha256", bytes, "buffer");
}

/** What an entry is filed under: a digest, as bytes and as text. */
export interface RecordId {
  readonly bytes: Buffer;
  /** In base 64, without signs that mean something in paths. */
  readonly text: string;
}

/**
 * What an entry is filed under: a digest of whose it is and of its key. With a secret, whoever sees the files cannot find
 * out by trying which keys there are.
 */
export function recordIdOf(secret: Uint8Array | undefined, owner: Buffer, key: Key): RecordId {
  return recordId(digestOf(secret, Buffer.concat([owner, keyBytes(key)])));
}

/** An id that was found as bytes. */
export function recordId(bytes: Buffer): RecordId {
  return { bytes, text: bytes.toString("base64url") };
}

/** An id that was found as text. */
export function recordIdFrom(text: string): RecordId {
  return { bytes: Buffer.from(text, "base64url"), text };
}

/** A key as bytes, different for different keys. */
export function keyBytes(key: Key): Buffer {
  // UTF-16, since in UTF-8 all lone surrogates are one.
  return Buffer.from(typeof key === "number" ? `n${key}` : `s${key}`, "utf16le");
}

/** The key that bytes were made of. */
export function keyFrom(bytes: Buffer): Key {
  const text = bytes.toString("utf16le");
  return text.startsWith("n") ? Number(text.slice(1)) : text.slice(1);
}

/** Whether two digests are the same; takes as long for any two. */
export function sameDigest(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
