/** Statements of the driver that are compiled once. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { KeyvSqlite } from "@keyv/sqlite";
import { afterEach, describe, expect, it, vi } from "vitest";
import { withStatements } from "../../src/engines/sqlite/statements.js";
import { settle } from "../support/deferred.js";
import { inTemporary } from "../support/disk-stores.js";

interface Database {
  prepare(...args: unknown[]): unknown;
  all(...args: unknown[]): unknown;
}
const require = createRequire(createRequire(import.meta.url).resolve("@keyv/sqlite"));
const driver = require("sqlite3") as { Database: { prototype: Database } };

afterEach(() => void vi.restoreAllMocks());

/** Two connections to one database, the first of which keeps statements. */
async function withTwo(body: (kept: KeyvSqlite, other: KeyvSqlite) => Promise<void>): Promise<void> {
  await inTemporary(async (directory) => {
    const open = (): KeyvSqlite => new KeyvSqlite({ uri: `sqlite://${join(directory, "a.db")}`, busyTimeout: 1 });
    const kept = withStatements(open);
    await kept.query("PRAGMA journal_mode = WAL");
    const other = open();
    await other.query("CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB)");
    try {
      await body(kept, other);
    } finally {
      // This throws where a statement has not been given up.
      await Promise.all([kept.disconnect(), other.disconnect()]);
    }
  });
}

const INSERT = "INSERT OR REPLACE INTO t VALUES (?, ?) RETURNING id AS id";
const SELECT = "SELECT bytes AS bytes FROM t WHERE id = ?";

describe("statements of a connection", () => {
  it("are compiled once more, at their second use, and then run as often as wanted", () =>
    withTwo(async (kept) => {
      const compiled = vi.spyOn(driver.Database.prototype, "prepare");
      const ran = vi.spyOn(driver.Database.prototype, "all");
      for (let id = 0; id < 50; id += 1) {
        expect(await kept.query(INSERT, id, Buffer.from([id]))).toEqual([{ id }]);
        expect(await kept.query(SELECT, id)).toEqual([{ bytes: Buffer.from([id]) }]);
        await settle();
      }
      expect([compiled.mock.calls.map(([sql]) => sql), ran.mock.calls.length]).toEqual([[INSERT, SELECT], 2]);
      expect(await kept.query(SELECT, 50)).toEqual([]);
    }));

  it("answer each of many at once", () =>
    withTwo(async (kept) => {
      const ids = Array.from({ length: 300 }, (_, id) => id);
      await Promise.all(ids.map((id) => kept.query(INSERT, id, Buffer.from([id % 256]))));
      const found = await Promise.all(ids.map((id) => kept.query(SELECT, id)));
      expect(found).toEqual(ids.map((id) => [{ bytes: Buffer.from([id % 256]) }]));
    }));

  it("fail as they would, and work again: the table is removed, is there again, is locked", () =>
    withTwo(async (kept, other) => {
      const use = async (): Promise<unknown[]> => {
        await kept.query(INSERT, 1, Buffer.from("a"));
        return (await kept.query(SELECT, 1)) as unknown[];
      };
      for (let i = 0; i < 3; i += 1) expect(await use()).toHaveLength(1);
      await other.query("DROP TABLE t");
      for (let i = 0; i < 3; i += 1) await expect(use()).rejects.toThrow("no such table: t");
      await other.query("CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB)");
      for (let i = 0; i < 3; i += 1) expect(await use()).toHaveLength(1);
      await other.query("BEGIN IMMEDIATE");
      for (let i = 0; i < 3; i += 1) {
        await expect(kept.query(INSERT, 1, null)).rejects.toMatchObject({ code: "SQLITE_BUSY" });
      }
      await other.query("COMMIT");
      for (let i = 0; i < 3; i += 1) expect(await use()).toHaveLength(1);
    }));

  it("are not kept with what is large, nor are those without parameters, nor more than so many", () =>
    withTwo(async (kept) => {
      const compiled = vi.spyOn(driver.Database.prototype, "prepare");
      const ran = vi.spyOn(driver.Database.prototype, "all");
      const large = Buffer.alloc(20_000, "x");
      for (const id of [1, 2, 3]) {
        await kept.query(INSERT, id, large);
        await kept.query("SELECT 1 AS one");
        await settle();
      }
      expect(ran).toHaveBeenCalledTimes(6);
      expect(await kept.query(SELECT, 2)).toEqual([{ bytes: large }]);
      compiled.mockClear();
      const use = async (): Promise<void> => {
        for (let i = 0; i < 700; i += 1)
          expect(await kept.query(`SELECT ${i} + ? AS sum`, 1)).toEqual([{ sum: i + 1 }]);
      };
      await use();
      await settle();
      compiled.mockClear();
      ran.mockClear();
      await use();
      // Most of those that were the first are there, though there are more in turn than are kept.
      expect(ran.mock.calls.length).toBeGreaterThanOrEqual(200);
      expect(ran.mock.calls.length).toBeLessThan(300);
      expect(compiled.mock.calls.length).toBeLessThan(40);
    }));

  it("being compiled, or in use, while the connection is closed, are given up", () =>
    inTemporary(async (directory) => {
      for (let turns = 0; turns < 6; turns += 1) {
        const open = (): KeyvSqlite => new KeyvSqlite({ uri: `sqlite://${join(directory, "a.db")}` });
        const kept = withStatements(open);
        await kept.query("SELECT 1");
        const answers = ["SELECT 1 + ? AS sum", "SELECT 2 + ? AS sum"].map((sql) => kept.query(sql, 1));
        for (let turn = 0; turn < turns; turn += 1) await settle();
        const late = kept.query("SELECT 1 + ? AS sum", 5);
        await Promise.all([expect(kept.disconnect()).resolves.toBeUndefined(), late, ...answers]);
        expect(await Promise.all([...answers, late])).toEqual([[{ sum: 2 }], [{ sum: 3 }], [{ sum: 6 }]]);
      }
    }));
});

it("the driver's class is as it was, whatever happens", async () => {
  const { Database } = driver;
  expect(() =>
    withStatements(() => {
      expect(driver.Database).not.toBe(Database);
      throw new Error("as told");
    }),
  ).toThrow("as told");
  expect(driver.Database).toBe(Database);
  await withTwo(async () => expect(driver.Database).toBe(Database));
});
