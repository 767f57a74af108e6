/** What every engine must do, as cases that any test runner can run. */

import assert from "node:assert/strict";
import type { AsyncStore, DropReason, Engine, StoreOptions, SyncStore } from "../contract/index.js";
import { createEntry, type Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { policyNames } from "../policy/index.js";

/** One thing that an engine must do. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects when the engine does not do it. */
  run(): Promise<void>;
}

/** A store of either kind, awaited. */
type AnyStore = SyncStore | AsyncStore;

/** A value that stands for itself: engines may copy it. */
const entry = (value: unknown, size = 1): Entry => createEntry(value, 0, 0, undefined, size);

/** Keys that careless stores take for one another, or for something of their own. */
const HOSTILE_KEYS: readonly Key[] = [
  "",
  " ",
  "1",
  1,
  -1,
  1.5,
  "1.5",
  Number.NaN,
  "NaN",
  Number.POSITIVE_INFINITY,
  "\0",
  "\0s1:a",
  "a\0b",
  "__proto__",
  "constructor",
  "toString",
  "../../etc/passwd",
  "a/b",
  "a",
  "A",
  "a ",
  "a:b",
  "a%",
  "a_",
  "é",
  "e\u0301",
  "\ud800",
  "\ud801",
  "\ufffd",
  "🦊",
  "x".repeat(10_000),
];

const VALUES: readonly unknown[] = [undefined, null, 0, false, "", "text", [1, [2]], { a: { b: 1 } }];

let opened = 0;

/** Opens a store with a name of its own, runs a case with it, and closes it. */
async function withStore(
  engine: Engine,
  options: Partial<StoreOptions>,
  body: (store: AnyStore, dropped: [Key, DropReason][]) => Promise<void>,
): Promise<void> {
  const { capabilities } = engine;
  const dropped: [Key, DropReason][] = [];
  opened += 1;
  const store = await engine.open({
    name: `conformance-${opened}`,
    maxSize: Math.min(1_000, capabilities.maxSize || Number.POSITIVE_INFINITY),
    maxBytes: Number.POSITIVE_INFINITY,
    policy: capabilities.policies[0] ?? "lru",
    now: () => 0,
    onDrop: (key, _entry, reason) => void dropped.push([key, reason]),
    ...options,
  });
  try {
    await store.clear();
    await body(store, dropped);
  } finally {
    await store.close();
  }
}

async function keysOf(store: AnyStore): Promise<Key[]> {
  return [...(await store.keys())];
}

/** The cases that do not depend on capabilities. */
function basicCases(engine: Engine): ConformanceCase[] {
  const test = (name: string, body: Parameters<typeof withStore>[2]): ConformanceCase => ({
    name,
    run: () => withStore(engine, {}, body),
  });
  return [
    {
      name: "says whether it is available",
      async run() {
        const answer = await engine.available();
        assert.ok(answer === true || (typeof answer === "string" && answer.length > 0));
      },
    },
    {
      name: "declares policies that exist",
      async run() {
        for (const policy of engine.capabilities.policies) assert.ok(policyNames.includes(policy), policy);
      },
    },
    test("reports absence with undefined", async (store) => {
      assert.equal(await store.get("absent"), undefined);
      assert.equal(await store.peek?.("absent"), undefined);
      assert.equal(await store.delete("absent"), false);
      assert.equal(await store.size(), 0);
    }),
    test("gives back what it was given", async (store) => {
      for (const value of VALUES) {
        const given = { ...createEntry(value, 2, 12.5, 99.25, 7), key: "k" };
        assert.equal(await store.set("k", given), true);
        assert.deepEqual(await store.get("k"), given);
      }
    }),
    test("replaces an entry", async (store) => {
      await store.set("k", entry(1));
      await store.set("k", entry(2));
      assert.equal((await store.get("k"))?.value, 2);
      assert.equal(await store.size(), 1);
    }),
    test("keeps keys apart that look alike", async (store) => {
      for (const [i, key] of HOSTILE_KEYS.entries()) await store.set(key, entry(i));
      for (const [i, key] of HOSTILE_KEYS.entries())
        assert.equal((await store.get(key))?.value, i, JSON.stringify(key));
      assert.equal(await store.size(), HOSTILE_KEYS.length);
      assert.deepEqual(new Set(await keysOf(store)), new Set(HOSTILE_KEYS));
    }),
    test("deletes one entry and no other", async (store) => {
      for (const [i, key] of HOSTILE_KEYS.entries()) await store.set(key, entry(i));
      assert.equal(await store.delete("a"), true);
      assert.equal(await store.delete("a"), false);
      assert.equal(await store.get("a"), undefined);
      assert.equal(await store.size(), HOSTILE_KEYS.length - 1);
    }),
    test("removes everything, and can be used after", async (store) => {
      for (const key of HOSTILE_KEYS) await store.set(key, entry(0));
      await store.clear();
      assert.equal(await store.size(), 0);
      assert.deepEqual(await keysOf(store), []);
      await store.set("k", entry(1));
      assert.equal((await store.get("k"))?.value, 1);
    }),
    test("lets entries be removed while their keys are walked", async (store) => {
      for (let i = 1; i <= 20; i += 1) await store.set(i, entry(i));
      for (const key of await store.keys()) await store.delete(key);
      assert.equal(await store.size(), 0);
    }),
    test("keeps two stores apart", (store) =>
      withStore(engine, {}, async (other) => {
        await store.set("k", entry("one"));
        await other.set("k", entry("two"));
        await other.clear();
        assert.equal((await store.get("k"))?.value, "one");
      })),
    test("can be closed twice", async (store) => {
      await store.close();
      await store.close();
    }),
    test("takes many operations at once", async (store) => {
      await Promise.all(Array.from({ length: 100 }, async (_, i) => store.set(`k${i}`, entry(i))));
      const found = await Promise.all(Array.from({ length: 100 }, async (_, i) => (await store.get(`k${i}`))?.value));
      assert.deepEqual(found, [...found.keys()]);
    }),
  ];
}

