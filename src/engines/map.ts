/** The engine `map`: in the process, without a package, with every policy. */

import type { DropReason, StoreOptions, SyncEngine, SyncStore } from "../contract/index.js";
import { type Entry, endOf } from "../entry.js";
import type { Key } from "../keys/index.js";
import { createPolicy, type Policy, policyNames } from "../policy/index.js";
import { LinkedMap } from "./linked-map.js";

/** An entry that has left. */
interface Dropped {
  readonly key: Key;
  readonly entry: Entry;
  readonly reason: DropReason;
}

/** Entries looked at for expiry with each new expiring entry: more than one, so that the dead cannot outnumber the new. */
const SWEEP_STEPS = 2;

class MapStore implements SyncStore {
  readonly #options: StoreOptions;
  readonly #policy: Policy<Key>;
  readonly #entries = new LinkedMap<Key, Entry>();
  #bytes = 0;
  #sweep: Iterator<Key> | undefined;

  constructor(options: StoreOptions) {
    const { maxSize, maxBytes, policy, random } = options;
    const isBounded = maxSize !== Number.POSITIVE_INFINITY || maxBytes !== Number.POSITIVE_INFINITY;
    this.#options = options;
    // Where nothing is ever evicted, no order needs to be kept.
    this.#policy = createPolicy(isBounded ? policy : "fifo", random);
  }

  get(key: Key): Entry | undefined {
    if (this.#policy.movesUsed === true) return this.#entries.use(key);
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#policy.used?.(key);
    return entry;
  }

  peek(key: Key): Entry | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, entry: Entry): boolean {
    const { maxSize, maxBytes } = this.#options;
    if (entry.size > maxBytes) {
      this.delete(key);
      return false;
    }
    const dropped: Dropped[] = [];
    if (endOf(entry) !== undefined) this.#sweepSome(key, dropped);
    if (!this.#replace(key, entry)) {
      while (this.#entries.size >= maxSize || this.#bytes + entry.size > maxBytes) this.#evict(dropped);
      this.#bytes += entry.size;
      this.#entries.set(key, entry);
      this.#policy.added?.(key, entry);
    }
    // Told at the end: who is told may use the store.
    for (const { key: gone, entry: old, reason } of dropped) this.#options.onDrop?.(gone, old, reason);
    return true;
  }

  delete(key: Key): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.size;
    this.#entries.delete(key);
    this.#policy.removed?.(key);
    return true;
  }

  clear(): void {
    this.#bytes = 0;
    this.#sweep = undefined;
    this.#entries.clear();
    this.#policy.cleared?.();
  }

  size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<Key> {
    return this.#entries.keys();
  }

  close(): void {
    this.clear();
  }

  /** Puts the entry in the place of an earlier one. One that has grown beyond the room there is counts as a new one. */
  #replace(key: Key, entry: Entry): boolean {
    const before = this.#entries.get(key);
    if (before === undefined) return false;
    if (this.#bytes - before.size + entry.size > this.#options.maxBytes) return !this.delete(key);
    this.#bytes += entry.size - before.size;
    this.#entries.set(key, entry);
    this.get(key);
    this.#policy.replaced?.(key, entry);
    return true;
  }

  #evict(dropped: Dropped[]): void {
    const victim = this.#policy.victim(this.#entries);
    if (victim !== undefined) this.#drop(victim, "evicted", dropped);
  }

  /**
   * Takes a few steps on a walk around the whole map: what expired does not stay in an unbounded map for ever. The entry
   * that is about to be replaced is left alone.
   */
  #sweepSome(replaced: Key, dropped: Dropped[]): void {
    for (let step = 0; step < SWEEP_STEPS; step += 1) {
      this.#sweep ??= this.#entries.keys();
      const { done, value } = this.#sweep.next();
      if (done === true) this.#sweep = undefined;
      else if (value !== replaced && this.#isOver(value)) this.#drop(value, "expired", dropped);
    }
  }

  #isOver(key: Key): boolean {
    const entry = this.#entries.get(key);
    const end = entry && endOf(entry);
    return end !== undefined && end <= this.#options.now();
  }

  #drop(key: Key, reason: DropReason, dropped: Dropped[]): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.delete(key)) dropped.push({ key, entry, reason });
  }
}

/** In the process, without a package: grows with use, every policy, with or without a bound. */
export const mapEngine: SyncEngine = Object.freeze<SyncEngine>({
  name: "map",
  kind: "sync",
  capabilities: Object.freeze({
    persistent: false,
    policies: policyNames,
    maxSize: Number.POSITIVE_INFINITY,
    unbounded: true,
    maxBytes: true,
    idle: true,
  }),
  available: () => true,
  open: (options) => new MapStore(options),
});
