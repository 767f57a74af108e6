/**
 * The envelope around every value on disk: a head that says what it is, whose, of which key and when, and a seal over all
 * of it. A record that is not exactly what was written is not opened.
 */

import type { Place } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { decrypt, encrypt } from "./cipher.js";
import type { Compressed } from "./compression.js";
import { DamageError } from "./damage.js";
import { DIGEST_BYTES, digestOf, keyBytes, keyFrom, recordIdOf, sameDigest } from "./digest.js";
import { boundPart, type Head, readHead, type Seal, writeCipher, writeHead } from "./head.js";
import { joinRecord, type RecordParts, splitRecord } from "./record.js";

/** The largest value that is unpacked, unless the cache may hold more than this anyway. */
const MAX_LENGTH = 1_073_741_824;

/** Makes and opens the envelopes of one cache. */
export class Envelope {
  readonly place: Place;
  readonly #owner: Buffer;
  readonly #secret: Uint8Array | undefined;
  readonly #seal: Seal;

  /** @param bodiesAreVerified - The store checks bodies by a digest of its own, so that the seal need not cover them. */
  constructor(place: Place, bodiesAreVerified: boolean) {
    this.place = place;
    this.#owner = Buffer.from(place.id, "hex");
    // A key for encryption is a secret too, as good as another.
    this.#secret = place.secret ?? place.encryptionKey;
    const headOnly = bodiesAreVerified && place.secret === undefined;
    if (headOnly) this.#seal = this.#secret === undefined ? "head-digest" : "head-secret";
    else this.#seal = this.#secret === undefined ? "digest" : "secret";
  }

  /** What a key's record is filed under. */
  idOf(key: Key): Buffer {
    return recordIdOf(this.#secret, this.#owner, key);
  }

  /** The record for an entry whose value is these bytes; `length` is what they were before they were compressed. */
  close(id: Buffer, key: Key, entry: Entry, { bytes, code }: Compressed, length: number): Buffer {
    const { encryptionKey, codec } = this.place;
    const keyText = keyBytes(key);
    const draft = {
      seal: this.#seal,
      compression: code,
      traits: entry.traits,
      createdAt: entry.createdAt,
      expiresAt: entry.expiresAt,
      writtenAt: Date.now(),
      length,
      owner: this.#owner,
      id,
      codec: codec.name,
      keyLength: keyText.byteLength,
    };
    if (encryptionKey === undefined) {
      const head = writeHead({ ...draft, key: keyText, cipher: undefined });
      return this.#sealed(head, bytes);
    }
    const empty = Buffer.alloc(0);
    const head = writeHead({ ...draft, key: empty, cipher: { iv: empty, tag: empty } });
    const encrypted = encrypt(encryptionKey, boundPart(head), bytes, keyText);
    writeCipher(head, encrypted);
    return this.#sealed(head, encrypted.bytes);
  }

  #sealed(head: Buffer, body: Uint8Array): Buffer {
    const record = joinRecord(body, head);
    const { sealed, seal } = this.#parts(record, splitRecord(record));
    digestOf(this.#secret, sealed).copy(seal);
    return record;
  }

  /** What is sealed in a record, one piece of memory, and where the seal is. */
  #parts(record: Buffer, { body, head }: RecordParts): { readonly sealed: Buffer; readonly seal: Buffer } {
    const covers = this.#seal === "digest" || this.#seal === "secret";
    const end = body.byteLength + head.byteLength - DIGEST_BYTES;
    return {
      sealed: record.subarray(covers ? 0 : body.byteLength, Math.max(0, end)),
      seal: record.subarray(Math.max(0, end), body.byteLength + head.byteLength),
    };
  }

  /**
   * Opens the record that was found under an id.
   *
   * @throws DamageError for a record that is not exactly what was written there by this cache.
   */
  open(record: Buffer, id: Uint8Array): Opened {
    const { encryptionKey, codec } = this.place;
    const parts = splitRecord(record);
    const { body, head: bytes } = parts;
    const head = readHead(bytes);
    const { sealed, seal } = this.#parts(record, parts);
    if (head.seal !== this.#seal) throw new DamageError("It is sealed in another way than here.");
    if (!sameDigest(seal, digestOf(this.#secret, sealed))) throw new DamageError("Its seal is broken.");
    if (!sameDigest(head.owner, this.#owner) || !sameDigest(head.id, id)) {
      throw new DamageError("It is the record of another key.");
    }
    if (head.codec !== codec.name) throw new DamageError(`It was written by the codec "${head.codec}".`);
    if ((head.cipher === undefined) !== (encryptionKey === undefined)) {
      throw new DamageError("It is encrypted, or it is not, unlike here.");
    }
    if (!(head.length <= MAX_LENGTH)) throw new DamageError("It is larger than a value may be.");
    if (head.cipher === undefined || encryptionKey === undefined) return opened(head, body, head.key);
    const plain = decrypt(encryptionKey, boundPart(bytes), { bytes: body, ...head.cipher });
    const end = plain.byteLength - head.keyLength;
    if (end < 0) throw new DamageError("It is shorter than its key.");
    return opened(head, plain.subarray(0, end), plain.subarray(end));
  }
}

/** A record that is believed: everything but the value, which may still be compressed. */
export interface Opened {
  readonly key: Key;
  readonly value: Compressed;
  /** Bytes of the value when it is not compressed. */
  readonly length: number;
  readonly head: Head;
}

function opened(head: Head, bytes: Uint8Array, key: Buffer): Opened {
  return { key: keyFrom(key), value: { bytes, code: head.compression }, length: head.length, head };
}

/** The entry of a record that was opened, with its value. */
export function entryOf({ head, key }: Opened, value: unknown, size: number): Entry {
  const { traits, createdAt, expiresAt, writtenAt } = head;
  return { value, traits, createdAt, expiresAt, size, result: undefined, key, writtenAt };
}
