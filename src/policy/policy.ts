/** Policies: which entry leaves when a store is full. */

import type { Entry } from "../entry.js";

/** The order that a store keeps anyway: keys stand as they were added or, where the policy moves them, last used. */
export interface OrderedMap<K> {
  /** The first key in the order. */
  first(): K | undefined;
  /** The last one. */
  last(): K | undefined;
}

/**
 * A policy chooses the victim. It may use the store's own order, or keep one of its own, for which the store tells it of
 * every change: `added` once for each key, then `used` and `replaced` any number of times, then `removed`.
 */
export interface Policy<K> {
  /** A used key moves to the end of the store's order. */
  readonly movesUsed?: boolean;
  /** A new key is in the store. */
  added?(key: K, entry: Entry): void;
  /** A key's value was read or replaced. */
  used?(key: K): void;
  /** A key's value was replaced, which is a use as well, and told as one too. */
  replaced?(key: K, entry: Entry): void;
  /** A key has left the store, for whatever reason. */
  removed?(key: K): void;
  /** All keys have left. */
  cleared?(): void;
  /** The key that should leave; `undefined` when the store is empty. The policy does not remove it. */
  victim(map: OrderedMap<K>): K | undefined;
}

/** The name of a policy. */
export type PolicyName = "lru" | "fifo" | "lfu" | "rr" | "mru" | "lifo" | "ttl";
