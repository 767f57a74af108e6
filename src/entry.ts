/** What a store keeps under a key: a value and its times. */

/** A hit of this entry returns a promise, as the function did. */
export const AWAITED = 1;
/** The entry has a TTL. */
export const EXPIRES = 2;
/** The entry's key is an encoded one; it must not be found by an argument that looks like it. */
export const ENCODED = 4;
/** Each hit of the entry puts off the moment at which it is no longer fresh. */
export const SLIDES = 8;

/** The value is what the function threw, or its promise was rejected with. */
export const THROWN = 16;
/** The entry has tags, or was made in a name space: it is valid until one of these is invalidated. */
export const TAGGED = 32;
/** The time in which the entry was fresh was ended by hand: `expire`. */
export const ENDED = 64;

/** A point in the order of invalidations. */
export interface Moment {
  /** Whose order it is. Points of different orders cannot be compared. */
  readonly epoch: string;
  /** How many invalidations there had been. */
  readonly count: number;
}

/** The labels of an entry, and since when nothing may have invalidated one of them. */
export interface Tagged extends Moment {
  /** See `tagLabel` and `namespaceLabel`. None: nobody knows which, so that each invalidation counts. */
  readonly labels: readonly string[];
  /** The last moment at which the entry was known to be valid. */
  count: number;
  /** What stands for the labels in the order of invalidations, once that has been asked. */
  marks?: readonly (string | number)[];
}

/** A value in a store. The value may be anything, `undefined` included: absence is the absence of an entry. */
export interface Entry<V = unknown> {
  /** What the function returned or, for an asynchronous function, what its promise was fulfilled with. */
  readonly value: V;
  /** Any of `AWAITED`, `EXPIRES`, `ENCODED`, added up. 0 is the most common case, and the read path asks for it first. */
  readonly traits: number;
  /** When the load settled, by the cache's clock; 0 for an entry without a TTL, which never reads the clock. */
  readonly createdAt: number;
  /** The first moment at which the entry is no longer fresh; `undefined`: fresh until evicted. */
  expiresAt: number | undefined;
  /**
   * Where the entry is of use after it was fresh: the first moment at which it is not. Of an entry that slides: the moment
   * to which it can be put off at most.
   */
  readonly staleUntil: number | undefined;
  /** Bytes that the value is counted as; 0 where the cache has no `maxBytes`. */
  readonly size: number;
  /** What a hit returns: the value or, of an `AWAITED` entry, a promise for it. Made anew for what was not in memory. */
  result: V | Promise<V>;
  /** The key, repeated in entries that go to engines from outside this library, and checked when they come back. */
  readonly key?: string | number | undefined;
  /** When it was written, by the wall clock; only of entries in a folder that several processes or engines may use. */
  readonly writtenAt?: number | undefined;
  /** What may invalidate it; only of `TAGGED` entries. */
  readonly tagged?: Tagged | undefined;
}

/** Whether a thing that came out of a foreign store says what an entry has tags for. */
function isTagged(thing: unknown): thing is Tagged {
  if (typeof thing !== "object" || thing === null) return false;
  const { labels, epoch, count } = thing as Tagged;
  const areTexts = Array.isArray(labels) && labels.every((label) => typeof label === "string");
  return areTexts && typeof epoch === "string" && typeof count === "number";
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
  staleUntil?: number,
): Entry<V> {
  const result = (traits & AWAITED) === 0 ? value : Promise.resolve(value);
  return { value, traits, createdAt, expiresAt, staleUntil, size, result };
}

/** The same entry with tags. */
export function withTags<V>(entry: Entry<V>, tagged: Tagged): Entry<V> {
  const { value, traits, createdAt, expiresAt, staleUntil, size, result } = entry;
  return { value, traits: traits | TAGGED, createdAt, expiresAt, staleUntil, size, result, tagged };
}

/** The first moment at which a store may drop the entry by itself; `undefined`: there is none. */
export function endOf({ traits, expiresAt, staleUntil }: Entry): number | undefined {
  return (traits & SLIDES) === 0 ? (staleUntil ?? expiresAt) : expiresAt;
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
  const { traits, createdAt, expiresAt, staleUntil, size, tagged } = thing as Entry;
  const isTime = (time: unknown): boolean => typeof time === "number" || time === undefined;
  if ((traits & TAGGED) === 0 ? tagged !== undefined : !isTagged(tagged)) return false;
  return (
    isTime(expiresAt) && isTime(staleUntil) && [traits, createdAt, size].every((field) => typeof field === "number")
  );
}
