/** What is done now and then: locks between processes, what nobody uses any more, what is over, whose folder it is. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exactCodec } from "../../src/codec/index.js";
import type { Place, StoreOptions } from "../../src/contract/index.js";
import { faultOf, tryLock, workNow, workThrough } from "../../src/disk/index.js";
import { registerCache } from "../../src/disk/listing.js";
import type { Row, Step, Steps } from "../../src/disk/steps.js";
import { fileEngine } from "../../src/engines/file/index.js";
import { createEntry } from "../../src/entry.js";
import { folderOf } from "../../src/identity/program.js";
import { engineNamed, openStore } from "../support/disk-stores.js";

const DAY = 86_400_000;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twat-cache-upkeep-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a file look as if it had been changed some days ago. */
function age(path: string, days: number): void {
  const then = (Date.now() - days * DAY) / 1_000;
  utimesSync(path, then, then);
}

describe("a lock between processes", () => {
  it("is had by one, and given back", () => {
    const path = join(folder, "lock");
    const unlock = tryLock(path);
    expect([typeof unlock, tryLock(path)]).toEqual(["function", undefined]);
    unlock?.();
    expect(existsSync(path)).toBe(false);
    tryLock(path)?.();
  });

  it("is taken from a process that is gone, and from one that forgot it", () => {
    const path = join(folder, "lock");
    writeFileSync(path, "999999999 abc");
    age(path, 1);
    const unlock = tryLock(path);
    expect(readFileSync(path, "latin1")).toMatch(new RegExp(`^${process.pid} `));
    age(path, 1);
    const later = tryLock(path);
    expect(later).toBeTypeOf("function");
    // Who comes back late does not give away what is another's now.
    unlock?.();
    expect(existsSync(path)).toBe(true);
    later?.();
  });

  it("leaves nothing of those who died while they took it away", () => {
    const path = join(folder, "lock");
    writeFileSync(`${path}.999999999-abc`, "");
    writeFileSync(`${path}.${process.pid}-abc`, "");
    writeFileSync(`${path}.other`, "");
    tryLock(path)?.();
    expect(readdirSync(folder).sort()).toEqual([`lock.${process.pid}-abc`, "lock.other"].sort());
  });

  it("that cannot be made is an error", () => {
    expect(() => tryLock(join(folder, "absent", "lock"))).toThrow(/ENOENT/);
  });
});

describe("the list of caches in a database", () => {
  /** Does the work on a list that is made up, and collects the statements. */
  function statements(listed: readonly Row[]): readonly Step[] {
    const done: Step[] = [];
    const work = registerCache("a".repeat(64), "mine") as Steps<void>;
    workNow(work, (...step) => {
      done.push(step);
      return step[0].startsWith("SELECT") ? listed : [];
    });
    return done.slice(1);
  }
  const listing = (label: string, days: number): string => JSON.stringify({ label, usedAt: Date.now() - days * DAY });

  it("is not written again on the same day", () => {
    expect(statements([{ key: "a".repeat(64), value: listing("mine", 0) }])).toEqual([]);
    expect(statements([{ key: "a".repeat(64), value: listing("mine", 2) }])).toHaveLength(1);
  });

  it("loses earlier versions after a week, others after a season, and what makes no sense never runs as SQL", () => {
    const rows = [
      { key: "b".repeat(64), value: listing("mine", 8) },
      { key: "c".repeat(64), value: listing("other", 8) },
      { key: "d".repeat(64), value: listing("other", 91) },
      { key: "x; DROP TABLE y", value: listing("mine", 91) },
      { key: "e".repeat(64), value: "not JSON" },
    ];
    const dropped = statements(rows).filter(([sql]) => sql.startsWith("DELETE"));
    expect(dropped.map(([, key]) => String(key)[0])).toEqual(["b", "d", "e"]);
  });

  it("what a statement throws reaches the work, which may go on", async () => {
    function* careful(): Steps<string> {
      try {
        yield ["FAIL"];
        return "went through";
      } catch {
        yield ["WORKS"];
        return "went on";
      }
    }
    const fail = (sql: string): readonly Row[] => {
      if (sql === "FAIL") throw new Error("no");
      return [];
    };
    expect(workNow(careful(), fail)).toBe("went on");
    expect(await workThrough(careful(), async (sql) => fail(sql))).toBe("went on");
  });
});

describe("faults of databases", () => {
  const writable = { isWritable: true } as never;
  it.each([
    ["busy", { code: "SQLITE_BUSY_SNAPSHOT" }, "busy"],
    ["locked, by number", { errcode: 262 }, "busy"],
    ["no table", { errno: 1, message: "SQLITE_ERROR: no such table: x" }, "missing"],
    [
      "no table yet (bug: a database was set aside when others made tables while a statement was prepared)",
      { errno: 17, message: "SQLITE_SCHEMA: no such table: x" },
      "missing",
    ],
    ["another schema", { errno: 17, message: "SQLITE_SCHEMA: database schema has changed" }, "damaged"],
    ["corrupt", { code: "SQLITE_CORRUPT_VTAB" }, "damaged"],
    ["not a database", { errno: 26 }, "damaged"],
    ["full", { errno: 13 }, "elsewhere"],
    ["none of SQLite's", new Error("x"), "elsewhere"],
    ["nothing at all", undefined, "elsewhere"],
    ["read-only though it can be written to", { errno: 8 }, "damaged"],
  ])("%s", (_what, error, fault) => {
    expect(faultOf(error, writable)).toBe(fault);
  });

  it("read-only, where it cannot be written to", () => {
    expect(faultOf({ errno: 8 }, undefined)).toBe("elsewhere");
  });
});

