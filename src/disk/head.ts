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
 * | 24  | 8     | when it is of no use any more; NaN: when it is no longer fresh           |
 * | 32  | 8     | when it was written, by the wall clock                                   |
 * | 40  | 8     | bytes of the value before it was compressed                              |
 * | 48  | 4     | bytes of the key                                                         |
 * | 52  | 4     | bytes of the codec's name                                                |
 * | 56  | 4     | bytes of the tags                                                        |
 * | 60  | 32    | whose it is                                                              |
 * | 92  | 32    | what it is filed under                                                   |
 * | 124 | 16    | chance, so that no two records are alike                                 |
 * | 140 | 12+16 | what it takes to decrypt, or zeros                                       |
 * | 168 | …     | the codec's name; key and tags, unless they are encrypted with the body   |
 * | end | 32    | the seal: a digest of the body and all of the above, or of the latter    |
 */

import { randomFillSync } from "../node/crypto.js";
import { IV_BYTES, TAG_BYTES } from "./cipher.js";
import { DamageError } from "./damage.js";
import { DIGEST_BYTES, type Octets, recordId } from "./digest.js";

/** What a seal is made of, and with. */
export type Seal = "digest" | "secret" | "head-digest" | "head-secret";

/** The first bytes of each head: "twc", and the version of the format. */
const MAGIC = 0x74_77_63_01;
const SEALS: readonly Seal[] = ["digest", "secret", "head-digest", "head-secret"];
/** Where things are in a head. */
export const OWNER_AT = 60;
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
  readonly staleUntil: number | undefined;
  readonly writtenAt: number;
  readonly length: number;
  readonly keyLength: number;
  readonly codecLength: number;
  readonly tagsLength: number;
}

/** Room for random bytes, filled at once for many records: one call for each would take longer than all the rest. */
const pool = Buffer.alloc(NONCE_BYTES * 256);
let chance = "";
let chanceAt = 0;

/** Octets that come once. */
function nonce(): Octets {
  if (chanceAt === chance.length) {
    chance = randomFillSync(pool).toString("latin1");
    chanceAt = 0;
  }
  chanceAt += NONCE_BYTES;
  return chance.slice(chanceAt - NONCE_BYTES, chanceAt);
}

/** What it would take to decrypt, where nothing is encrypted. */
const NO_CIPHER: Octets = "\0".repeat(IV_BYTES + TAG_BYTES);

/** Bytes of a head with these names in it. */
export function headLength(codecLength: number, keyAndTagsLength: number): number {
  return NAMES_AT + codecLength + keyAndTagsLength + DIGEST_BYTES;
}

/**
 * Writes a head at a place in a record; the key and the seal are left to the caller.
 *
 * @param filed - Whose it is, and what it is filed under.
 */
export function writeHead(record: Buffer, at: number, facts: HeadFacts, filed: Octets, codec: Octets): void {
  record.writeUInt32BE(MAGIC, at);
  record[at + 4] = SEALS.indexOf(facts.seal);
  record[at + 5] = facts.compression;
  record[at + 6] = facts.isEncrypted ? 1 : 0;
  record[at + 7] = facts.traits;
  record.writeDoubleBE(facts.createdAt, at + 8);
  record.writeDoubleBE(facts.expiresAt ?? Number.NaN, at + 16);
  record.writeDoubleBE(facts.staleUntil ?? Number.NaN, at + 24);
  record.writeDoubleBE(facts.writtenAt, at + 32);
  record.writeDoubleBE(facts.length, at + 40);
  record.writeUInt32BE(facts.keyLength, at + 48);
  record.writeUInt32BE(facts.codecLength, at + 52);
  record.writeUInt32BE(facts.tagsLength, at + 56);
  // In one piece: each call takes longer than it takes to copy so little.
  record.write(filed + nonce() + NO_CIPHER + codec, at + OWNER_AT, "latin1");
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
  const keyLength = record.readUInt32BE(at + 48);
  const codecLength = record.readUInt32BE(at + 52);
  const tagsLength = record.readUInt32BE(at + 56);
  const seal = SEALS[record[at + 4] ?? SEALS.length];
  if (end - at !== headLength(codecLength, isEncrypted ? 0 : keyLength + tagsLength) || seal === undefined) {
    throw new DamageError("Its head is not as long as it says.");
  }
  return {
    seal,
    compression: record[at + 5] ?? 0,
    isEncrypted,
    traits: record[at + 7] ?? 0,
    createdAt: record.readDoubleBE(at + 8),
    expiresAt: readTime(record, at + 16),
    staleUntil: readTime(record, at + 24),
    writtenAt: record.readDoubleBE(at + 32),
    length: record.readDoubleBE(at + 40),
    keyLength,
    codecLength,
    tagsLength,
  };
}

function readTime(record: Buffer, at: number): number | undefined {
  const time = record.readDoubleBE(at);
  return Number.isNaN(time) ? undefined : time;
}

/** Bytes of a tag: as many as a number can hold exactly. */
const TAG_WIDTH = 6;

/** A number by chance, different for any two records, as likely as not ever: the first bytes of what is chance in a head. */
export function tagInHead(record: Buffer, at: number): number {
  return record.readUIntBE(at + NONCE_AT, TAG_WIDTH);
}

/** The id in a head, as text, believed or not; `undefined` for what is not a head. */
export function idInHead(bytes: Buffer): string | undefined {
  return bytes.byteLength < NAMES_AT ? undefined : recordId(bytes.toString("latin1", ID_AT, NONCE_AT)).text;
}
