/** A store of entries on a store of records: values become bytes, bytes are compressed, encrypted and sealed. */

import type { AsyncStore, StoreOptions, SyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { SerializationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { compress, compressNow, decompress, decompressNow } from "./compression.js";
import { DamageError } from "./damage.js";
import { recordIdFrom } from "./digest.js";
import { type Envelope, entryOf, keyOfOpened, type Opened } from "./envelope.js";
import { packEntry } from "./packed.js";
import type { AsyncRecords, More, SyncRecords } from "./records.js";

/** What both kinds of stores do with a record. */
class Sealer {
  readonly envelope: Envelope;
  readonly #options: StoreOptions;

  constructor(options: StoreOptions, envelope: Envelope) {
    this.envelope = envelope;
    this.#options = options;
  }

  /** The entry of a record whose value is unpacked. */
  entry(opened: Opened, key: Key, bytes: Uint8Array, record: Buffer): Entry {
    // Asked before: the value may be made of the record's own memory.
    const { byteLength } = record;
    return entryOf(opened, key, this.envelope.place.codec.decode(bytes, true), byteLength);
  }

  /** Tells of a record that cannot be used; whether it is to be removed. What is not the record's fault is thrown on. */
  isDamage(error: unknown): boolean {
    if (!(error instanceof DamageError || error instanceof SerializationError)) throw error;
    this.#options.onDamage?.(error.message);
    return error instanceof DamageError;
  }
}

/**
 * Entries on records whose store answers with promises.
 *
 * @param bodiesAreVerified - The store of records checks bodies by a digest of its own.
 */
export function sealedStore(options: StoreOptions, envelope: Envelope, records: AsyncRecords): AsyncStore {
  const sealer = new Sealer(options, envelope);
  const { place } = envelope;

  async function read(key: Key, more?: More): Promise<Entry | undefined> {
    const id = envelope.idOf(key);
    let record: Buffer | undefined;
    try {
      record = await records.get(id.text, more);
      if (record === undefined) return undefined;
      const opened = envelope.open(record, id);
      if (opened.value.code !== 0) more?.(timeFor(opened.facts.length));
      const bytes = decompress(opened.value, opened.facts.length);
      return sealer.entry(opened, key, bytes instanceof Promise ? await bytes : bytes, record);
    } catch (error) {
      if (sealer.isDamage(error) && record !== undefined) await records.drop(id.text, record);
      return undefined;
    }
  }

  async function* keys(): AsyncGenerator<Key> {
    for await (const id of records.ids()) {
      const record = await records.get(id);
      const key = record && keyOfRecord(envelope, record, id);
      if (key !== undefined) yield key;
    }
  }

  return {
    isolates: true,
    pack: (entry) => packEntry(place.codec, entry),
    get: read,
    async set(key, entry) {
      const { bytes } = packEntry(place.codec, entry).value;
      const smaller = compress(bytes, place.compress);
      const compressed = smaller instanceof Promise ? await smaller : smaller;
      const id = envelope.idOf(key);
      const record = envelope.close(id, key, entry, compressed, bytes.byteLength);
      return records.set(id.text, record, { expiresAt: entry.expiresAt });
    },
    delete: (key) => records.delete(envelope.idOf(key).text),
    clear: () => records.clear(),
    size: () => records.size(),
    async keys() {
      const all: Key[] = [];
      for await (const key of keys()) all.push(key);
      return all;
    },
    close: () => records.close(),
  };
}

/** Entries on records whose store answers at once. */
export function sealedSyncStore(options: StoreOptions, envelope: Envelope, records: SyncRecords): SyncStore {
  const sealer = new Sealer(options, envelope);
  const { place } = envelope;

  function read(key: Key): Entry | undefined {
    const id = envelope.idOf(key);
    const record = records.get(id.text);
    if (record === undefined) return undefined;
    try {
      const opened = envelope.open(record, id);
      return sealer.entry(opened, key, decompressNow(opened.value, opened.facts.length), record);
    } catch (error) {
      if (sealer.isDamage(error)) records.drop(id.text, record);
      return undefined;
    }
  }

  return {
    isolates: true,
    pack: (entry) => packEntry(place.codec, entry),
    get: read,
    set(key, entry) {
      const { bytes } = packEntry(place.codec, entry).value;
      const id = envelope.idOf(key);
      const record = envelope.close(id, key, entry, compressNow(bytes, place.compress), bytes.byteLength);
      return records.set(id.text, record, { expiresAt: entry.expiresAt });
    },
    delete: (key) => records.delete(envelope.idOf(key).text),
    clear: () => records.clear(),
    size: () => records.size(),
    keys: () =>
      [...records.ids()].flatMap((id) => {
        const record = records.get(id);
        return (record && keyOfRecord(envelope, record, id)) ?? [];
      }),
    close: () => records.close(),
  };
}

/** Bytes that are read, or unpacked, in a millisecond, on a slow machine. */
const BYTES_A_MILLISECOND = 50_000;

/** The milliseconds that so many bytes may take to be read, or unpacked. */
export function timeFor(bytes: number): number {
  return bytes / BYTES_A_MILLISECOND;
}

/** The key of a record that was found while walking; `undefined` for one that is not as it was written. */
function keyOfRecord(envelope: Envelope, record: Buffer, id: string): Key | undefined {
  try {
    return keyOfOpened(envelope.open(record, recordIdFrom(id)));
  } catch {
    return undefined;
  }
}
