/** What an engine must do that says it can. */

import assert from "node:assert/strict";
import type { Engine, StoreOptions } from "../contract/index.js";
import type { Key } from "../keys/index.js";

import { type ConformanceCase, entry, keysOf, withStore } from "./conformance-case.js";

/** The cases for what the engine says it can do. */
export function capabilityCases(engine: Engine): ConformanceCase[] {
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
