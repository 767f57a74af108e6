/**
 * The head of a record: what is to be known of its body before the body is believed. Its layout is fixed; numbers are
 * big-endian.
 *
 * | at  | bytes | what                                                                    |
 * | --- | ----- | ----------------------------------------------------------------------- |
 * | 0   | 4     | "twc" and the version of this format                                     |
 * | 4   | 1     | how the record is sealed                                                 |
 * | 5   | 1     | how the body is compressed                                               |
 * | 6   | 1     | whether it is encrypted                                                  |
 * | 7   | 1     | the entry's traits                                                       |
 * | 8   | 8     | when the value was made                                                  |
 * | 16  | 8     | when it is no longer fresh; NaN: never                                   |
 * | 24  | 8     | when it was written, by the wall clock                                   |
 * | 32  | 8     | bytes of the value before it was compressed                              |
 * | 40  | 4     | bytes of the key                                                         |
 * | 44  | 4     | bytes of the codec's name                                                |
 * | 48  | 32    | whose it is                                                              |
 * | 80  | 32    | what it is filed under                                                   |
 * | 112 | 16    | chance, so that no two records are alike                                 |
 * | 128 | 12+16 | what it takes to decrypt, or zeros                                       |
 * | 156 | …     | the codec's name; the key, unless it is encrypted with the body          |
 * | end | 32    | the seal: a digest of the body and all of the above, or of the latter    |
 */

import { randomFillSync } from "node:crypto";
import { IV_BYTES, TAG_BYTES } from "./cipher.js";
import { DamageError } from "./damage.js";
import { DIGEST_BYTES } from "./digest.js";

/** What a seal is made of, and with. */
export type Seal = "digest" | "secret" | "head-digest" | "head-secret";

/** The first bytes of each record; the last of them is the version of the format. */
const MAGIC = Buffer.from("twc\u0001", "latin1");
const SEALS: readonly Seal[] = ["digest", "secret", "head-digest", "head-secret"];
const NONCE_AT = 112;
const NONCE_BYTES = 16;
const CIPHER_AT = NONCE_AT + NONCE_BYTES;
const NAMES_AT = CIPHER_AT + IV_BYTES + TAG_BYTES;
const OWNER_AT = 48;
const ID_AT = OWNER_AT + DIGEST_BYTES;

/** The contents of a head. */
export interface Head {
  readonly seal: Seal;
  readonly compression: number;
  readonly traits: number;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly writtenAt: number;
  readonly length: number;
  readonly owner: Buffer;
  readonly id: Buffer;
  readonly codec: string;
  /** Empty where it is encrypted with the body. */
  readonly key: Buffer;
  readonly keyLength: number;
  readonly cipher: { readonly iv: Buffer; readonly tag: Buffer } | undefined;
}

/** Room for random bytes, filled at once for many records: one call for each would take longer than all the rest. */
const pool = Buffer.alloc(NONCE_BYTES * 256);
let poolAt = pool.byteLength;

function fillNonce(head: Buffer): void {
  if (poolAt === pool.byteLength) {
    randomFillSync(pool);
    poolAt = 0;
  }
  pool.copy(head, NONCE_AT, poolAt, poolAt + NONCE_BYTES);
  poolAt += NONCE_BYTES;
}

/** Writes a head, with room for the seal at its end. */
export function writeHead(head: Head): Buffer {
  const codec = Buffer.from(head.codec, "latin1");
  const bytes = Buffer.alloc(NAMES_AT + codec.byteLength + head.key.byteLength + DIGEST_BYTES);
  MAGIC.copy(bytes);
  bytes[4] = SEALS.indexOf(head.seal);
  bytes[5] = head.compression;
  bytes[6] = head.cipher === undefined ? 0 : 1;
  bytes[7] = head.traits;
  bytes.writeDoubleBE(head.createdAt, 8);
  bytes.writeDoubleBE(head.expiresAt ?? Number.NaN, 16);
  bytes.writeDoubleBE(head.writtenAt, 24);
  bytes.writeDoubleBE(head.length, 32);
  bytes.writeUInt32BE(head.keyLength, 40);
  bytes.writeUInt32BE(codec.byteLength, 44);
  head.owner.copy(bytes, OWNER_AT);
  head.id.copy(bytes, ID_AT);
  fillNonce(bytes);
  if (head.cipher !== undefined) writeCipher(bytes, head.cipher);
  codec.copy(bytes, NAMES_AT);
  head.key.copy(bytes, NAMES_AT + codec.byteLength);
  return bytes;
}

/** Puts what decryption takes into a head, once it is known. */
export function writeCipher(head: Buffer, { iv, tag }: NonNullable<Head["cipher"]>): void {
  iv.copy(head, CIPHER_AT);
  tag.copy(head, CIPHER_AT + IV_BYTES);
}

/** The part of a head that encryption is bound to: all that was there before it. */
export function boundPart(head: Buffer): Buffer {
  return head.subarray(0, CIPHER_AT);
}

/**
 * Reads a head, without believing it yet.
 *
 * @throws DamageError for what is not a head of this version.
 */
export function readHead(bytes: Buffer): Head {
  if (bytes.byteLength < NAMES_AT + DIGEST_BYTES || !bytes.subarray(0, MAGIC.byteLength).equals(MAGIC)) {
    throw new DamageError("It is not a record of this version.");
  }
  const encrypted = bytes[6] === 1;
  const keyLength = bytes.readUInt32BE(40);
  const codecLength = bytes.readUInt32BE(44);
  const keyHere = encrypted ? 0 : keyLength;
  const seal = SEALS[bytes[4] ?? SEALS.length];
  if (bytes.byteLength !== NAMES_AT + codecLength + keyHere + DIGEST_BYTES || seal === undefined) {
    throw new DamageError("Its head is not as long as it says.");
  }
  const expiresAt = bytes.readDoubleBE(16);
  const keyAt = NAMES_AT + codecLength;
  const tagAt = CIPHER_AT + IV_BYTES;
  return {
    seal,
    compression: bytes[5] ?? 0,
    traits: bytes[7] ?? 0,
    createdAt: bytes.readDoubleBE(8),
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
    writtenAt: bytes.readDoubleBE(24),
    length: bytes.readDoubleBE(32),
    owner: bytes.subarray(OWNER_AT, ID_AT),
    id: bytes.subarray(ID_AT, NONCE_AT),
    codec: bytes.toString("latin1", NAMES_AT, keyAt),
    key: bytes.subarray(keyAt, keyAt + keyHere),
    keyLength,
    cipher: encrypted ? { iv: bytes.subarray(CIPHER_AT, tagAt), tag: bytes.subarray(tagAt, NAMES_AT) } : undefined,
  };
}

/** The id in a head, in hexadecimal digits, believed or not; `undefined` for what is not a head. */
export function idInHead(bytes: Buffer): string | undefined {
  return bytes.byteLength < NAMES_AT ? undefined : bytes.toString("hex", ID_AT, NONCE_AT);
}
