/** Records that a store which answers at once has verified are not read again while they are the same. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SyncStore } from "../../src/contract/index.js";
import { tableOf } from "../../src/disk/sql.js";
import type { Entry } from "../../src/entry.js";
import { engineNamed, entryOf, FOLDER, idOf, inTemporary, openStore, storedIn } from "../support/disk-stores.js";

const table = tableOf(idOf("test"));
const Sqlite = createRequire(import.meta.url)("better-sqlite3") as new (
  path: string,
) => { prepare(sql: string): { run(...parameters: unknown[]): unknown }; close(): void };

async function withStore(work: (store: SyncStore, run: (sql: string) => void) => void): Promise<void> {
  await inTemporary(async (cacheDir) => {
    const store = (await openStore(engineNamed("better-sqlite3"), cacheDir)) as SyncStore;
    store.set("a", entryOf({ list: [1], bytes: Buffer.from("abc") }));
    store.get("a");
    work(store, (sql) => {
      const database = new Sqlite(join(cacheDir, FOLDER, "better-sqlite3.db"));
      database.prepare(sql).run();
      database.close();
    });
    store.close();
  });
}

describe("a record that was read before", () => {
  it("gives another value each time, which shares nothing with the last", () =>
    withStore((store) => {
      const first = store.get("a")?.value as { list: number[]; bytes: Buffer };
      first.list.push(2);
      first.bytes.fill("x");
      expect(store.get("a")?.value).toEqual({ list: [1], bytes: Buffer.from("abc") });
    }));

  it("is not served once it was replaced by another connection, whose record is newer", () =>
    withStore((store, run) => {
      store.set("b", entryOf("of b"));
      run(`UPDATE ${table} SET (tag, record) = (SELECT tag, record FROM ${table} ORDER BY rowid DESC LIMIT 1)`);
      expect(store.get("a")).toBe(undefined);
    }));

  it("is not served once it was removed by another connection", () =>
    withStore((store, run) => {
      run(`DELETE FROM ${table}`);
      expect(store.get("a")).toBe(undefined);
    }));

  it("is not served for a record of another tag that is damaged, even one that is a number", () =>
    withStore((store, run) => {
      run(`UPDATE ${table} SET tag = tag + 1, record = tag`);
      expect(store.get("a")).toBe(undefined);
    }));

  it("is as good as it was where its bytes were damaged since", () =>
    withStore((store, run) => {
      run(`UPDATE ${table} SET record = x'00'`);
      expect(store.get("a")?.value).toEqual({ list: [1], bytes: Buffer.from("abc") });
    }));

  it("that is large is read each time", () =>
    withStore((store, run) => {
      store.set("a", entryOf("x".repeat(2_000)));
      expect(store.get("a")?.value).toBe("x".repeat(2_000));
      run(`UPDATE ${table} SET record = x'00'`);
      expect(store.get("a")).toBe(undefined);
    }));
});

describe.each(["better-sqlite3", "sqlite", "file"])("a record that is read again and again, in %s", (name) => {
  const plain = () => ({ list: [{ n: 1 }], text: "a".repeat(100) });
  const values: readonly (readonly [string, () => object, object])[] = [
    ["of plain data", plain, {}],
    ["that is compressed", plain, { compress: { algorithm: "gzip", minSize: 10 } }],
    ["with what is not plain", () => ({ ...plain(), at: new Date(5), map: new Map([[1, {}]]) }), {}],
    ["that is a text", () => Object("text") as object, {}],
  ];

  it.each(values)(
    "%s, gives a value of its own each time, and the new one once it is replaced",
    (_what, make, options) =>
      inTemporary(async (cacheDir) => {
        const store = await openStore(engineNamed(name), cacheDir, options);
        for (const round of [1, 2]) {
          await store.set("a", entryOf({ round, value: make() }));
          for (let i = 0; i < 4; i += 1) {
            const entry = await store.get("a");
            expect(entry?.value).toEqual({ round, value: make() });
            const { value } = (entry as Entry<{ value: { list?: object[] } }>).value;
            Object.assign(value, { mine: true });
            Object.assign(value.list?.[0] ?? {}, { n: 9 });
          }
        }
        await store.close();
      }),
  );
});

describe("a record of somebody else's codec that is read again and again", () => {
  it.each(["better-sqlite3", "sqlite", "file"])("is decoded each time, in %s", (name) =>
    inTemporary(async (cacheDir) => {
      const one = { the: "only one" };
      const codec = { name: "mine", encode: () => Buffer.from("1"), decode: () => one };
      const store = await openStore(engineNamed(name), cacheDir, { codec });
      await store.set("a", entryOf(one));
      for (let i = 0; i < 4; i += 1) expect((await store.get("a"))?.value).toBe(one);
      await store.close();
    }),
  );
});

describe("entries beyond the bound", () => {
  it("leave in the order of their last writes", () =>
    inTemporary(async (cacheDir) => {
      const store = (await openStore(engineNamed("better-sqlite3"), cacheDir, {}, { maxSize: 3 })) as SyncStore;
      for (const key of ["a", "b", "c", "a", "d", "b", "e"]) store.set(key, entryOf(key));
      expect([...store.keys()].sort()).toEqual(["b", "d", "e"]);
      store.close();
    }));

  it.each(["better-sqlite3", "sqlite"])("go though little was there to begin with, and none was counted: %s", (name) =>
    inTemporary(async (cacheDir) => {
      const maxBytes = 300_000;
      const dropped: unknown[] = [];
      const bounds = {
        maxBytes,
        onDrop: (_key: unknown, _entry: unknown, reason: string) => void dropped.push(reason),
      };
      const store = await openStore(engineNamed(name), cacheDir, {}, bounds);
      const text = "x".repeat(500);
      // As the engine counts: the record, and what comes with it.
      const most = Math.ceil(maxBytes / (500 + 200));
      for (let i = 0; i < 2 * most; i += 1) {
        await store.set(i, entryOf(text));
        const size = await store.size();
        expect(size).toBeLessThanOrEqual(most);
        if (i < most / 2) expect(size).toBe(i + 1);
      }
      expect(await store.size()).toBeGreaterThan(most / 2);
      expect(await store.size()).toBe(2 * most - dropped.length);
      expect(await storedIn(store, 2 * most - 1)).toBe(text);
      await store.close();
    }),
  );

  it("that are over go first, as many as there are", () =>
    inTemporary(async (cacheDir) => {
      let now = 0;
      const dropped: string[] = [];
      const store = (await openStore(
        engineNamed("better-sqlite3"),
        cacheDir,
        {},
        { now: () => now, onDrop: (_key, _entry, reason) => void dropped.push(reason) },
      )) as SyncStore;
      for (let i = 0; i < 1_600; i += 1) store.set(i, { ...entryOf(i), expiresAt: i < 1_200 ? 10 : 1_000 });
      now = 20;
      for (let i = 0; i < 510; i += 1) store.set(-1, entryOf(i));
      expect([...dropped].filter((reason) => reason === "expired")).toHaveLength(1_200);
      expect(store.size()).toBe(401);
      store.close();
    }));
});
