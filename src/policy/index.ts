/** Which entry leaves when a store is full. */

import { createExpiry } from "./expiry.js";
import { createFrequency } from "./frequency.js";
import type { Policy, PolicyName } from "./policy.js";
import { createRandom } from "./random.js";
import { fifo, lifo, lru, mru } from "./recency.js";

export type { OrderedMap, Policy, PolicyName } from "./policy.js";

const makers: Readonly<Record<PolicyName, <K>(random: () => number) => Policy<K>>> = {
  lru: <K>() => lru as Policy<K>,
  fifo: <K>() => fifo as Policy<K>,
  lfu: createFrequency,
  rr: createRandom,
  mru: <K>() => mru as Policy<K>,
  lifo: <K>() => lifo as Policy<K>,
  ttl: createExpiry,
};

/** The names of all policies. */
export const policyNames: readonly PolicyName[] = Object.freeze(Object.keys(makers) as PolicyName[]);

/**
 * A policy for one store.
 *
 * @param random - For policies that leave the choice to chance; default `Math.random`.
 */
export function createPolicy<K>(name: PolicyName, random: () => number = Math.random): Policy<K> {
  return makers[name](random);
}
