/** What a store must do. A store keeps entries by key and knows nothing of functions. */

import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { PolicyName } from "../policy/index.js";
import type { Place } from "./place.js";

/** Why a store let an entry go without being told to: to make room, or because its time was over. */
export type DropReason = "evicted" | "expired";

/**
 * A store whose answers come at once.
 *
 * It stores what it is given and reports absence with `undefined`. It serves an entry whatever its times say: freshness
 * is judged by the caller. A store that fails throws; the cached function then runs without it.
 */
export interface SyncStore {
  /** See {@link AsyncStore.pack}; of use where the store is made to answer with promises. */
  pack?(entry: Entry): Entry;
  /** The entry under this key. Counts as a use where the policy is about use. */
  get(key: Key): Entry | undefined;
  /** The entry under this key, without counting as a use. Default: `get`. */
  peek?(key: Key): Entry | undefined;
  /** Keeps the entry, in place of an earlier one. `false`: it is too large to be kept, and no entry is there now. */
  set(key: Key, entry: Entry): boolean;
  /** Removes the entry; whether there was one. */
  delete(key: Key): boolean;
  /** Removes all entries. */
  clear(): void;
  /** How many entries there are, those not fresh any more included. */
  size(): number;
  /** The keys that there are. */
  keys(): Iterable<Key>;
  /** Each `get` makes a new value, so that it need not be copied for the caller. Default: `false`. */
  readonly isolates?: boolean;
  /** Gives back what the store holds; further calls of `close` do nothing. */
  close(): void;
}

/** A store whose answers are promises; otherwise as {@link SyncStore}. A store that fails rejects. */
export interface AsyncStore {
  /**
   * Takes from a value, at once, what the store will keep of it, so that nothing that happens to the value later reaches
   * the store: an entry for `set` alone. Throws `CacheValueError` for a value that the store cannot keep exactly. Default:
   * the entry itself.
   */
  pack?(entry: Entry): Entry;
  /**
   * The entry under this key. Counts as a use where the policy is about use.
   *
   * @param more - To be called for an entry that is so large that it takes longer, with the milliseconds that it takes.
   */
  get(key: Key, more?: (milliseconds: number) => void): Promise<Entry | undefined>;
  /** The entry under this key, without counting as a use. Default: `get`. */
  peek?(key: Key, more?: (milliseconds: number) => void): Promise<Entry | undefined>;
  /** Keeps the entry; fulfilled when it is as durable as the engine can make it. `false`: too large to be kept. */
  set(key: Key, entry: Entry): Promise<boolean>;
  /** Removes the entry; whether there was one. */
  delete(key: Key): Promise<boolean>;
  /** Removes all entries. */
  clear(): Promise<void>;
  /** How many entries there are. */
  size(): Promise<number>;
  /** The keys that there are. */
  keys(): Promise<Iterable<Key>>;
  /** Each `get` makes a new value, so that it need not be copied for the caller. Default: `false`. */
  readonly isolates?: boolean;
  /** Gives back what the store holds; further calls of `close` do nothing. */
  close(): Promise<void>;
}

/** What an engine is told when it opens a store. All of it holds: an engine that cannot do a thing is not chosen. */
export interface StoreOptions {
  /** The name of the cache. */
  readonly name: string;
  /** How many entries there may be; `Infinity`: any number. */
  readonly maxSize: number;
  /** How many bytes the entries' sizes may add up to; `Infinity`: any number. */
  readonly maxBytes: number;
  /** Which entry leaves when there are too many. */
  readonly policy: PolicyName;
  /** The time, on the scale of the entries' times. */
  now(): number;
  /** Chance, for the policies that leave the choice to it; default `Math.random`. */
  random?(): number;
  /**
   * To be called for each entry that the store lets go without being told to, after the change is complete: who is told
   * may use the store. Key and entry are left out where the store would have to read them first.
   */
  onDrop?(key: Key | undefined, entry: Entry | undefined, reason: DropReason): void;
  /** To be called when something that the store kept was not what it had been, and is gone now. */
  onDamage?(reason: string): void;
  /** Where a persistent engine keeps the entries. Other engines leave it alone. */
  readonly place?: Place | undefined;
}
