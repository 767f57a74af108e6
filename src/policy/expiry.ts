/** The entry that is soonest to expire leaves. */

import type { Entry } from "../entry.js";
import type { Policy } from "./policy.js";

/** A key in the heap. */
interface Place<K> {
  readonly key: K;
  entry: Entry;
  /** Its `expiresAt` when it was put where it is. An entry that slides may have been put off since, never brought forward. */
  end: number;
  /** Which write it was, of all. */
  turn: number;
  /** Where it stands in the heap. */
  index: number;
}

/** Where a clock has failed, no time is known: NaN, which is in no order, and nothing is fresh. */
function endOf({ expiresAt = Number.POSITIVE_INFINITY }: Entry): number {
  return Number.isNaN(expiresAt) ? Number.NEGATIVE_INFINITY : expiresAt;
}

function isBefore<K>(one: Place<K>, other: Place<K>): boolean {
  return one.end === other.end ? one.turn < other.turn : one.end < other.end;
}

/**
 * The entry that ceases to be fresh first leaves first; those without a TTL leave when there are no others. Among equals
 * it is the one that was written first, a replacement being a write. Keeps a binary heap: a write and a removal take time
 * that grows with the logarithm of the size, a read takes none, as an entry that a hit has put off is moved when it comes
 * up to leave.
 */
export function createExpiry<K>(): Policy<K> {
  let heap: Place<K>[] = [];
  let places = new Map<K, Place<K>>();
  let turns = 0;

  function put(place: Place<K>, index: number): void {
    heap[index] = place;
    place.index = index;
  }

  function rise(place: Place<K>): void {
    let { index } = place;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(place, above)) break;
      put(above, index);
      index = parent;
    }
    put(place, index);
  }

  function sink(place: Place<K>): void {
    let { index } = place;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      const below = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (below === undefined || !isBefore(below, place)) break;
      const next = below.index;
      put(below, index);
      index = next;
    }
    put(place, index);
  }

  function settle(place: Place<K>): void {
    rise(place);
    sink(place);
  }

  return {
    added(key, entry) {
      turns += 1;
      const place = { key, entry, end: endOf(entry), turn: turns, index: heap.length };
      places.set(key, place);
      heap.push(place);
      rise(place);
    },
    replaced(key, entry) {
      const place = places.get(key);
      if (place === undefined) return;
      turns += 1;
      place.entry = entry;
      place.end = endOf(entry);
      place.turn = turns;
      settle(place);
    },
    removed(key) {
      const place = places.get(key);
      if (place === undefined) return;
      places.delete(key);
      const last = heap.pop();
      if (last === undefined || last === place) return;
      put(last, place.index);
      settle(last);
    },
    cleared() {
      heap = [];
      places = new Map();
    },
    victim() {
      for (;;) {
        const [first] = heap;
        if (first === undefined) return undefined;
        const end = endOf(first.entry);
        if (end <= first.end) return first.key;
        first.end = end;
        sink(first);
      }
    },
  };
}
