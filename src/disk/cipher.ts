/** Encryption: AES-256 in Galois/Counter Mode (NIST SP 800-38D), which also notices every change. */

import { createCipheriv, createDecipheriv, randomBytes } from "../node/crypto.js";
import { DamageError } from "./damage.js";

const ALGORITHM = "aes-256-gcm";
/** Bytes of the number used once; random, which is safe for 2³² writes with one key. */
export const IV_BYTES = 12;
/** Bytes that prove that nothing was changed. */
export const TAG_BYTES = 16;

/** Encrypted bytes and what it takes, with the key, to decrypt them. */
export interface Encrypted {
  readonly bytes: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
}

/** Encrypts bytes, bound to others that are not secret. */
export function encrypt(key: Uint8Array, bound: Uint8Array, ...parts: readonly Uint8Array[]): Encrypted {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(bound);
  const bytes = Buffer.concat(parts.map((part) => cipher.update(part)));
  cipher.final();
  return { bytes, iv, tag: cipher.getAuthTag() };
}

/**
 * Decrypts bytes.
 *
 * @throws DamageError when they, or what they are bound to, are not what was encrypted with this key.
 */
export function decrypt(key: Uint8Array, bound: Uint8Array, { bytes, iv, tag }: Encrypted): Buffer {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, iv).setAAD(bound).setAuthTag(tag);
    const plain = decipher.update(bytes);
    // In this mode nothing is left over; this is where changes are noticed.
    decipher.final();
    return plain;
  } catch (cause) {
    throw new DamageError("It cannot be decrypted.", { cause });
  }
}
