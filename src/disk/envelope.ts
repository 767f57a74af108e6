/**
 * The envelope around every value on disk: a head that says what it is, whose, of which key and when, and a seal over all
 * of it. A record that is not exactly what was written is not opened.
 */

import type { Place } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { decrypt, encrypt, IV_BYTES } from "./cipher.js";
import type { Compressed } from "./compression.js";
import { DamageError } from "./damage.js";
import { DIGEST_BYTES, digestOf, keyBytes, keyFrom, type RecordId, recordIdOf, sameDigest } from "./digest.js";
import {
  CIPHER_AT,
  type HeadFacts,
  headLength,
  ID_AT,
  NAMES_AT,
  OWNER_AT,
  readHead,
  type Seal,
  writeHead,
} from "./head.js";
import { makeRecord, partsOf } from "./record.js";

/** The largest value that is unpacked, unless the cache may hold more than this anyway. */
const MAX_LENGTH = 1_073_741_824;

/** Ids that are remembered, and characters of the longest key that one is remembered for. */
const MAX_IDS = 1_000;
const MAX_KEY = 200;

/** Makes and opens the envelopes of one cache. */
export class Envelope {
  readonly place: Place;
  readonly #owner: Buffer;
  readonly #secret: Uint8Array | undefined;
  readonly #seal: Seal;
  /** The seal is of the body too. */
  readonly #covers: boolean;
  /** The codec's name. */
  readonly #codec: Buffer;
  /** Ids of keys that came up lately: a digest takes a tenth of the work of a hit. */
  readonly #ids = new Map<Key, RecordId>();

  /** @param bodiesAreVerified - The store checks bodies by a digest of its own, so that the seal need not cover them. */
  constructor(place: Place, bodiesAreVerified: boolean) {
    this.place = place;
    this.#owner = Buffer.from(place.id, "hex");
    // A key for encryption is a secret too, as good as another.
    this.#secret = place.secret ?? place.encryptionKey;
    const headOnly = bodiesAreVerified && place.secret === undefined;
    this.#covers = !headOnly;
    this.#codec = Buffer.from(place.codec.name, "latin1");
    if (headOnly) this.#seal = this.#secret === undefined ? "head-digest" : "head-secret";
    else this.#seal = this.#secret === undefined ? "digest" : "secret";
  }

