import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { statementsFor, tableOf } from "../../src/disk/sql.js";
import { bcache, fcache } from "../../src/index.js";
import {
  allRemains,
  Damages,
  endure,
  endureAll,
  harmsOfRecords,
  harmsOfTheHeart,
  spread,
} from "../support/corruption.js";
import {
  engineNamed,
  entryOf,
  type Files,
  FOLDER,
  idOf,
  inTemporary,
  makeTemporary,
  openStore,
  persistentEngines,
  readFiles,
  removeTemporary,
  storedIn,
  writeFiles,
} from "../support/disk-stores.js";
import { fileNameOf } from "../support/forger.js";
import { filesOf, type Harm, wholeFileHarms } from "../support/harms.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

/** Damages of each cache, of all that there are; `npm run torture` does them all. */
const COUNT = 25;

/** Milliseconds for a test that takes some seconds where nothing else runs. */
const PATIENCE = 240_000;
/** Which part of the bytes that lead to others is damaged; of most caches, a few. The torture run does all. */
const SHARES: Readonly<Record<string, number>> = {
  "file closed": 1,
  "better-sqlite3 closed": 0.12,
  "better-sqlite3 killed": 0.08,
};

collectLog();
const remains = await allRemains();
const names = (await persistentEngines()).map(({ name }) => name);

let directory = "";
beforeAll(() => {
  directory = makeTemporary();
});
afterAll(() => removeTemporary(directory), 60_000);

describe.each(remains)("the files of $engine, $state", (remain) => {
  const random = createRandom(seed);
  const endureAllOf = (harms: Iterable<Harm>): Promise<void> => endureAll(remain, harms, directory, random);

  it(
    `with a bit flipped, or cut short (SEED=${seed})`,
    async () => {
      const damages = new Damages(remain);
      await endureAllOf([...spread(damages.total, COUNT, random)].map((number) => damages.at(number)));
    },
    PATIENCE,
  );

  it(
    `with a bit of what leads to the rest flipped (SEED=${seed})`,
    async () => {
      const share = SHARES[`${remain.engine} ${remain.state}`] ?? 0.02;
      await endureAllOf([...harmsOfTheHeart(remain, random)].filter(() => random() < share));
    },
    PATIENCE,
  );

  it(
    `with a bit of its records flipped (SEED=${seed})`,
    async () => {
      // The other database is made of the same records, and files were damaged everywhere.
      if (remain.engine !== "better-sqlite3" || remain.state !== "closed") return;
      await endureAllOf(harmsOfRecords(remain, random));
    },
    PATIENCE,
  );

  it("removed, replaced, or swapped", () => endureAllOf(wholeFileHarms(remain)), PATIENCE);
});

/** The package, for looking into databases behind the library's back. */
interface Database {
  exec(sql: string): void;
  prepare(sql: string): { all(...parameters: unknown[]): Record<string, unknown>[] };
  close(): void;
}

/** Runs statements in the database of an engine's cache that was closed, as somebody else might. */
function meddle(files: Files, sql: (table: string, ids: readonly string[]) => string): Files {
  const Sqlite = createRequire(import.meta.url)("better-sqlite3") as new (path: string) => Database;
  const place = join(directory, "meddled");
  writeFiles(place, files);
  const name = [...files.keys()].find((file) => file.endsWith(".db")) ?? "";
  const database = new Sqlite(join(place, name));
  const table = tableOf(idOf("test"));
  const ids = database.prepare(`SELECT id FROM ${table} ORDER BY id`).all();
  database.exec(
    sql(
      table,
      ids.map(({ id }) => String(id)),
    ),
  );
  database.close();
  const after = readFiles(place);
  removeTemporary(place);
  return after;
}