describe("the janitor of caches in files", () => {
  const id = "ab".repeat(32);
  let now = 1_000;
  const place = (): Place => ({
    folderName: "f",
    cacheDir: folder,
    secure: true,
    id,
    label: "mine",
    codec: exactCodec,
    compress: undefined,
    secret: undefined,
    encryptionKey: undefined,
  });
  const dropped: string[] = [];
  const options = (): StoreOptions => ({
    name: "f",
    maxSize: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "fifo",
    now: () => now,
    onDrop: (_key, _entry, reason) => void dropped.push(reason),
    place: place(),
  });
  const files = (path: string): string[] =>
    existsSync(path)
      ? readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
      : [];

  it("removes what is over, one without the other, what was left, and caches that nobody uses", async () => {
    const home = join(folder, "f", "files", id);
    const first = await fileEngine.open(options());
    await first.set("stays", createEntry("a", 0, 0, undefined, 0));
    await first.set("ends", createEntry("b", 2, 1_000, 2_000, 0));
    await first.set("orphan", createEntry("c", 0, 0, undefined, 0));
    await first.close();
    now = 3_000;

    // A line without its content, a content without a line, a line that is none, all of them old.
    const lines = files(join(home, "index-v5"));
    const contents = files(join(home, "content-v2"));
    const digestOf = (line: string): string => {
      const [, integrity = ""] = /"integrity":"sha256-([^"]+)"/.exec(readFileSync(line, "utf8")) ?? [];
      return Buffer.from(integrity, "base64").toString("hex");
    };
    const contentOf = (line: string): string =>
      contents.find((path) => path.endsWith(digestOf(line).slice(4))) ?? "none";
    const [lineless] = lines.filter((line) => !readFileSync(line, "utf8").includes("expiresAt"));
    rmSync(lineless as string);
    for (const path of [...lines, ...contents]) if (existsSync(path)) age(path, 1);
    const nonsense = join(home, "index-v5", "00", "00");
    mkdirSync(nonsense, { recursive: true });
    writeFileSync(join(nonsense, "x"), "nonsense");
    age(join(nonsense, "x"), 1);

    // What a process has left that is gone, and caches of other functions.
    mkdirSync(join(home, "staging", "999999999-dead", "tmp"), { recursive: true });
    mkdirSync(join(home, "staging", "grave-1"), { recursive: true });
    for (const [name, label, days] of [
      ["earlier", "mine", 8],
      ["other", "theirs", 8],
      ["forgotten", "theirs", 91],
    ] as const) {
      const other = join(folder, "f", "files", name);
      mkdirSync(other);
      writeFileSync(join(other, "tidied"), label);
      age(join(other, "tidied"), days);
      age(other, days);
    }
    age(join(home, "tidied"), 1);

    const again = await fileEngine.open(options());
    await again.set("new", createEntry("d", 0, 0, undefined, 0));
    await again.close();
    expect(dropped).toEqual(["expired"]);
    expect(await again.get("ends")).toBeUndefined();
    expect(readdirSync(join(folder, "f", "files")).sort()).toEqual([id, "other"]);
    expect(readdirSync(join(home, "staging"))).toEqual([]);
    const left = files(join(home, "index-v5"));
    expect(left).toHaveLength(2);
    expect(files(join(home, "content-v2")).sort()).toEqual(
      left
        .map((line) =>
          contentOf(line) === "none"
            ? files(join(home, "content-v2")).find((path) => path.endsWith(digestOf(line).slice(4)))
            : contentOf(line),
        )
        .sort(),
    );
  });
});

describe("what ends while what is over is being removed", () => {
  it.each(["sqlite", "file", "better-sqlite3"])("is left for the next time: %s", async (name) => {
    let now = 0;
    const dropped: string[] = [];
    const store = await openStore(
      engineNamed(name),
      folder,
      {},
      { now: () => now, onDrop: (_key, _value, reason) => dropped.push(reason) },
    );
    // The first write is what begins it.
    await store.set("a", createEntry("a", 0, 100, 100, 0));
    now = 100;
    // Closing would end it before its time.
    for (let turn = 0; turn < 20; turn += 1) await store.get("b");
    await store.close();
    expect(dropped).toEqual([]);
  });
});

describe("the program's own folder", () => {
  it("is named after its package, and where that lies", () => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "@scope/My App" }));
    mkdirSync(join(folder, "src"));
    const name = folderOf(join(folder, "src", "main.js"));
    expect(name).toMatch(/^scope-My-App-[0-9a-f]{12}$/);
    expect(folderOf(join(folder, "other.js"))).toBe(name);
  });

  it("without a name, or a package, it has one all the same", () => {
    writeFileSync(join(folder, "package.json"), "{}");
    expect(folderOf(join(folder, "main.js"))).toMatch(/^program-[0-9a-f]{12}$/);
    expect(folderOf("/main.js")).toMatch(/^program-[0-9a-f]{12}$/);
    expect(folderOf(undefined)).toMatch(/-[0-9a-f]{12}$/);
    expect(basename(folderOf(undefined))).toBe(folderOf(undefined));
  });
});
