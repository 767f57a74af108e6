/** Least frequently used. */

import type { Policy } from "./policy.js";

/** All keys that were used equally often, in the order in which they came to be; a link of a list sorted by `uses`. */
interface Rank<K> {
  readonly uses: number;
  readonly keys: Set<K>;
  before: Rank<K>;
  after: Rank<K>;
}

/** The list's end, which is its beginning too: before the least used and after the most used. */
function createEnd<K>(): Rank<K> {
  const end = { uses: 0, keys: new Set<K>() } as Rank<K>;
  end.before = end;
  end.after = end;
  return end;
}

/**
 * The entry with the fewest uses leaves; among equals, the one that has been so for longest. Being added is a use, being
 * replaced is another. Every step takes constant time (K. Shah, A. Mitra, D. Matani: An O(1) algorithm for implementing
 * the LFU cache eviction scheme, 2010). Uses are never forgotten: what was popular once stays long.
 */
export function createFrequency<K>(): Policy<K> {
  let end = createEnd<K>();
  let ranks = new Map<K, Rank<K>>();

  function enter(key: K, uses: number, previous: Rank<K>): void {
    let rank = previous.after;
    if (rank === end || rank.uses !== uses) {
      rank = { uses, keys: new Set(), before: previous, after: previous.after };
      previous.after.before = rank;
      previous.after = rank;
    }
    rank.keys.add(key);
    ranks.set(key, rank);
  }

  function leave(key: K, rank: Rank<K>): void {
    rank.keys.delete(key);
    if (rank.keys.size > 0) return;
    rank.before.after = rank.after;
    rank.after.before = rank.before;
  }

  return {
    added(key) {
      enter(key, 1, end);
    },
    used(key) {
      const rank = ranks.get(key);
      if (rank === undefined) return;
      enter(key, rank.uses + 1, rank);
      leave(key, rank);
    },
    removed(key) {
      const rank = ranks.get(key);
      if (rank === undefined) return;
      leave(key, rank);
      ranks.delete(key);
    },
    cleared() {
      end = createEnd();
      ranks = new Map();
    },
    victim() {
      const { done, value } = end.after.keys.values().next();
      return done === true ? undefined : value;
    },
  };
}
