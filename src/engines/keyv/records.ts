/**
 * The records of one cache in a store of Keyv, which others use too.
 *
 * Such a store can neither change two things at once nor remove what belongs to one cache. So each cache has an epoch there,
 * a text by chance, and its records say in which one they were written: to write another epoch is to clear the cache.
 */

import type { Fence, Kept, Place, StoreOptions } from "../../contract/index.js";
import { type AsyncRecords, DamageError, ID_OCTETS, type More, type RecordFacts, type Seen } from "../../disk/index.js";
import { EngineError } from "../../errors.js";
import { createHash, randomBytes } from "../../node/crypto.js";
import type { KeyvAdapter } from "./adapter.js";

/** Stands before everything that is ours, with the version of the format. */
const SIGN = "twat1";
/** Characters of the digest that says whose records they are. Each record says the rest. */
const OWNER = 32;
/** An epoch: hexadecimal digits. */
const EPOCH = /^[0-9a-f]{32}$/;
/** What stands for a record's id in the names of keys: the same. */
const ID = new RegExp(`^[0-9a-f]{${2 * ID_OCTETS}}$`);

/** The epoch that a cache was in. */
interface KeyvFence {
  readonly epoch: string;
}

/** What was written: in which epoch, and a record in base 64, or none. */
interface Written {
  readonly epoch: string;
  readonly body: string;
}

/** See above. A store that cannot be walked through does not say what there is. */
export class KeyvRecords implements AsyncRecords {
  readonly #adapter: KeyvAdapter;
  readonly #now: () => number;
  /** What the names of the cache's keys go on with after the namespace: small letters, digits and `-`, which mean nothing. */
  readonly #base: string;
  #beginning: Promise<string> | undefined;

  constructor(adapter: KeyvAdapter, { id, folderName, server }: Place, { now }: StoreOptions) {
    this.#adapter = adapter;
    this.#now = now;
    const owner = createHash("sha256")
      .update(`${server?.prefix ?? folderName}\0${id}`)
      .digest("hex");
    this.#base = `twat-cache-${owner.slice(0, OWNER)}-`;
  }

  async get(id: string, _more?: More, seen?: Seen): Promise<Buffer | undefined> {
    const [stored, said] = await this.#adapter.get([this.#keyOf(id), this.#meta]);
    const epoch = epochIn(said);
    if (epoch !== undefined) seen?.({ epoch } satisfies KeyvFence);
    if (stored === undefined) return undefined;
    const written = writtenIn(stored);
    if (written === undefined) throw new DamageError("It is not what was written.");
    return written.epoch === epoch ? Buffer.from(written.body, "base64") : undefined;
  }

  async set(id: string, record: Buffer, { expiresAt }: RecordFacts, fence?: Fence): Promise<Kept> {
    const epoch = (await this.#epoch()) ?? (await this.#begin());
    // Somebody has cleared the cache since. What others have removed alone, nothing says.
    if (fence !== undefined && (fence as KeyvFence).epoch !== epoch) return "fenced";
    const left = expiresAt === undefined ? undefined : expiresAt - this.#now();
    await this.#adapter.set(this.#keyOf(id), textOf({ epoch, body: record.toString("base64") }), left);
    return true;
  }

  async delete(id: string): Promise<boolean> {
    // What was cleared is still there, and does not count. Whatever the answer is, it is removed.
    const existed = await this.get(id).then(
      (record) => record !== undefined,
      () => true,
    );
    const key = this.#keyOf(id);
    const isGone = await this.#adapter.delete(key);
    if (isGone || !existed) return existed;
    const [left] = await this.#adapter.get([key]);
    if (left !== undefined) throw new EngineError("The store has not removed the entry.");
    return true;
  }

  async drop(): Promise<void> {
    // Nothing removes this record alone, and not a later one. It is no entry, and the next one takes its place.
  }

  async clear(): Promise<void> {
    await this.#beginning?.catch(() => undefined);
    const before = await this.#epoch();
    await this.#adapter.set(this.#meta, textOf({ epoch: newEpoch(), body: "" }));
    // Another one is somebody else's, who has cleared it too.
    const after = await this.#epoch();
    if (after === undefined || after === before) throw new EngineError("The store has not kept what clears the cache.");
  }

  async size(): Promise<number> {
    let count = 0;
    for await (const _id of this.ids()) count += 1;
    return count;
  }

  async *ids(): AsyncGenerator<string> {
    const epoch = await this.#epoch();
    const met = new Set<string>();
    for await (const [name, value] of this.#adapter.walk()) {
      // Some adapters give names as they are on the server.
      const [, digits = ""] = name.split(this.#base);
      if (!ID.test(digits) || met.has(digits) || writtenIn(value)?.epoch !== epoch) continue;
      met.add(digits);
      yield Buffer.from(digits, "hex").toString("base64url");
    }
  }

  /** The store is the program's, which may use it for something else. */
  async close(): Promise<void> {}

  /** Databases tell large letters from small ones, or do not: in hexadecimal digits there is nothing to tell. */
  #keyOf(id: string): string {
    return `${this.#adapter.prefix}${this.#base}${Buffer.from(id, "base64url").toString("hex")}`;
  }

  get #meta(): string {
    return `${this.#adapter.prefix}${this.#base}epoch`;
  }

  async #epoch(): Promise<string | undefined> {
    const [said] = await this.#adapter.get([this.#meta]);
    return epochIn(said);
  }

  /** Writes the first epoch, or the one after that which was lost. In one process that happens once at a time. */
  async #begin(): Promise<string> {
    this.#beginning ??= this.#write().finally(() => {
      this.#beginning = undefined;
    });
    return this.#beginning;
  }

  async #write(): Promise<string> {
    const epoch = await this.#epoch();
    if (epoch !== undefined) return epoch;
    await this.#adapter.set(this.#meta, textOf({ epoch: newEpoch(), body: "" }));
    // Another process may have come after: then it is that one's which counts.
    const kept = await this.#epoch();
    if (kept === undefined) throw new EngineError("The store does not keep what it is given.");
    return kept;
  }
}

function newEpoch(): string {
  return randomBytes(16).toString("hex");
}

function textOf({ epoch, body }: Written): string {
  return `${SIGN}.${epoch}.${body}`;
}

/** What was written, if it was written here. The record in it vouches for itself. */
function writtenIn(value: unknown): Written | undefined {
  if (typeof value !== "string" || !value.startsWith(`${SIGN}.`)) return undefined;
  const epochAt = SIGN.length + 1;
  const end = value.indexOf(".", epochAt);
  const epoch = value.slice(epochAt, end);
  return end > 0 && EPOCH.test(epoch) ? { epoch, body: value.slice(end + 1) } : undefined;
}

/** The epoch in the entry for it; `undefined`: there is none, and no record counts. */
function epochIn(value: unknown): string | undefined {
  const written = writtenIn(value);
  return written?.body === "" ? written.epoch : undefined;
}