/** The cases for what the engine says it can do. */
function capabilityCases(engine: Engine): ConformanceCase[] {
  const { maxSize, maxBytes, unbounded, policies } = engine.capabilities;
  const cases: ConformanceCase[] = [];
  const add = (name: string, options: Partial<StoreOptions>, body: Parameters<typeof withStore>[2]): void => {
    cases.push({ name, run: () => withStore(engine, options, body) });
  };
  for (const policy of maxSize > 0 ? policies : []) {
    add(`keeps maxSize by ${policy}, and tells what it drops`, { maxSize: 10, policy }, async (store, dropped) => {
      for (let i = 1; i <= 35; i += 1) {
        await store.set(i, entry(i));
        assert.ok((await store.size()) <= 10);
        assert.equal((await store.get(i))?.value, i, "the newest entry is there");
      }
      const kept = await keysOf(store);
      assert.equal(kept.length + dropped.length, 35);
      assert.deepEqual(new Set([...kept, ...dropped.map(([key]) => key)]).size, 35);
      assert.ok(dropped.every(([, reason]) => reason === "evicted"));
    });
  }
  for (const policy of maxSize > 0 ? policies : []) {
    let heard: ((key: Key) => void) | undefined;
    const onDrop = (key: Key): void => heard?.(key);
    add(`may be used, by ${policy}, by who is told of a drop`, { maxSize: 3, policy, onDrop }, async (store) => {
      const begun: unknown[] = [];
      const hear = (key: Key): void => {
        heard = undefined;
        begun.push(store.delete(Number(key) + 1), store.set("told", entry("told")));
        heard = hear;
      };
      heard = hear;
      for (let i = 1; i <= 35; i += 1) {
        await store.set(i, entry(i));
        await Promise.all(begun);
        assert.ok((await store.size()) <= 3);
        for (const key of await keysOf(store)) assert.equal((await store.get(key))?.value, key);
      }
      heard = undefined;
    });
  }
  if (maxSize > 0 && policies.includes("lru")) {
    add("lru drops what was not used for longest; peek is no use", { maxSize: 3, policy: "lru" }, async (store) => {
      for (const key of ["a", "b", "c"]) await store.set(key, entry(key));
      await store.get("a");
      await store.peek?.("b");
      await store.set("d", entry("d"));
      assert.equal(await store.get("b"), undefined);
      assert.equal((await store.get("a"))?.value, "a");
    });
  }
  if (maxSize > 0 && policies.includes("fifo")) {
    add("fifo drops what came first, used or not", { maxSize: 3, policy: "fifo" }, async (store) => {
      for (const key of ["a", "b", "c"]) await store.set(key, entry(key));
      await store.get("a");
      await store.set("d", entry("d"));
      assert.equal(await store.get("a"), undefined);
    });
  }
  if (maxSize > 0 && policies.includes("lfu")) {
    add("lfu drops what was used least", { maxSize: 3, policy: "lfu" }, async (store) => {
      for (const key of ["a", "b", "c"]) await store.set(key, entry(key));
      for (const key of ["a", "a", "c"]) await store.get(key);
      await store.set("d", entry("d"));
      assert.equal(await store.get("b"), undefined);
    });
  }
  if (maxBytes) {
    add("keeps maxBytes", { maxBytes: 100 }, async (store, dropped) => {
      for (let i = 1; i <= 50; i += 1) assert.equal(await store.set(i, entry(i, 1 + (i % 30))), true);
      let bytes = 0;
      for (const key of await keysOf(store)) bytes += (await store.get(key))?.size ?? 0;
      assert.ok(bytes <= 100, `${bytes} bytes`);
      assert.ok(dropped.length > 0);
    });
    add("refuses what is larger than maxBytes, and drops what it replaces", { maxBytes: 100 }, async (store) => {
      await store.set("other", entry(0, 10));
      await store.set("k", entry(1, 10));
      assert.equal(await store.set("k", entry(2, 101)), false);
      assert.equal(await store.get("k"), undefined);
      assert.equal((await store.get("other"))?.value, 0);
    });
    add("counts a replaced entry's bytes once", { maxBytes: 100 }, async (store) => {
      for (let i = 0; i < 20; i += 1) await store.set("k", entry(i, 60));
      assert.equal((await store.get("k"))?.value, 19);
      await store.set("k", entry("small", 1));
      await store.set("other", entry("large", 90));
      assert.equal(await store.size(), 2);
    });
  }
  if (unbounded) {
    add("holds any number of entries", { maxSize: Number.POSITIVE_INFINITY }, async (store) => {
      for (let i = 1; i <= 5_000; i += 1) await store.set(i, entry(i));
      assert.equal(await store.size(), 5_000);
    });
  }
  return cases;
}

/**
 * The cases that an engine must pass, for any test runner.
 *
 * @example
 * ```ts
 * import { getEngineManager } from "twat-cache";
 * import { engineConformance } from "twat-cache/testing";
 * const map = getEngineManager().getEngine("map");
 * if (map !== undefined) {
 *   for (const { name, run } of engineConformance(map)) await run(); // or: test(name, run)
 * }
 * ```
 */
export function engineConformance(engine: Engine): readonly ConformanceCase[] {
  return [...basicCases(engine), ...capabilityCases(engine)];
}
