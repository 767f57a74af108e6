/** What stores of one cache know of each other's removals. */

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fence } from "../../src/contract/index.js";
import { removalsOf } from "../../src/disk/sql.js";
import { REMOVALS } from "../../src/engines/file/removals.js";
import {
  engineNamed,
  entryOf,
  FOLDER,
  idOf,
  makeTemporary,
  openStore,
  persistentEngines,
  removeTemporary,
  type Store,
  storedIn,
} from "../support/disk-stores.js";
import { collectLog } from "../support/log.js";
import { openDatabase } from "../support/storm.js";

collectLog();
const names = (await persistentEngines()).map(({ name }) => name);

let directory = "";
const stores: Store[] = [];
beforeEach(() => {
  directory = makeTemporary();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  removeTemporary(directory);
});

async function open(engine: string): Promise<Store> {
  const store = await openStore(engineNamed(engine), directory);
  stores.push(store);
  return store;
}

/** What a store knows now. */
async function fenceOf(store: Store, key: string = "k"): Promise<Fence> {
  return (await store.fence?.(key)) ?? expect.unreachable("there is no fence");
}

/** Stores a value that began to be made at a fence; whether it is there. */
async function put(store: Store, fence: Fence, value: string = "old"): Promise<boolean> {
  const kept = await store.set("k", entryOf(value), fence);
  const found = await storedIn(store, "k");
  expect(found, String(kept)).toBe(kept === "fenced" ? undefined : value);
  return kept === true;
}

describe.each(names)("two stores of one cache, on %s", (engine) => {
  it("know of each other's removals, whether anything was there or not", async () => {
    const [one, other] = [await open(engine), await open(engine)];
    const removals = [() => other.delete("k"), () => other.clear()];
    for (const remove of removals) {
      for (const isThere of [true, false]) {
        if (isThere) await one.set("k", entryOf("older"));
        const fence = await fenceOf(one);
        await remove();
        expect(await put(one, fence)).toBe(false);
        expect(await storedIn(other, "k")).toBe(undefined);
      }
      // After it.
      expect(await put(one, await fenceOf(one))).toBe(true);
    }
  });

  it("tell a miss from a hit where they say what they know", async () => {
    const [one, other] = [await open(engine), await open(engine)];
    for (let round = 0; round < 3; round += 1) {
      let heard: Fence | undefined;
      // Others are asked for in between, which are there.
      await other.set("there", entryOf("there"));
      await one.get("there");
      await other.delete("k");
      await one.get("k", undefined, (fence) => {
        heard = fence;
      });
      expect(await put(one, heard ?? (await fenceOf(one)))).toBe(true);
      await one.get("k", undefined, () => expect.unreachable("it is there"));
    }
  });

  it("do not mind the removal of another key, nor what happened before, nor what they removed themselves", async () => {
    const [one, other] = [await open(engine), await open(engine)];
    await other.delete("k");
    const fence = await fenceOf(one);
    await other.delete("other");
    await one.delete("k");
    await one.clear();
    await one.delete("k");
    expect(await put(one, fence)).toBe(true);
  });

  it("take a value that there was at once in any case", async () => {
    const [one, other] = [await open(engine), await open(engine)];
    await other.delete("k");
    expect(await one.set("k", entryOf("new"))).toBe(true);
    expect(await storedIn(other, "k")).toBe("new");
  });

  it("keep the later of two values whose makers did not know of each other", async () => {
    const [one, other] = [await open(engine), await open(engine)];
    const fence = await fenceOf(one);
    await other.delete("k");
    await other.set("k", entryOf("new"));
    expect(await one.set("k", entryOf("old"), fence)).toBe("fenced");
    expect(await storedIn(one, "k")).toBe("new");
  });

  it("refuse what began before so many removals that they are not remembered", async () => {
    const [one, other] = [await open(engine), await open(engine)];
    const fences = [await fenceOf(one)];
    // As many as are remembered at most, and some more.
    for (let i = 0; i < 4_400; i += 1) {
      await other.delete(`other-${i}`);
      if (i === 4_300) fences.push(await fenceOf(one));
    }
    expect(await put(one, fences[0] as Fence)).toBe(false);
    expect(await put(one, fences[1] as Fence)).toBe(true);
    const fence = await fenceOf(one);
    await other.delete("k");
    expect(await put(one, fence)).toBe(false);
    expect(sizeOfList(engine)).toBeLessThan(300_000);
  }, 60_000);

  it("refuse what began in a folder that was replaced meanwhile", async () => {
    const one = await open(engine);
    await one.set("k", entryOf("older"));
    const fence = await fenceOf(one);
    renameSync(join(directory, FOLDER), join(directory, "before"));
    const other = await open(engine);
    await other.delete("k");
    await other.close();
    const third = await openStore(engineNamed(engine), directory);
    stores.push(third);
    expect(await third.set("k", entryOf("old"), fence)).toBe("fenced");
    expect(await put(third, await fenceOf(third), "new")).toBe(true);
  });
});

