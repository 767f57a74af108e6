/** What every engine must do, whatever it can do besides. */

import assert from "node:assert/strict";
import type { Engine, Finding } from "../contract/index.js";
import { createEntry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { policyNames } from "../policy/index.js";

import { assertSize, type ConformanceCase, entry, keysOf, withStore } from "./conformance-case.js";

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

const TIMES = { traits: 2, createdAt: 12.5, expiresAt: 3_600_000.25 };

/** The cases that do not depend on capabilities. */
export function basicCases(engine: Engine): ConformanceCase[] {
  const lists = engine.capabilities.lists !== false;
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
      await assertSize(engine, store, 0);
    }),
    test("gives back what it was given", async (store) => {
      for (const value of VALUES) {
        const given = { ...createEntry(value, TIMES.traits, TIMES.createdAt, TIMES.expiresAt, 7), key: "k" };
        assert.equal(await store.set("k", given), true);
        const { value: back, traits, createdAt, expiresAt, key } = (await store.get("k")) ?? entry("nothing");
        assert.deepEqual({ back, traits, createdAt, expiresAt, key }, { back: value, ...TIMES, key: "k" });
      }
    }),
    test("says what there is to who only looks", async (store) => {
      const look = async (): Promise<readonly Finding[]> => Promise.all(store.inspect?.("k") ?? []);
      if (store.inspect === undefined) return;
      assert.ok((await look()).every((finding) => finding.entry === undefined && finding.obstacle === undefined));
      await store.set("k", { ...createEntry(1, TIMES.traits, TIMES.createdAt, TIMES.expiresAt, 7), key: "k" });
      const { entry: found, obstacle } = (await look()).find((finding) => finding.entry !== undefined) ?? {};
      assert.deepEqual([found?.createdAt, found?.expiresAt, obstacle], [TIMES.createdAt, TIMES.expiresAt, undefined]);
      assert.equal((await store.get("k"))?.value, 1);
    }),
    test("replaces an entry", async (store) => {
      await store.set("k", entry(1));
      await store.set("k", entry(2));
      assert.equal((await store.get("k"))?.value, 2);
      await assertSize(engine, store, 1);
    }),
    test("keeps keys apart that look alike", async (store) => {
      for (const [i, key] of HOSTILE_KEYS.entries()) await store.set(key, entry(i));
      for (const [i, key] of HOSTILE_KEYS.entries())
        assert.equal((await store.get(key))?.value, i, JSON.stringify(key));
      await assertSize(engine, store, HOSTILE_KEYS.length);
      if (lists) assert.deepEqual(new Set(await keysOf(store)), new Set(HOSTILE_KEYS));
    }),
    test("deletes one entry and no other", async (store) => {
      for (const [i, key] of HOSTILE_KEYS.entries()) await store.set(key, entry(i));
      assert.equal(await store.delete("a"), true);
      assert.equal(await store.delete("a"), false);
      assert.equal(await store.get("a"), undefined);
      await assertSize(engine, store, HOSTILE_KEYS.length - 1);
    }),
    test("removes everything, and can be used after", async (store) => {
      for (const key of HOSTILE_KEYS) await store.set(key, entry(0));
      await store.clear();
      for (const key of HOSTILE_KEYS) assert.equal(await store.get(key), undefined);
      await assertSize(engine, store, 0);
      assert.deepEqual(await keysOf(store), []);
      await store.set("k", entry(1));
      assert.equal((await store.get("k"))?.value, 1);
    }),
    test("lets entries be removed while their keys are walked", async (store) => {
      if (!lists) return;
      for (let i = 1; i <= 20; i += 1) await store.set(i, entry(i));
      for (const key of await store.keys()) await store.delete(key);
      await assertSize(engine, store, 0);
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
