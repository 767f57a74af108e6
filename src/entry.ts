/** What a store keeps under a key: a value and its times. */

/** A hit of this entry returns a promise, as the function did. */
export const AWAITED = 1;
/** The entry has a TTL. */
export const EXPIRES = 2;
/** The entry's key is an encoded one; it must not be found by an argument that looks like it. */
export const ENCODED = 4;

/** A value in a store. The value may be anything, `undefined` included: absence is the absence of an entry. */
export interface Entry<V = unknown> {
  /** What the function returned or, for an asynchronous function, what its promise was fulfilled with. */
  readonly value: V;
  /** Any of `AWAITED`, `EXPIRES`, `ENCODED`, added up. 0 is the most common case, and the read path asks for it first. */
  readonly traits: number;
  /** When the load settled, by the cache's clock; 0 for an entry without a TTL, which never reads the clock. */
  readonly createdAt: number;
  /** The first moment at which the entry is no longer fresh; `undefined`: fresh until evicted. */
  readonly expiresAt: number | undefined;
  /** Bytes that the value is counted as; 0 where the cache has no `maxBytes`. */
  readonly size: number;
  /** What a hit returns: the value or, of an `AWAITED` entry, a promise for it. Made anew for what was not in memory. */
  result: V | Promise<V>;
  /** The key, repeated in entries that go to engines from outside this library, and checked when they come back. */
  readonly key?: string | number | undefined;
  /** When it was written, by the wall clock; only of entries in a folder that several processes or engines may use. */
  readonly writtenAt?: number | undefined;
}

/** An entry that claims to be made later than this from now was made by a clock that has been set back since. */
const SKEW = 5_000;

/** Makes an entry. All entries have one shape, which keeps the read path fast. */
export function createEntry<V>(
  value: V,
  traits: number,
  createdAt: number,
  expiresAt: number | undefined,
  size: number,
): Entry<V> {
  const result = (traits & AWAITED) === 0 ? value : Promise.resolve(value);
  return { value, traits, createdAt, expiresAt, size, result };
}

/** Whether an entry may still be served. An entry without a TTL does not read the clock. */
export function isFresh(entry: Entry, clock: { tick(): number }): boolean {
  if (entry.expiresAt === undefined) return true;
  const now = clock.tick();
  return now < entry.expiresAt && entry.createdAt - SKEW <= now;
}

/** Whether a thing that came out of a foreign store has an entry's shape. */
export function isEntry(thing: unknown): thing is Entry {
  if (typeof thing !== "object" || thing === null || !("value" in thing)) return false;
  const { traits, createdAt, expiresAt, size } = thing as Entry;
  const expires = typeof expiresAt === "number" || expiresAt === undefined;
  return expires && [traits, createdAt, size].every((field) => typeof field === "number");
}
