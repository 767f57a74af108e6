/** Random replacement: any entry may leave. */

import type { Policy } from "./policy.js";

/**
 * Chooses the victim evenly among all keys, in constant time: the keys stand in an array, and a removed key's place is
 * taken by the last one.
 *
 * @param random - A number from 0 up to, not including, 1.
 */
export function createRandom<K>(random: () => number): Policy<K> {
  let keys: K[] = [];
  let places = new Map<K, number>();
  return {
    added(key) {
      places.set(key, keys.push(key) - 1);
    },
    removed(key) {
      const place = places.get(key);
      const last = keys.pop();
      places.delete(key);
      if (place === undefined || last === undefined || place === keys.length) return;
      keys[place] = last;
      places.set(last, place);
    },
    cleared() {
      keys = [];
      places = new Map();
    },
    victim: () => keys[Math.floor(random() * keys.length)],
  };
}
