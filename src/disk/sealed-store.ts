/** A store of entries on a store of records: values become bytes, bytes are compressed, encrypted and sealed. */

import { quickCopierFor } from "../clone/index.js";
import { isOurs } from "../codec/index.js";
import type { AsyncStore, Fence, Finding, StoreOptions, SyncStore, Watch } from "../contract/index.js";
import { type Entry, endOf } from "../entry.js";
import { SerializationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { compress, compressNow, decompress, decompressNow } from "./compression.js";
import { DamageError } from "./damage.js";
import { recordIdFrom } from "./digest.js";
import { type Envelope, entryOf, type Filed, type Opened, tagOf } from "./envelope.js";
import { packEntry } from "./packed.js";
import type { AsyncRecords, More, Seen, SyncRecords } from "./records.js";

/** Bytes up to which a record is kept that was read, so that it need not be read or judged again while it is the same. */
const MAX_KEPT = 1_024;

/** What both kinds of stores do with a record. */
class Sealer {
  readonly envelope: Envelope;
  readonly #options: StoreOptions;

  constructor(options: StoreOptions, envelope: Envelope) {
    this.envelope = envelope;
    this.#options = options;
  }

  /**
   * The entry of a record whose value is unpacked.
   *
   * @param owned - The value may be made of the record's own memory.
   */
  entry(opened: Opened, key: Key, bytes: Uint8Array, owned: boolean): Entry {
    return entryOf(opened, key, this.envelope.place.codec.decode(bytes, owned));
  }

  /** Opens a record, unless it is byte for byte the one that was opened last: that has been judged. */
  open(record: Buffer, id: Filed): Opened {
    if (record.byteLength > MAX_KEPT) return this.envelope.open(record, id);
    if (id.last?.record.equals(record) === true) return this.again(id.last);
    // What came over a connection is a part of something larger.
    const opened = this.envelope.open(Buffer.from(record), id);
    id.last = opened;
    return opened;
  }

  /** A record that was kept and is asked for again: from now on its value is copied, where that is quicker. */
  again(last: Opened): Opened {
    const { codec } = this.envelope.place;
    const { bytes, code } = last.value;
    if (last.make === undefined && code === 0 && isOurs(codec.name)) {
      last.make = copying(codec.decode(bytes, false)) ?? (() => codec.decode(bytes, false));
    }
    return last;
  }

  /** What a record is for who only wants to look. */
  finding(entry: Entry, { byteLength }: Buffer): Finding {
    return { entry: { ...entry, value: undefined }, bytes: byteLength };
  }

  /** The same for one that cannot be used. What is not the record's fault is thrown on. */
  damagedFinding(error: unknown): Finding {
    if (!(error instanceof DamageError || error instanceof SerializationError)) throw error;
    return { obstacle: "damaged", detail: error.message };
  }

  /** Tells of a record that cannot be used; whether it is to be removed. What is not the record's fault is thrown on. */
  isDamage(error: unknown): boolean {
    if (!(error instanceof DamageError || error instanceof SerializationError)) throw error;
    this.#options.onDamage?.(error.message);
    return error instanceof DamageError;
  }
}

/** Makes copies of a value; `undefined`: not quickly. */
function copying(value: unknown): (() => unknown) | undefined {
  const copy = quickCopierFor(value);
  return copy && (() => copy(value));
}

/**
 * Entries on records whose store answers with promises.
 *
 * @param bodiesAreVerified - The store of records checks bodies by a digest of its own.
 */
export function sealedStore(options: StoreOptions, envelope: Envelope, records: AsyncRecords): AsyncStore {
  const sealer = new Sealer(options, envelope);
  const { place } = envelope;

  const idOf = (key: Key): string => envelope.idOf(key).text;

  async function read(key: Key, more?: More, seen?: Seen): Promise<Entry | undefined> {
    const id = envelope.idOf(key);
    let record: Buffer | undefined;
    try {
      record = await records.get(id.text, more, seen);
      if (record === undefined) return undefined;
      const opened = sealer.open(record, id);
      if (opened.make !== undefined) return entryOf(opened, key, opened.make());
      if (opened.value.code !== 0) more?.(timeFor(opened.facts.length));
      const bytes = decompress(opened.value, opened.facts.length);
      return sealer.entry(opened, key, bytes instanceof Promise ? await bytes : bytes, record.byteLength > MAX_KEPT);
    } catch (error) {
      if (sealer.isDamage(error) && record !== undefined) await records.drop(id.text, record);
      return undefined;
    }
  }

  async function inspect(key: Key): Promise<Finding> {
    const id = envelope.idOf(key);
    try {
      const record = await (records.look === undefined ? records.get(id.text) : records.look(id.text));
      if (record === undefined) {
        return { isOfOtherCode: await records.isOfOtherCode?.((owner) => envelope.idUnder(owner, key)) };
      }
      const opened = envelope.open(record, id);
      const bytes = await decompress(opened.value, opened.facts.length);
      return sealer.finding(sealer.entry(opened, key, bytes, true), record);
    } catch (error) {
      return sealer.damagedFinding(error);
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
    inspect: (key) => [inspect(key)],
    async set(key, entry, fence) {
      const { bytes } = packEntry(place.codec, entry).value;
      const smaller = compress(bytes, place.compress);
      const compressed = smaller instanceof Promise ? await smaller : smaller;
      const id = envelope.idOf(key, true);
      const record = envelope.close(id, key, entry, compressed, bytes.byteLength);
      return records.set(id.text, record, { expiresAt: endOf(entry), tag: tagOf(record) }, fence);
    },
    ...(records.fence && { fence: (key) => records.fence?.(envelope.idOf(key).text) as Fence | Promise<Fence> }),
    ...(records.lease && {
      lease: async (key, milliseconds) => records.lease?.(envelope.idOf(key).text, milliseconds),
    }),
    delete: (key) => records.delete(envelope.idOf(key).text),
    clear: () => records.clear(),
    size: () => records.size(),
    async keys() {
      const all: Key[] = [];
      for await (const key of keys()) all.push(key);
      return all;
    },
    idOf,
    ...(records.watch && { watch: () => records.watch?.(idOf) as Watch }),
    close: () => records.close(),
  };
}

/** Entries on records whose store answers at once. */
export function sealedSyncStore(options: StoreOptions, envelope: Envelope, records: SyncRecords): SyncStore {
  const sealer = new Sealer(options, envelope);
  const { place } = envelope;

  function read(key: Key): Entry | undefined {
    const id = envelope.idOf(key);
    const record = records.get(id.text, id.last?.tag);
    if (record === undefined) return undefined;
    try {
      const opened = record === "same" ? sealer.again(id.last as Opened) : envelope.open(record, id);
      if (opened.make !== undefined) return entryOf(opened, key, opened.make());
      const isKept = opened.record.byteLength <= MAX_KEPT;
      if (isKept) id.last = opened;
      return sealer.entry(opened, key, decompressNow(opened.value, opened.facts.length), !isKept);
    } catch (error) {
      if (sealer.isDamage(error) && record !== "same") records.drop(id.text, record);
      return undefined;
    }
  }

  function inspect(key: Key): Finding {
    const id = envelope.idOf(key);
    try {
      const record = records.get(id.text);
      if (record === undefined) {
        return { isOfOtherCode: records.isOfOtherCode((owner) => envelope.idUnder(owner, key)) };
      }
      const opened = envelope.open(record, id);
      return sealer.finding(sealer.entry(opened, key, decompressNow(opened.value, opened.facts.length), true), record);
    } catch (error) {
      return sealer.damagedFinding(error);
    }
  }

  return {
    isolates: true,
    pack: (entry) => packEntry(place.codec, entry),
    get: read,
    inspect: (key) => [inspect(key)],
    set(key, entry, fence) {
      const { bytes } = packEntry(place.codec, entry).value;
      const id = envelope.idOf(key, true);
      const record = envelope.close(id, key, entry, compressNow(bytes, place.compress), bytes.byteLength);
      return records.set(id.text, record, { expiresAt: endOf(entry), tag: tagOf(record) }, fence);
    },
    fence: (key) => records.fence(envelope.idOf(key).text),
    delete: (key) => records.delete(envelope.idOf(key).text),
    clear: () => records.clear(),
    size: () => records.size(),
    keys: () =>
      [...records.ids()].flatMap((id) => {
        const record = records.get(id);
        return (record && keyOfRecord(envelope, record, id)) ?? [];
      }),
    idOf: (key) => envelope.idOf(key).text,
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
    return envelope.open(record, recordIdFrom(id)).key();
  } catch {
    return undefined;
  }
}
