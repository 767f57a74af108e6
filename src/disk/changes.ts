/** What a memory knows of the changes that others have made, in their order. */

import type { Since } from "../contract/index.js";
import type { Key } from "../keys/index.js";
import { overhear } from "../promise.js";
import { InvalidationTable } from "../tags/index.js";
import { markOf } from "./mark.js";
import { newEpoch, newTable } from "./validity.js";

/** In the place of an entry's mark: everything was changed. */
export const EVERYTHING = 0;

/** What stands for the entry with an id: two that are alike only cost a few misses. */
export function markOfEntry(id: string): number {
  return markOf(id);
}

/** The same for a key, by what a store says is its id; `undefined`: it says none. Stores from elsewhere may say anything. */
export function markOfKey(idOf: ((key: Key) => unknown) | undefined, key: Key): number | undefined {
  const id = idOf?.(key);
  if (typeof id === "string") return markOfEntry(id);
  overhear(id);
  return undefined;
}

/** When an entry was read, and later when it was last known to be as it had been read. */
interface Read {
  readonly epoch: string;
  count: number;
  marks?: readonly number[];
}

/** See above. Without ids, each change is taken to be one of everything. */
export class Changes {
  readonly #idOf: ((key: Key) => string) | undefined;
  #table: InvalidationTable<number>;

  constructor(idOf: ((key: Key) => string) | undefined) {
    this.#idOf = idOf;
    this.#table = newTable();
  }

  /** Something may have been missed: what was read so far is not believed any more. */
  beginAnew(epoch: string = newEpoch()): void {
    this.#table = new InvalidationTable(epoch);
  }

  /** The next change. */
  add(mark: number): void {
    this.#table.addOne(mark);
  }

  now(): Since {
    return { epoch: this.#table.epoch, count: this.#table.count } satisfies Read;
  }

  isUnchanged(key: Key, since: Since): boolean {
    const read = since as Read;
    const table = this.#table;
    if (read.epoch !== table.epoch) return false;
    if (read.count === table.count) return true;
    read.marks ??= marksOf(markOfKey(this.#idOf, key));
    if (table.hasSince(read.marks, read.count)) return false;
    // Not asked again until something else is changed.
    read.count = table.count;
    return true;
  }
}

/** Any change concerns what has no mark of its own. */
function marksOf(mark: number | undefined): readonly number[] {
  return mark === undefined ? [] : [EVERYTHING, mark];
}
