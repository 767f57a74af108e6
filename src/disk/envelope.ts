/**
 * The envelope around every value on disk: a head that says what it is, whose, of which key and when, and a seal over all
 * of it. A record that is not exactly what was written is not opened.
 */

import type { Place } from "../contract/index.js";
import type { Entry, Tagged } from "../entry.js";
import type { Key } from "../keys/index.js";
import { decrypt, encrypt, IV_BYTES, TAG_BYTES } from "./cipher.js";
import type { Compressed } from "./compression.js";
import { DamageError } from "./damage.js";
import {
  DIGEST_BYTES,
  digestOf,
  isDigest,
  KEY_ENCODING,
  keyFrom,
  keyText,
  type Octets,
  type RecordId,
  recordIdOf,
} from "./digest.js";
import {
  CIPHER_AT,
  type HeadFacts,
  headLength,
  NAMES_AT,
  OWNER_AT,
  readHead,
  type Seal,
  tagInHead,
  writeHead,
} from "./head.js";
import { makeRecord, partsOf } from "./record.js";
import { tagsFrom, tagsText } from "./tags-text.js";

/** The largest value that is unpacked, unless the cache may hold more than this anyway. */
const MAX_LENGTH = 1_073_741_824;

/** Ids that are remembered, and characters of the longest key that one is remembered for. */
const MAX_IDS = 1_000;
const MAX_KEY = 200;

/** What a key's record is filed under, and the record that was read there last, where somebody keeps it. */
export interface Filed extends RecordId {
  last: Opened | undefined;
}

/** Makes and opens the envelopes of one cache. */
export class Envelope {
  readonly place: Place;
  readonly #owner: Octets;
  readonly #secret: Uint8Array | undefined;
  readonly #seal: Seal;
  /** The seal is of the body too. */
  readonly #covers: boolean;
  /** The codec's name. */
  readonly #codec: Octets;
  /** Keys that came up lately: a digest takes a tenth of the work of a hit. */
  readonly #files = new Map<Key, Filed>();

  /** @param bodiesAreVerified - The store checks bodies by a digest of its own, so that the seal need not cover them. */
  constructor(place: Place, bodiesAreVerified: boolean) {
    this.place = place;
    this.#owner = Buffer.from(place.id, "hex").toString("latin1");
    // A key for encryption is a secret too, as good as another.
    this.#secret = place.secret ?? place.encryptionKey;
    const headOnly = bodiesAreVerified && place.secret === undefined;
    this.#covers = !headOnly;
    this.#codec = place.codec.name;
    if (headOnly) this.#seal = this.#secret === undefined ? "head-digest" : "head-secret";
    else this.#seal = this.#secret === undefined ? "digest" : "secret";
  }

