/** Which side of a store of two an entry belongs to, and its value on the way there. */

import { type Copy, copyExactly } from "../clone/index.js";
import { type AsyncStore, type Finding, lookInto, lookLaterInto, type SyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { overhear } from "../promise.js";

/**
 * The bytes of a value that is to be in memory; `undefined` for one that is not.
 *
 * @param size - Bytes of the record that it came from, where it did; 0: it did not.
 */
export type Sides = (value: unknown, size: number) => number | undefined;

/** A value of an entry that is to be written, as its side will keep it: nothing that happens to the original changes it. */
export class Packed {
  readonly value: unknown;
  /** What it counts as in memory; `undefined`: it is not for memory. */
  readonly bytes: number | undefined;

  constructor(value: unknown, bytes?: number) {
    this.value = value;
    this.bytes = bytes;
  }
}

/** A copy for memory of a small value; `undefined` for one that is none, or cannot be copied. */
export function copyForMemory(sides: Sides, { value, size }: Entry): Packed | undefined {
  try {
    const bytes = sides(value, size);
    return bytes === undefined ? undefined : new Packed(copyExactly(value), bytes);
  } catch {
    // The other side may know how to keep it, or says why it cannot be kept.
    return undefined;
  }
}

/**
 * The entry with its value as its side will keep it.
 *
 * @throws CacheValueError for a value that neither can keep.
 */
export function packFor(sides: Sides, far: AsyncStore | SyncStore, entry: Entry): Entry & { readonly value: Packed } {
  if (entry.value instanceof Packed) return entry as Entry & { readonly value: Packed };
  const near = copyForMemory(sides, { ...entry, size: 0 });
  if (near !== undefined) return { ...entry, value: near, result: undefined };
  const packed = far.pack?.(entry) ?? entry;
  return { ...packed, value: new Packed(packed.value), result: undefined };
}

/** The entry with what is to be kept of its value. */
export function unpacked({ value, ...entry }: Entry & { readonly value: Packed }): Entry {
  return { ...entry, value: value.value };
}

/** A store that says of what is found in it which engine it is. */
export function naming(store: AsyncStore, engine: string): AsyncStore {
  const named = async (finding: Promise<Finding>): Promise<Finding> => ({ ...(await finding), engine });
  return { ...store, inspect: (key) => lookLaterInto(store, key).map(named) };
}

/** The same for one that answers at once. */
export function namingSync(store: SyncStore, engine: string): SyncStore {
  return { ...store, inspect: (key) => lookInto(store, key).map((finding) => ({ ...finding, engine })) };
}

/** A store each of whose entries has a value of its own. */
export function isolating(store: AsyncStore): AsyncStore {
  if (store.isolates === true) return store;
  const copied = (entry: Entry | undefined): Entry | undefined =>
    entry === undefined || overhear(entry) ? undefined : copyOfEntry(entry);
  const { near, getNow } = store;
  return {
    ...store,
    isolates: true,
    pack: (entry) => copyOfEntry(store.pack?.(entry) ?? entry),
    get: async (key, more, seen) => copied(await store.get(key, more, seen)),
    peek: async (key, more) => copied(await (store.peek === undefined ? store.get(key, more) : store.peek(key, more))),
    ...(near && { near: (key) => copied(store.near?.(key)) }),
    ...(getNow && { getNow: (key) => copied(store.getNow?.(key)) }),
  };
}

/** The same for one that answers at once. */
export function isolatingSync(store: SyncStore): SyncStore {
  if (store.isolates === true) return store;
  const copied = (entry: Entry | undefined): Entry | undefined => entry && copyOfEntry(entry);
  return {
    ...store,
    isolates: true,
    get: (key) => copied(store.get(key)),
    peek: (key) => copied(store.peek === undefined ? store.get(key) : store.peek(key)),
    set: (key, entry, fence) => store.set(key, copyOfEntry(entry), fence),
  };
}

/** The entry with a value of its own. */
export function copyOfEntry(entry: Entry, copy: Copy = copyExactly): Entry {
  return { ...entry, value: copy(entry.value) };
}
