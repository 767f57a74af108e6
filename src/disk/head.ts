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
import { DIGEST_BYTES, recordId } from "./digest.js";

/** What a seal is made of, and with. */
export type Seal = "digest" | "secret" | "head-digest" | "head-secret";

/** The first bytes of each head: "twc", and the version of the format. */
const MAGIC = 0x74_77_63_01;
const SEALS: readonly Seal[] = ["digest", "secret", "head-digest", "head-secret"];
/** Where things are in a head. */
export const OWNER_AT = 48;
export const ID_AT: number = OWNER_AT + DIGEST_BYTES;
const NONCE_AT = ID_AT + DIGEST_BYTES;
const NONCE_BYTES = 16;
export const CIPHER_AT: number = NONCE_AT + NONCE_BYTES;
export const NAMES_AT: number = CIPHER_AT + IV_BYTES + TAG_BYTES;

/** What is written into a head, besides bytes that are copied. */
export interface HeadFacts {
  readonly seal: Seal;
  readonly compression: number;
  readonly isEncrypted: boolean;
  readonly traits: number;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly writtenAt: number;
  readonly length: number;
  readonly keyLength: number;
  readonly codecLength: number;
}

/** Room for random bytes, filled at once for many records: one call for each would take longer than all the rest. */
const pool = Buffer.alloc(NONCE_BYTES * 256);
let poolAt = pool.byteLength;

function fillNonce(record: Buffer, at: number): void {
  if (poolAt === pool.byteLength) {
    randomFillSync(pool);
    poolAt = 0;
  }
  pool.copy(record, at, poolAt, poolAt + NONCE_BYTES);
  poolAt += NONCE_BYTES;
}

/** Bytes of a head with these names in it. */
export function headLength(codecLength: number, keyLength: number): number {
  return NAMES_AT + codecLength + keyLength + DIGEST_BYTES;
}

/** Writes what a head says at a place in a record; the names, whose it is, and the seal are left to the caller. */
export function writeHead(record: Buffer, at: number, facts: HeadFacts): void {
  record.writeUInt32BE(MAGIC, at);
  record[at + 4] = SEALS.indexOf(facts.seal);
  record[at + 5] = facts.compression;
  record[at + 6] = facts.isEncrypted ? 1 : 0;
  record[at + 7] = facts.traits;
  record.writeDoubleBE(facts.createdAt, at + 8);
  record.writeDoubleBE(facts.expiresAt ?? Number.NaN, at + 16);
  record.writeDoubleBE(facts.writtenAt, at + 24);
  record.writeDoubleBE(facts.length, at + 32);
  record.writeUInt32BE(facts.keyLength, at + 40);
  record.writeUInt32BE(facts.codecLength, at + 44);
  fillNonce(record, at + NONCE_AT);
  record.fill(0, at + CIPHER_AT, at + NAMES_AT);
}

/**
 * Reads what a head says, without believing it yet.
 *
 * @param end - Where the head ends.
 * @throws DamageError for what is not a head of this version.
 */
export function readHead(record: Buffer, at: number, end: number): HeadFacts {
  if (end - at < NAMES_AT + DIGEST_BYTES || record.readUInt32BE(at) !== MAGIC) {
    throw new DamageError("It is not a record of this version.");
  }
  const isEncrypted = record[at + 6] === 1;
  const keyLength = record.readUInt32BE(at + 40);
  const codecLength = record.readUInt32BE(at + 44);
  const seal = SEALS[record[at + 4] ?? SEALS.length];
  if (end - at !== headLength(codecLength, isEncrypted ? 0 : keyLength) || seal === undefined) {
    throw new DamageError("Its head is not as long as it says.");
  }
  const expiresAt = record.readDoubleBE(at + 16);
  return {
    seal,
    compression: record[at + 5] ?? 0,
    isEncrypted,
    traits: record[at + 7] ?? 0,
    createdAt: record.readDoubleBE(at + 8),
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
    writtenAt: record.readDoubleBE(at + 24),
    length: record.readDoubleBE(at + 32),
    keyLength,
    codecLength,
  };
}

/** The id in a head, as text, believed or not; `undefined` for what is not a head. */
export function idInHead(bytes: Buffer): string | undefined {
  return bytes.byteLength < NAMES_AT ? undefined : recordId(bytes.subarray(ID_AT, NONCE_AT)).text;
}
