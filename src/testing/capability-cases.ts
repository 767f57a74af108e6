/** What an engine must do that says it can. */

import assert from "node:assert/strict";
import type { Engine, Fence, StoreOptions } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { assertSize, type ConformanceCase, entry, keysOf, withStore } from "./conformance-case.js";
import { victimCases } from "./victim-cases.js";

/** The cases for what the engine says it can do. */
export function capabilityCases(engine: Engine): ConformanceCase[] {
  const { maxSize, policies } = engine.capabilities;
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
      // An engine that would have to read an entry first need not say which one it was.
      const isTold = dropped.every(([key]) => key !== undefined);
      if (isTold) assert.equal(new Set([...kept, ...dropped.map(([key]) => key)]).size, 35);
      assert.ok(dropped.every(([, reason]) => reason === "evicted"));
    });
  }
  for (const policy of maxSize > 0 ? policies : []) {
    let heard: ((key: Key) => void) | undefined;
    const onDrop = (key: Key | undefined): void => heard?.(key ?? 1);
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
  return [
    ...cases,
    ...victimCases(engine),
    ...roomCases(engine),
    ...(engine.capabilities.persistent ? [fenceCase(engine), leaseCase(engine)] : []),
  ];
}

/** The case of an engine whose entries others use too. A store without a fence has nothing to show. */
function fenceCase(engine: Engine): ConformanceCase {
  const body: Parameters<typeof withStore>[2] = async (store, _dropped, again) => {
    if (store.fence === undefined) return;
    const other = await again();
    try {
      for (const remove of [() => other.delete("k"), () => other.clear()]) {
        const before: Fence = await store.fence("k");
        await remove();
        await other.delete("another");
        assert.equal(await store.set("k", entry("old"), before), "fenced");
        assert.equal(await store.get("k"), undefined);
        const after: Fence = await store.fence("k");
        await other.delete("another");
        await store.delete("k");
        assert.equal(await store.set("k", entry("new"), after), true, "it was removed by others before, and then here");
        assert.equal((await other.get("k"))?.value, "new");
        assert.equal(await store.set("k", entry("explicit")), true);
      }
    } finally {
      await other.close();
    }
  };
  const name = "keeps out what was made before others removed it";
  return { name, run: () => withStore(engine, {}, body) };
}

/** The same of leases. */
function leaseCase(engine: Engine): ConformanceCase {
  const body: Parameters<typeof withStore>[2] = async (store, _dropped, again) => {
    if (!("lease" in store) || store.lease === undefined) return;
    const other = (await again()) as typeof store;
    const HOUR = 3_600_000;
    try {
      const lease = await store.lease("k", HOUR);
      assert.ok(lease, "nobody has it");
      assert.equal(await other.lease?.("k", HOUR), undefined);
      assert.ok(await other.lease?.("another", HOUR), "it is another key's");
      assert.equal(await lease.renew(), true);
      assert.equal(await store.get("k"), undefined);
      assert.equal(await store.size(), 0);
      await lease.release();
      const next = await other.lease?.("k", HOUR);
      assert.ok(next, "it was given back");
      assert.equal(await lease.renew(), false);
      await lease.release();
      assert.equal(await store.lease("k", HOUR), undefined, "it is not the first owner's any more");
      await next.release();
    } finally {
      await other.close();
    }
  };
  return { name: "gives a lease to one at a time", run: () => withStore(engine, {}, body) };
}

/** The cases about how much there may be. */
function roomCases(engine: Engine): ConformanceCase[] {
  const { maxBytes, unbounded, persistent } = engine.capabilities;
  const cases = maxBytes ? byteCases(engine) : [];
  if (unbounded) {
    const many = persistent ? 500 : 5_000;
    const fill: Parameters<typeof withStore>[2] = async (store) => {
      for (let i = 1; i <= many; i += 1) await store.set(i, entry(i));
      assert.deepEqual([(await store.get(1))?.value, (await store.get(many))?.value], [1, many]);
      await assertSize(engine, store, many);
    };
    const options = { maxSize: Number.POSITIVE_INFINITY };
    cases.push({ name: "holds any number of entries", run: () => withStore(engine, options, fill) });
  }
  return cases;
}

/** The cases about bytes: in memory those that entries say they have, on disk those that they take there. */
function byteCases(engine: Engine): ConformanceCase[] {
  const unit = engine.capabilities.persistent ? 10_000 : 1;
  const sized = (units: number): Entry => entry(unit === 1 ? units : "x".repeat(units * unit), units);
  const maxBytes = 100 * unit;
  const bytesOf = (found: Entry | undefined): number => found?.size ?? 0;
  const add = (name: string, body: Parameters<typeof withStore>[2]): ConformanceCase => ({
    name,
    run: () =>
      withStore(
        engine,
        { maxSize: Math.min(1_000, engine.capabilities.maxSize || Number.POSITIVE_INFINITY), maxBytes },
        body,
      ),
  });
  return [
    add("keeps maxBytes", async (store, dropped) => {
      for (let i = 1; i <= 50; i += 1) assert.equal(await store.set(i, sized(1 + (i % 30))), true);
      let bytes = 0;
      for (const key of await keysOf(store)) bytes += bytesOf(await store.get(key));
      assert.ok(bytes <= maxBytes, `${bytes} bytes`);
      assert.ok(dropped.length > 0);
    }),
    add("refuses what is larger than maxBytes, and drops what it replaces", async (store) => {
      const other = sized(10);
      await store.set("other", other);
      await store.set("k", sized(10));
      assert.equal(await store.set("k", sized(101)), false);
      assert.equal(await store.get("k"), undefined);
      assert.equal((await store.get("other"))?.value, other.value);
    }),
    add("counts a replaced entry's bytes once", async (store) => {
      const last = sized(60);
      for (let i = 0; i < 20; i += 1) await store.set("k", i === 19 ? last : sized(60));
      assert.equal((await store.get("k"))?.value, last.value);
      await store.set("k", sized(1));
      await store.set("other", sized(90));
      assert.equal(await store.size(), 2);
    }),
  ];
}
