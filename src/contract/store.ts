/** What a store must do. A store keeps entries by key and knows nothing of functions. */

import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { PolicyName } from "../policy/index.js";
import type { Fence } from "./fence.js";
import type { Finding } from "./finding.js";
import type { Place } from "./place.js";

/** Why a store let an entry go without being told to: to make room, or because its time was over. */
export type DropReason = "evicted" | "expired";

/**
 * Whether an entry was kept. `false`: it is too large to be kept, and no entry is there now. `"fenced"`: its key, or
 * everything, was removed by others since its fence was taken, and nothing was changed.
 */
export type Kept = boolean | "fenced";

/** How far the changes by others had come at some moment. Only the watch that gave it can read it. */
export type Since = object;

/** Hears which entries others change, on behalf of a memory in front of a store. It never fails: it may hear late. */
export interface Watch {
  /** What is known now; taken before an entry is read, and kept with it. */
  now(): Since;
  /**
   * Whether nobody else has changed the entry of this key since, for all that is known. Asked at each hit. A change that
   * was acknowledged and is not known yet is bounded by how long the memory serves an entry.
   */
  isUnchanged(key: Key, since: Since): boolean;
  /** Ends it. */
  close(): void;
}

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
  /** Keeps the entry, in place of an earlier one, unless a removal has come between the fence and now. */
  set(key: Key, entry: Entry, fence?: Fence): Kept;
  /**
   * What is known now of removals by others: other processes, and other stores of the same entries. Taken before a value is
   * made, and given to `set` with it, it keeps the value out if one of them has removed its key, or everything, in between.
   * An earlier fence does so too, and may keep out more. What was removed by this very store is the caller's to know.
   * Default: nobody else removes anything.
   */
  fence?(key: Key): Fence;
  /** Removes the entry; whether there was one. */
  delete(key: Key): boolean;
  /** Removes all entries. */
  clear(): void;
  /** How many entries there are, those not fresh any more included. */
  size(): number;
  /** The keys that there are. */
  keys(): Iterable<Key>;
  /**
   * What there is under this key, for explanations: one finding for each tier, the nearest first. It changes nothing, the
   * order of use and what is damaged included. Default: what `peek`, or else `get`, says.
   */
  inspect?(key: Key): readonly Finding[];
  /** See {@link AsyncStore}. */
  idOf?(key: Key): string;
  /** See {@link AsyncStore}. */
  watch?(): Watch;
  /** Each `get` makes a new value, so that it need not be copied for the caller. Default: `false`. */
  readonly isolates?: boolean;
  /** Gives back what the store holds; further calls of `close` do nothing. */
  close(): void;
}

/** The right to make the value of a key, which one process has for a while. */
export interface Lease {
  /** Keeps the right for as long again, from now on; `false`: it was lost. */
  renew(): Promise<boolean>;
  /** Gives the right back. Where it was lost, and somebody else has it by now, nothing happens. */
  release(): Promise<void>;
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
   * @param seen - To be called where there is no entry, if that is known at no further cost, with the {@link fence}. By a
   * store without one too, which may know of some removals alone.
   */
  get(key: Key, more?: (milliseconds: number) => void, seen?: (fence: Fence) => void): Promise<Entry | undefined>;
  /** The entry under this key, without counting as a use. Default: `get`. */
  peek?(key: Key, more?: (milliseconds: number) => void): Promise<Entry | undefined>;
  /**
   * The entry that is at hand without asking the engine, fresh or not: what is used where that does not answer, or is left
   * alone. Default: none is.
   */
  near?(key: Key): Entry | undefined;
  /**
   * The entry that `get` would give, where that is known at once and it is fresh; `undefined`: ask `get`. Counts as a use as
   * `get` does. Default: it is never known.
   */
  getNow?(key: Key): Entry | undefined;
  /** Keeps the entry; fulfilled when it is as durable as the engine can make it. */
  set(key: Key, entry: Entry, fence?: Fence): Promise<Kept>;
  /** See {@link SyncStore}. */
  fence?(key: Key): Fence | Promise<Fence>;
  /**
   * The right to make the value of a key, among all that use the same entries; `undefined`: somebody else has it. It says
   * nothing about what is in the store, which anybody may still read and change. Default: the store cannot say who may.
   *
   * @param milliseconds - After so long the right ends by itself, unless it is renewed: who has it may have died.
   */
  lease?(key: Key, milliseconds: number): Promise<Lease | undefined>;
  /** Removes the entry; whether there was one. */
  delete(key: Key): Promise<boolean>;
  /** Removes all entries. */
  clear(): Promise<void>;
  /** How many entries there are. */
  size(): Promise<number>;
  /** The keys that there are. */
  keys(): Promise<Iterable<Key>>;
  /**
   * What those who use the same entries call that of this key, when they tell each other of changes: a text that says
   * nothing about the key. Default: any change is taken to be one of all entries.
   */
  idOf?(key: Key): string;
  /** See {@link SyncStore}. One promise for each tier: one may answer, and another fail. */
  inspect?(key: Key): readonly Promise<Finding>[];
  /** Begins to hear what others change. Default: nobody says. */
  watch?(): Watch;
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