/** Bytes of what is remembered, at most. */
function sizeOfList(engine: string): number {
  if (engine === "file") return statSync(listOfFiles()).size;
  const database = openDatabase(join(directory, FOLDER, `${engine}.db`));
  const rows = database.pragma("page_count", { simple: true }) as number;
  database.close();
  return rows * 100;
}

function listOfFiles(): string {
  return join(directory, FOLDER, "files", idOf("test"), REMOVALS);
}

describe.each(names.filter((name) => name !== "file"))("a database of %s", (engine) => {
  const change = (sql: (table: string) => string): void => {
    const database = openDatabase(join(directory, FOLDER, `${engine}.db`));
    database.exec(sql(removalsOf(idOf("test"))));
    database.close();
  };

  it("without a list of removals is given one, and keeps its entries", async () => {
    const first = await open(engine);
    await first.set("k", entryOf("kept"));
    await first.close();
    change((table) => `DROP TABLE ${table}`);
    const [one, other] = [await open(engine), await open(engine)];
    const fence = await fenceOf(one);
    expect(await storedIn(one, "k")).toBe("kept");
    await other.delete("k");
    expect(await put(one, fence)).toBe(false);
    expect(await put(one, await fenceOf(one))).toBe(true);
  });

  it.each([
    ["is empty", (table: string) => `DELETE FROM ${table}`],
    ["is gone", (table: string) => `DROP TABLE ${table}`],
    ["has a gap", (table: string) => `DELETE FROM ${table} WHERE rowid = (SELECT max(rowid) - 1 FROM ${table})`],
    ["has other numbers", (table: string) => `UPDATE ${table} SET rowid = rowid + 1000`],
    ["has a view in its place", (table: string) => `DROP TABLE ${table}; CREATE VIEW ${table} AS SELECT '#7' AS id`],
    ["has another table in its place", (table: string) => `DROP TABLE ${table}; CREATE TABLE ${table} (other)`],
  ])("whose list %s, refuses what began before, and then works", async (_what, sql) => {
    const [one, other] = [await open(engine), await open(engine)];
    await one.set("k", entryOf("older"));
    await other.delete("other");
    const fence = await fenceOf(one);
    await other.delete("k");
    change(sql);
    expect(await put(one, fence)).toBe(false);
    expect(await put(one, await fenceOf(one))).toBe(true);
    expect(await put(other, await fenceOf(other))).toBe(true);
  });
});