  /** What a key's record is filed under; not remembered where it is written, since it may not be read soon. */
  idOf(key: Key, isWrite = false): Filed {
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const { octets, text } = recordIdOf(this.#secret, this.#owner, key);
    const filed: Filed = { octets, text, last: undefined };
    if (isWrite) return filed;
    if (typeof key === "string" && key.length > MAX_KEY) return filed;
    if (this.#files.size >= MAX_IDS) this.#files.clear();
    this.#files.set(key, filed);
    return filed;
  }

  /** What the record of a key is filed under, where it is another owner's: 64 hexadecimal digits. */
  idUnder(owner: string, key: Key): string {
    return recordIdOf(this.#secret, Buffer.from(owner, "hex").toString("latin1"), key).text;
  }

  /** The record for an entry whose value is these bytes; `length` is what they were before they were compressed. */
  close(id: RecordId, key: Key, entry: Entry, { bytes, code }: Compressed, length: number): Buffer {
    const { encryptionKey } = this.place;
    const tags = entry.tagged === undefined ? "" : tagsText(entry.tagged);
    const name = keyText(key);
    const text = name + tags;
    const facts: HeadFacts = {
      seal: this.#seal,
      compression: code,
      isEncrypted: encryptionKey !== undefined,
      traits: entry.traits,
      createdAt: entry.createdAt,
      expiresAt: entry.expiresAt,
      staleUntil: entry.staleUntil,
      writtenAt: Date.now(),
      length,
      keyLength: Buffer.byteLength(name, KEY_ENCODING),
      codecLength: this.#codec.length,
      tagsLength: Buffer.byteLength(tags, KEY_ENCODING),
    };
    const record =
      encryptionKey === undefined
        ? this.#draft(id, facts, bytes, text)
        : this.#encrypted(id, facts, encryptionKey, [bytes, Buffer.from(text, KEY_ENCODING)]);
    const { headAt, headEnd } = partsOf(record);
    const sealAt = headEnd - DIGEST_BYTES;
    record.write(this.#sealOf(record, headAt, sealAt), sealAt, "latin1");
    return record;
  }

  #sealOf(record: Buffer, headAt: number, sealAt: number): Octets {
    return digestOf(this.#secret, record.subarray(this.#covers ? 0 : headAt, sealAt));
  }

  /** A record without its seal. Key and tags are in the head or, where they are encrypted, with the value in the body. */
  #draft(id: RecordId, facts: HeadFacts, body: Uint8Array, text: string): Buffer {
    const record = makeRecord(
      body,
      headLength(facts.codecLength, text === "" ? 0 : facts.keyLength + facts.tagsLength),
    );
    const at = body.byteLength;
    writeHead(record, at, facts, this.#owner + id.octets, this.#codec);
    record.write(text, at + NAMES_AT + facts.codecLength, KEY_ENCODING);
    return record;
  }

  #encrypted(id: RecordId, facts: HeadFacts, encryptionKey: Uint8Array, parts: readonly Uint8Array[]): Buffer {
    const head = this.#draft(id, facts, Buffer.alloc(0), "");
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
    // All at once, and compared as a string: see `Octets`.
    const head: Octets = record.toString("latin1", headAt, headEnd);
    if (!isDigest(this.#secret, head.slice(-DIGEST_BYTES), this.#sealOf(record, headAt, sealAt))) {
      throw new DamageError("Its seal is broken.");
    }
    if (!head.startsWith(this.#owner, OWNER_AT) || !head.startsWith(id.octets, OWNER_AT + DIGEST_BYTES)) {
      throw new DamageError("It is the record of another key.");
    }
    if (facts.codecLength !== this.#codec.length || !head.startsWith(this.#codec, NAMES_AT)) {
      throw new DamageError("It was written by another codec.");
    }
    if (facts.isEncrypted !== (encryptionKey !== undefined)) {
      throw new DamageError("It is encrypted, or it is not, unlike here.");
    }
    if (!(facts.length <= MAX_LENGTH)) throw new DamageError("It is larger than a value may be.");
    const body = record.subarray(0, headAt);
    const tag = tagInHead(record, headAt);
    if (encryptionKey === undefined) {
      const keyAt = headAt + NAMES_AT + facts.codecLength;
      const value = { bytes: body, code: facts.compression };
      const keyEnd = keyAt + facts.keyLength;
      const tagged = tagsIn(record, keyEnd, sealAt);
      return { facts, value, record, tag, tagged, key: () => keyIn(record, keyAt, keyEnd) };
    }
    const ivAt = headAt + CIPHER_AT;
    const tagAt = ivAt + IV_BYTES;
    const plain = decrypt(encryptionKey, record.subarray(headAt, ivAt), {
      bytes: body,
      iv: record.subarray(ivAt, tagAt),
      tag: record.subarray(tagAt, tagAt + TAG_BYTES),
    });
    const keyEnd = plain.byteLength - facts.tagsLength;
    const end = keyEnd - facts.keyLength;
    if (end < 0) throw new DamageError("It is shorter than its key.");
    const value = { bytes: plain.subarray(0, end), code: facts.compression };
    const tagged = tagsIn(plain, keyEnd, plain.byteLength);
    return { facts, value, record, tag, tagged, key: () => keyIn(plain, end, keyEnd) };
  }
}

function keyIn(bytes: Buffer, at: number, end: number): Key {
  return keyFrom(bytes.toString(KEY_ENCODING, at, end));
}

function tagsIn(bytes: Buffer, at: number, end: number): Tagged | undefined {
  return at === end ? undefined : tagsFrom(bytes.toString(KEY_ENCODING, at, end));
}

/** A record that is believed: everything but the value, which may still be compressed. */
export interface Opened {
  readonly facts: HeadFacts;
  readonly value: Compressed;
  readonly record: Buffer;
  /** See {@link tagOf}. */
  readonly tag: number;
  readonly tagged: Tagged | undefined;
  /** Its key: who has asked for the record knows it. */
  key(): Key;
  /** Makes its value once more. Only where that was asked for before. */
  make?: () => unknown;
}

/** The tag of a record: a number by chance. */
export function tagOf(record: Buffer): number {
  return tagInHead(record, partsOf(record).headAt);
}

/** The entry of a record that was opened, with its value. */
export function entryOf({ facts, record, tagged }: Opened, key: Key, value: unknown): Entry {
  const { traits, createdAt, expiresAt, staleUntil, writtenAt } = facts;
  return {
    value,
    traits,
    createdAt,
    expiresAt,
    staleUntil,
    size: record.byteLength,
    result: undefined,
    key,
    writtenAt,
    tagged,
  };
}
