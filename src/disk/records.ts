/** What an engine that keeps records on disk has to do; the envelope and the values are dealt with above it. */

import type { Fence, Kept, Lease, Watch } from "../contract/index.js";
import type { Key } from "../keys/index.js";

/** What a store of records is to know of one, besides its bytes. */
export interface RecordFacts {
  /** When it is over, on the scale of the cache's clock; `undefined`: never. */
  readonly expiresAt: number | undefined;
  /** A whole number by chance, by which two records of one id can be told apart. */
  readonly tag: number;
}

/** Asks for more time, in milliseconds, for a record that is large. */
export type More = (milliseconds: number) => void;

/** Hears what is known of removals where a record is not there. */
export type Seen = (fence: Fence) => void;

/** Records by id, for an engine that answers with promises. What fails rejects. */
export interface AsyncRecords {
  /** Rejects with a `DamageError` for a record that was found damaged, and has been removed. */
  get(id: string, more?: More, seen?: Seen): Promise<Buffer | undefined>;
  /** The same for who only wants to look: nothing is removed. Default: `get`, which removes nothing. */
  look?(id: string): Promise<Buffer | undefined>;
  /**
   * Whether a record of the same call is there that other code of the same name has made. Left out where nobody knows.
   *
   * @param idUnder - What it is filed under, among the records of an owner.
   */
  isOfOtherCode?(idUnder: (owner: string) => string): Promise<boolean>;
  /** Keeps a record in place of an earlier one, durably; `false`: it is larger than all may be together. */
  set(id: string, record: Buffer, facts: RecordFacts, fence?: Fence): Promise<Kept>;
  /** What is known now of removals by all processes. Left out where nothing is known for certain. */
  fence?(id: string): Fence | Promise<Fence>;
  /** The right to make a record for so many milliseconds, among all processes; `undefined`: another one has it. */
  lease?(id: string, milliseconds: number): Promise<Lease | undefined>;
  /** Removes what is there; whether there was something. */
  delete(id: string): Promise<boolean>;
  /** Removes this very record, if it is still there, and no later one. */
  drop(id: string, record: Buffer): Promise<void>;
  clear(): Promise<void>;
  size(): Promise<number>;
  /** The ids that there are, to be walked slowly. */
  ids(): AsyncIterable<string>;
  /** Begins to hear which records others change. Default: nobody says. */
  watch?(idOf: (key: Key) => string): Watch;
  close(): Promise<void>;
}

/** The same for an engine that answers at once. What fails throws. */
export interface SyncRecords {
  /**
   * @param tag - That of a record which the caller still has.
   * @returns The record; `"same"` for the one with that tag.
   */
  get(id: string, tag: number | undefined): Buffer | "same" | undefined;
  get(id: string): Buffer | undefined;
  /** See {@link AsyncRecords}. */
  isOfOtherCode(idUnder: (owner: string) => string): boolean;
  set(id: string, record: Buffer, facts: RecordFacts, fence?: Fence): Kept;
  fence(id: string): Fence;
  delete(id: string): boolean;
  drop(id: string, record: Buffer): void;
  clear(): void;
  size(): number;
  ids(): Iterable<string>;
  close(): void;
}
