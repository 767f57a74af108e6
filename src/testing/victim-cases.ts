/** Which entry leaves a full store, by the policies that do not leave it to chance. */

import assert from "node:assert/strict";
import type { Engine } from "../contract/index.js";
import { createEntry, type Entry, EXPIRES } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { PolicyName } from "../policy/index.js";
import { type AnyStore, type ConformanceCase, entry, keysOf, withStore } from "./conformance-case.js";

/** What a policy does with a store of three places in which a, b and c were written. */
interface Victims {
  readonly policy: PolicyName;
  /** In a few words. */
  readonly does: string;
  /** What happens before a fourth entry, d, is written. */
  readonly before: (store: AnyStore) => Promise<void>;
  /** Which are left then. */
  readonly left: readonly Key[];
}

const victims: readonly Victims[] = [
  {
    policy: "lru",
    does: "drops what was not used for longest; peek is no use",
    async before(store) {
      await store.get("a");
      await store.peek?.("b");
    },
    left: ["a", "c", "d"],
  },
  {
    policy: "fifo",
    does: "drops what came first, used or not",
    async before(store) {
      await store.get("a");
    },
    left: ["b", "c", "d"],
  },
  {
    policy: "lfu",
    does: "drops what was used least",
    async before(store) {
      for (const key of ["a", "a", "c"]) await store.get(key);
    },
    left: ["a", "c", "d"],
  },
  {
    policy: "mru",
    does: "drops what was used last; peek is no use",
    async before(store) {
      await store.get("a");
      await store.peek?.("b");
    },
    left: ["b", "c", "d"],
  },
  {
    policy: "lifo",
    does: "drops what came last, whatever was used or replaced since",
    async before(store) {
      await store.get("a");
      await store.set("b", entry("b"));
    },
    left: ["a", "b", "d"],
  },
  {
    policy: "ttl",
    does: "drops what is soonest to expire, and what never does at last",
    async before(store) {
      await store.set("a", lasting("a", 2_000));
      await store.set("c", lasting("c", 1_000));
    },
    left: ["a", "b", "d"],
  },
];

function lasting(value: unknown, end: number): Entry {
  return createEntry(value, EXPIRES, 0, end, 1);
}

/** The cases for the policies that the engine declares. */
export function victimCases(engine: Engine): ConformanceCase[] {
  const { maxSize, policies } = engine.capabilities;
  const declared = maxSize > 0 ? victims.filter(({ policy }) => policies.includes(policy)) : [];
  return declared.map(({ policy, does, before, left }) => ({
    name: `${policy} ${does}`,
    run: () =>
      withStore(engine, { maxSize: 3, policy }, async (store) => {
        for (const key of ["a", "b", "c"]) await store.set(key, entry(key));
        await before(store);
        await store.set("d", entry("d"));
        assert.deepEqual((await keysOf(store)).sort(), left);
        for (const key of left) assert.equal((await store.get(key))?.value, key);
      }),
  }));
}