  /** What a key's record is filed under. */
  idOf(key: Key): RecordId {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = recordIdOf(this.#secret, this.#owner, key);
    if (typeof key === "string" && key.length > MAX_KEY) return id;
    if (this.#ids.size >= MAX_IDS) this.#ids.clear();
    this.#ids.set(key, id);
    return id;
  }

  /** The record for an entry whose value is these bytes; `length` is what they were before they were compressed. */
  close(id: RecordId, key: Key, entry: Entry, { bytes, code }: Compressed, length: number): Buffer {
    const { encryptionKey } = this.place;
    const keyText = keyBytes(key);
    const facts: HeadFacts = {
      seal: this.#seal,
      compression: code,
      isEncrypted: encryptionKey !== undefined,
      traits: entry.traits,
      createdAt: entry.createdAt,
      expiresAt: entry.expiresAt,
      writtenAt: Date.now(),
      length,
      keyLength: keyText.byteLength,
      codecLength: this.#codec.byteLength,
    };
    const record =
      encryptionKey === undefined
        ? this.#draft(id, facts, bytes, keyText)
        : this.#encrypted(id, facts, encryptionKey, [bytes, keyText]);
    const { headAt, headEnd } = partsOf(record);
    const sealAt = headEnd - DIGEST_BYTES;
    digestOf(this.#secret, record.subarray(this.#covers ? 0 : headAt, sealAt)).copy(record, sealAt);
    return record;
  }

  /** A record without its seal. The key is in the head or, where it is encrypted, with the value in the body. */
  #draft(id: RecordId, facts: HeadFacts, body: Uint8Array, keyText: Buffer): Buffer {
    const record = makeRecord(body, headLength(this.#codec.byteLength, keyText.byteLength));
    const at = body.byteLength;
    writeHead(record, at, facts);
    this.#owner.copy(record, at + OWNER_AT);
    id.bytes.copy(record, at + ID_AT);
    this.#codec.copy(record, at + NAMES_AT);
    keyText.copy(record, at + NAMES_AT + this.#codec.byteLength);
    return record;
  }

  #encrypted(id: RecordId, facts: HeadFacts, encryptionKey: Uint8Array, parts: readonly Uint8Array[]): Buffer {
    const nothing = Buffer.alloc(0);
    const head = this.#draft(id, facts, nothing, nothing);
    const { bytes, iv, tag } = encrypt(encryptionKey, head.subarray(0, CIPHER_AT), ...parts);
    iv.copy(head, CIPHER_AT);
    tag.copy(head, CIPHER_AT + IV_BYTES);
    return Buffer.concat([bytes, head]);
  }

  /**
   * Opens the record that was found under an id.
   *
   * @throws DamageError for a record that is not exactly what was written there by this cache.
   */
  open(record: Buffer, id: RecordId): Opened {
    const { encryptionKey } = this.place;
    const { headAt, headEnd } = partsOf(record);
    const facts = readHead(record, headAt, headEnd);
    if (facts.seal !== this.#seal) throw new DamageError("It is sealed in another way than here.");
    const sealAt = headEnd - DIGEST_BYTES;
    const digest = digestOf(this.#secret, record.subarray(this.#covers ? 0 : headAt, sealAt));
    if (!sameDigest(digest, record.subarray(sealAt, headEnd))) throw new DamageError("Its seal is broken.");
    const isOurs = lies(this.#owner, record, headAt + OWNER_AT) && lies(id.bytes, record, headAt + ID_AT);
    if (!isOurs) throw new DamageError("It is the record of another key.");
    const namesAt = headAt + NAMES_AT;
    if (facts.codecLength !== this.#codec.byteLength || !lies(this.#codec, record, namesAt)) {
      throw new DamageError("It was written by another codec.");
    }
    if (facts.isEncrypted !== (encryptionKey !== undefined)) {
      throw new DamageError("It is encrypted, or it is not, unlike here.");
    }
    if (!(facts.length <= MAX_LENGTH)) throw new DamageError("It is larger than a value may be.");
    const body = record.subarray(0, headAt);
    if (encryptionKey === undefined) {
      const keyAt = namesAt + facts.codecLength;
      return { facts, value: { bytes: body, code: facts.compression }, keyText: record.subarray(keyAt, sealAt) };
    }
    const ivAt = headAt + CIPHER_AT;
    const tagAt = ivAt + IV_BYTES;
    const plain = decrypt(encryptionKey, record.subarray(headAt, ivAt), {
      bytes: body,
      iv: record.subarray(ivAt, tagAt),
      tag: record.subarray(tagAt, namesAt),
    });
    const end = plain.byteLength - facts.keyLength;
    if (end < 0) throw new DamageError("It is shorter than its key.");
    return { facts, value: { bytes: plain.subarray(0, end), code: facts.compression }, keyText: plain.subarray(end) };
  }
}

/** Whether bytes are at a place in a record. */
function lies(bytes: Buffer, record: Buffer, at: number): boolean {
  return bytes.compare(record, at, at + bytes.byteLength) === 0;
}

/** A record that is believed: everything but the value, which may still be compressed. */
export interface Opened {
  readonly facts: HeadFacts;
  readonly value: Compressed;
  /** The key, as bytes: who has asked for the record knows it. */
  readonly keyText: Buffer;
}

/** The key of a record that was found in another way than by its key. */
export function keyOfOpened({ keyText }: Opened): Key {
  return keyFrom(keyText);
}

/** The entry of a record that was opened, with its value. */
export function entryOf({ facts }: Opened, key: Key, value: unknown, size: number): Entry {
  const { traits, createdAt, expiresAt, writtenAt } = facts;
  return { value, traits, createdAt, expiresAt, size, result: undefined, key, writtenAt };
}