describe("the list of removals of a cache in files", () => {
  /** A fence of one store, after which another one has removed the key, and damage may be done. */
  async function stage(): Promise<readonly [one: Store, fence: Fence, list: Buffer]> {
    const [one, other] = [await open("file"), await open("file")];
    await fenceOf(other);
    await other.delete("before");
    const fence = await fenceOf(one);
    await other.delete("k");
    await other.delete("after");
    return [one, fence, readFileSync(listOfFiles())];
  }

  it("refuses, whatever bit of it is another one, and works for what begins after", async () => {
    const [one, fence, list] = await stage();
    expect(list.byteLength).toBe(4 * 64);
    for (let at = 0; at < list.byteLength; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const harmed = Buffer.from(list);
        harmed.writeUInt8(harmed.readUInt8(at) ^ (1 << bit), at);
        writeFileSync(listOfFiles(), harmed);
        expect(await one.set("k", entryOf("old"), fence), `bit ${bit} of ${at}`).toBe("fenced");
      }
      if (at % 16 === 0) expect(await put(one, await fenceOf(one), "new"), `after ${at}`).toBe(true);
      await one.delete("k");
    }
  }, 60_000);

  it("refuses, however short it is, and works for what begins after", async () => {
    const [one, fence, list] = await stage();
    for (let length = 0; length < list.byteLength; length += 1) {
      writeFileSync(listOfFiles(), list);
      truncateSync(listOfFiles(), length);
      // Cut behind the fence and after a whole part, it is as it was at some time, and nothing can tell.
      if (length === 2 * 64) continue;
      expect(await one.set("k", entryOf("old"), fence), `cut to ${length}`).toBe("fenced");
      if (length % 16 === 0) expect(await put(one, await fenceOf(one), "new"), `after ${length}`).toBe(true);
      await one.delete("k");
    }
  });

  const things: readonly (readonly [string, (path: string) => void])[] = [
    ["nothing", () => undefined],
    ["a directory", (path) => mkdirSync(join(path, "with", "something"), { recursive: true })],
    ["a link to a file", (path) => symlinkSync(join(directory, "somebody's"), path)],
    ["a pipe", (path) => void execFileSync("mkfifo", [path])],
    ["an empty file", (path) => writeFileSync(path, "")],
    ["a text", (path) => writeFileSync(path, "This is no list.".repeat(16))],
  ];

  it.each(things)("refuses, with %s in its place, and works for what begins after", async (_what, make) => {
    const [one, fence] = await stage();
    const other = stores[1] as Store;
    writeFileSync(join(directory, "somebody's"), "somebody's");
    rmSync(listOfFiles());
    make(listOfFiles());
    expect(await put(one, fence)).toBe(false);
    // A removal finds it as it is.
    await other.delete("k");
    expect(await put(one, fence)).toBe(false);
    const later = await fenceOf(one);
    expect(await put(one, later, "new")).toBe(true);
    await other.delete("k");
    expect(await put(one, later)).toBe(false);
    expect(readFileSync(join(directory, "somebody's"), "utf8")).toBe("somebody's");
    expect(statSync(listOfFiles()).mode & 0o777).toBe(0o600);
  });

  it("is not written to where it has another name", async () => {
    const [one, other] = [await open("file"), await open("file")];
    const fence = await fenceOf(one);
    const name = join(directory, "another name");
    execFileSync("ln", [listOfFiles(), name]);
    const before = readFileSync(name);
    await other.delete("k");
    expect(readFileSync(name)).toEqual(before);
    expect(await put(one, fence)).toBe(false);
    expect(await put(one, await fenceOf(one))).toBe(true);
  });

  it("is not there where nothing was loaded, and leaves nothing behind", async () => {
    const one = await open("file");
    await one.set("k", entryOf("value"));
    await one.delete("k");
    await one.clear();
    expect(existsSync(listOfFiles())).toBe(false);
    await fenceOf(one);
    appendFileSync(listOfFiles(), "something");
    await fenceOf(one);
    await one.close();
    const home = join(directory, FOLDER, "files", idOf("test"));
    expect(readdirSync(home).filter((name) => !["staging", "tidied", REMOVALS].includes(name))).toEqual([]);
  });
});
