/** What an engine that keeps records on disk has to do; the envelope and the values are dealt with above it. */

/** What a store of records is to know of one, besides its bytes. */
export interface RecordFacts {
  /** When it is over, on the scale of the cache's clock; `undefined`: never. */
  readonly expiresAt: number | undefined;
}

/** Asks for more time, in milliseconds, for a record that is large. */
export type More = (milliseconds: number) => void;

/** Records by id, for an engine that answers with promises. What fails rejects. */
export interface AsyncRecords {
  /** Rejects with a `DamageError` for a record that was found damaged, and has been removed. */
  get(id: string, more?: More): Promise<Buffer | undefined>;
  /** Keeps a record in place of an earlier one, durably; `false`: it is larger than all may be together. */
  set(id: string, record: Buffer, facts: RecordFacts): Promise<boolean>;
  /** Removes what is there; whether there was something. */
  delete(id: string): Promise<boolean>;
  /** Removes this very record, if it is still there, and no later one. */
  drop(id: string, record: Buffer): Promise<void>;
  clear(): Promise<void>;
  size(): Promise<number>;
  /** The ids that there are, to be walked slowly. */
  ids(): AsyncIterable<string>;
  close(): Promise<void>;
}

/** The same for an engine that answers at once. What fails throws. */
export interface SyncRecords {
  get(id: string): Buffer | undefined;
  set(id: string, record: Buffer, facts: RecordFacts): boolean;
  delete(id: string): boolean;
  drop(id: string, record: Buffer): void;
  clear(): void;
  size(): number;
  ids(): Iterable<string>;
  close(): void;
}