describe.each(remains.filter(({ engine, state }) => engine !== "file" && state === "closed"))(
  "the database of $engine",
  (remain) => {
    const meddlings: readonly (readonly [string, (table: string, ids: readonly string[]) => string])[] = [
      [
        "with two rows swapped",
        (table, [one, two]) =>
          `UPDATE ${table} SET id = 'x' WHERE id = '${one}'; UPDATE ${table} SET id = '${one}' WHERE id = '${two}';
           UPDATE ${table} SET id = '${two}' WHERE id = 'x'`,
      ],
      ["with columns of other kinds", (table) => `UPDATE ${table} SET size = 'large', expires = 'never'`],
      [
        "with another name for a column of the removals",
        (table) => `ALTER TABLE ${table.replace("r_", "g_")} RENAME COLUMN who TO whn`,
      ],
      ["with empty texts for bytes", (table) => `UPDATE ${table} SET record = ''`],
      ["with numbers for bytes", (table) => `UPDATE ${table} SET record = 7`],
      ["with another table of that name", (table) => `DROP TABLE ${table}; CREATE TABLE ${table} (id TEXT, other)`],
      ["with a view of that name", (table) => `DROP TABLE ${table}; CREATE VIEW ${table} AS SELECT 1 AS id`],
      ["with a trigger", (table) => `CREATE TRIGGER no BEFORE INSERT ON ${table} BEGIN SELECT raise(ABORT, 'no'); END`],
      ["with another list of caches", () => "DROP TABLE caches; CREATE TABLE caches (something)"],
      ["without a list of caches", () => "DROP TABLE caches"],
      ["with rubbish in the list of caches", () => "UPDATE caches SET value = x'00ff'"],
      ["with another number", () => "PRAGMA application_id = 1"],
      ["with a rollback journal", () => "PRAGMA journal_mode = DELETE"],
    ];

    it.each(meddlings)("%s", async (what, sql) => {
      for (const readsFirst of [true, false]) {
        await endure(remain, { name: what, apply: (files) => meddle(files, sql) }, directory, readsFirst);
      }
    });

    it("with capital letters in the names of its columns", async () => {
      const capitals = { "record BLOB": "Record BLOB", "size INTEGER": "Size INTEGER", "id TEXT": "Id TEXT" };
      const apply = (files: Files): Files =>
        new Map(
          [...files].map(([name, bytes]) => {
            const after = Buffer.from(bytes);
            for (const [was, is] of Object.entries(capitals))
              if (after.includes(was)) after.write(is, after.indexOf(was));
            return [name, after];
          }),
        );
      await endure(remain, { name: "with capital letters", apply }, directory, true);
    });

    it("with the records of one cache in the table of another", async () => {
      const files = meddle(remain.files, (table) => {
        const other = idOf("other");
        return `${statementsFor(other).create.join("; ")}; INSERT INTO ${tableOf(other)} SELECT * FROM ${table};
          UPDATE ${tableOf(other)} SET id = '${fileNameOf("other", "once")}' WHERE id = '${fileNameOf("test", "once")}'`;
      });
      await inTemporary(async (place) => {
        writeFiles(place, files);
        const reasons: string[] = [];
        const options = { onDamage: (reason: string) => void reasons.push(reason) };
        const store = await openStore(engineNamed(remain.engine), place, { id: idOf("other") }, options);
        for (const key of ["once", "twice", "gone"]) {
          expect(await storedIn(store, key)).toBe(undefined);
          await store.set(key, entryOf(key));
          expect(await storedIn(store, key)).toBe(key);
        }
        expect(reasons).toEqual(["It is the record of another key."]);
        await store.close();
      });
    });

    it("that is large, with records out of order", async () => {
      await inTemporary(async (place) => {
        const engine = engineNamed(remain.engine);
        const first = await openStore(engine, place);
        for (let i = 0; i < 6_000; i += 1) await first.set(i, entryOf("x".repeat(300)));
        await first.close();
        const files = readFiles(place);
        const name = [...files.keys()].find((file) => file.endsWith(".db")) ?? "";
        const id = fileNameOf("test", 3_000);
        const bytes = files.get(name) ?? Buffer.alloc(0);
        // More than is looked through when it is opened.
        expect(bytes.byteLength).toBeGreaterThan(512 * 4_096);
        // Everywhere: pages that were split may hold an older copy, which nobody reads.
        for (let place = bytes.indexOf(id); place >= 0; place = bytes.indexOf(id, place + 1)) {
          bytes.write(id < "a" ? "z" : "-", place, "latin1");
        }
        writeFiles(place, files);
        const store = await openStore(engine, place);
        expect(await storedIn(store, 1)).toBe("x".repeat(300));
        for (let i = 0; i < 10; i += 1) await store.set(i, entryOf(`new ${i}`));
        for (let i = 0; i < 10; i += 1) expect([undefined, `new ${i}`]).toContain(await storedIn(store, i));
        await store.close();
        expect([...readFiles(place).keys()]).toContain(`${name}.damaged`);
      });
    });
  },
);

describe.each(names)("a function on %s", (engine) => {
  it("whose files were damaged gives the right result, runs at most once, and is cached again", async () => {
    const common = { name: "damaged", folderName: FOLDER, version: 1, engine, fallback: false };
    const keys = ["a", "b", "c"];
    let runs = 0;
    const load = (key: string): string => {
      runs += 1;
      return `value of ${key}`;
    };
    const open = (
      cacheDir: string,
    ): { (key: string): unknown; readonly cache: { close(): unknown; stats(): { hits: number } } } => {
      const options = { ...common, cacheDir };
      if (engine === "file") return fcache(load, options);
      return engine === "sqlite" ? bcache(load, options) : bcache(load, { ...options, sync: true });
    };
    const files = await inTemporary(async (cacheDir) => {
      const fn = open(cacheDir);
      for (const key of keys) await fn(key);
      await fn.cache.close();
      return readFiles(cacheDir);
    });
    const random = createRandom(seed);
    const remain = { engine, state: "closed", files, early: new Map() } as const;
    const damages = new Damages(remain);
    const harms = [...wholeFileHarms(remain), ...[...spread(damages.total, 60, random)].map((at) => damages.at(at))];
    let late = 0;
    for (const harm of harms) {
      await inTemporary(async (cacheDir) => {
        writeFiles(cacheDir, harm.apply(files));
        const fn = open(cacheDir);
        for (const key of keys) {
          for (const most of [1, 0]) {
            runs = 0;
            expect(await fn(key), harm.name).toBe(`value of ${key}`);
            expect(runs, harm.name).toBeLessThanOrEqual(1);
            // A machine that is slow may take longer than a call waits for its engine.
            if (runs > most) late += 1;
          }
        }
        await fn.cache.close();
      });
    }
    expect(late, `of ${harms.length * keys.length} calls`).toBeLessThanOrEqual(harms.length / 20);
    expect(filesOf(files).length).toBeGreaterThan(0);
  });
});
