/** The policies that need no memory of their own: the store keeps an order. */

import type { Policy } from "./policy.js";

/** First in, first out: the entry that was added first leaves, however often it was used or replaced since. */
export const fifo: Policy<never> = { victim: (map) => map.first() };

/** Last in, first out: the entry that was added last leaves to the next one, however often it was used or replaced since. */
export const lifo: Policy<never> = { victim: (map) => map.last() };

/** Least recently used: a used key moves to the end, so that the first one is the one unused for longest. */
export const lru: Policy<never> = { movesUsed: true, victim: (map) => map.first() };

/** Most recently used: the entry that was added, read or replaced last leaves to the next one. */
export const mru: Policy<never> = { movesUsed: true, victim: (map) => map.last() };
