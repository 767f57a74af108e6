/** The two policies that need no memory of their own: the store keeps an order. */

import type { Policy } from "./policy.js";

/** First in, first out: the entry that was added first leaves, however often it was used since. */
export const fifo: Policy<never> = { victim: (map) => map.first() };

/** Least recently used: a used key moves to the end, so that the first one is the one unused for longest. */
export const lru: Policy<never> = { movesUsed: true, victim: (map) => map.first() };
