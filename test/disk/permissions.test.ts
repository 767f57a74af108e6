/** Who may read what the engines write, and what they do with links: every engine, from its function down to the files. */

import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Child, type Kind, type Warning } from "./child.js";
import { addProgram, makeProject, type Project } from "./project.js";

const KINDS: readonly Kind[] = ["bcache", "fcache", "sync"];
const KEYS = [1, 2, 3, 4, 5];

let whole: Project;
/** Here `bcache` stands on files, and leaves marks. */
let withoutSqlite: Project;
let program: string;

beforeAll(async () => {
  [whole, withoutSqlite] = await Promise.all([makeProject(), makeProject({ "@keyv/sqlite": "absent" })]);
  program = addProgram(whole, "disk-child.mjs");
  addProgram(withoutSqlite, "disk-child.mjs");
});
afterAll(() => {
  whole.remove();
  withoutSqlite.remove();
});

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Everything below a folder, by its path in it; what vanishes meanwhile is left out. */
function everythingIn(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    try {
      for (const one of readdirSync(path, { withFileTypes: true })) {
        const below = join(path, one.name);
        found.push(relative(folder, below));
        if (one.isDirectory()) walk(below);
      }
    } catch {
      // It has vanished.
    }
  };
  walk(folder);
  return found;
}

/** What each thing may be, as people write it: `files 700`. */
function modesIn(folder: string): string[] {
  return everythingIn(folder).flatMap((path) => {
    try {
      return [`${path} ${(lstatSync(join(folder, path)).mode & 0o777).toString(8)}`];
    } catch {
      return [];
    }
  });
}

/** Nobody gets below a directory of records in the making: what the package makes there has the umask's modes. */
const isInStaging = (line: string): boolean => /\/staging\/[^/ ]+\//.test(line);
const isStaging = (line: string): boolean => /\/staging(\/[^/ ]+)? /.test(line);

/** Calls until each key is a hit. */
async function untilHits(child: Child, id: string, keys: readonly unknown[] = KEYS): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    const { wrong, runs } = await child.call(id, keys);
    expect(wrong, id).toEqual([]);
    if (runs === 0) return;
    await pause(20);
  }
  throw new Error(`"${id}" does not cache.\n${child.stderr}`);
}

describe.concurrent("what is made", () => {
  const umasks = [0o000, 0o022, 0o077].map((mask) => [mask.toString(8).padStart(3, "0"), mask] as const);

  it.each(umasks)(
    "under the umask %s is its owner's alone; with secure: false, others may read it",
    async (_n, mask) => {
      const base = realpathSync(mkdtempSync(join(tmpdir(), "modes-")));
      const children = [new Child(program), new Child(join(withoutSqlite.path, "disk-child.mjs"))];
      let isOver = false;
      try {
        const seen = new Set<string>();
        // What is there for a moment only is seen by looking often.
        const watch = (async () => {
          for (; !isOver; await pause(100)) for (const line of modesIn(base)) seen.add(line);
        })();
        for (const [n, child] of children.entries()) {
          await child.umask(mask);
          for (const secure of [true, false]) {
            const options = { cacheDir: join(base, `cache-${n}`), folderName: secure ? "secure" : "open", secure };
            for (const kind of KINDS) {
              const id = `${kind}-${secure}`;
              await child.make(id, kind, options, 3_000);
              await untilHits(child, id);
              await child.call(
                id,
                Array.from({ length: 12 }, (_, key) => 100 + key),
              );
              await child.handle(id, "delete", 1);
              await child.handle(id, "clear");
              await untilHits(child, id);
            }
          }
        }
        const now = children.flatMap((_, n) => modesIn(join(base, `cache-${n}`)));
        isOver = true;
        await watch;
        for (const child of children) {
          expect(await child.end()).toBe(0);
          // On a machine that is busy, an answer may come late.
          const isGrave = (one: Warning): boolean => one.err !== undefined && !/in time/.test(one.err.message ?? "");
          expect(child.warnings.filter(isGrave)).toEqual([]);
        }

        // What is on its way out has the mode that it had.
        const isOpen = (line: string): boolean => /^(cache-\d\/)?(open[/ ]|\.trash-)/.test(line);
        const lines = [...seen].filter((line) => !isInStaging(line));
        expect(lines.filter((line) => !isOpen(line) && !/ [67]00$/.test(line))).toEqual([]);
        expect(lines.filter((line) => isOpen(line) && / .[2367]?.?[2367]$/.test(line))).toEqual([]);
        // What is there at the end has exactly the modes that are promised.
        const end = now.filter((line) => !isInStaging(line));
        const wrong = end.filter(
          (line) => !new RegExp(isOpen(line) && !isStaging(line) ? " (644|755)$" : " [67]00$").test(line),
        );
        expect(wrong.filter((line) => !/\/(lock|tidied) /.test(line))).toEqual([]);
        for (const name of [
          "sqlite.db",
          "sqlite.db-wal",
          "sqlite.db-shm",
          "better-sqlite3.db-wal",
          "CACHEDIR.TAG",
          "marks",
        ]) {
          expect(end.filter((line) => line.startsWith(`secure/${name} `)).length, name).toBeGreaterThan(0);
        }
      } finally {
        isOver = true;
        for (const child of children) child.kill();
        rmSync(base, { recursive: true, force: true });
      }
    },
  );

  it("leaves the mode of a directory that the user has made, and puts a folder of its own into it", async () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), "modes-")));
    chmodSync(base, 0o755);
    const child = new Child(program);
    try {
      for (const kind of KINDS) {
        await child.make(kind, kind, { cacheDir: base, folderName: "ours" });
        await untilHits(child, kind);
      }
      expect((lstatSync(base).mode & 0o777).toString(8)).toBe("755");
      expect(modesIn(base)[0]).toBe("ours 700");
      expect(await child.end()).toBe(0);
    } finally {
      child.kill();
      rmSync(base, { recursive: true, force: true });
    }
  });
});

/** A picture of a folder: what is in it, with what bytes, modes and times. */
function pictureOf(folder: string): string[] {
  return everythingIn(folder).map((path) => {
    const stats = lstatSync(join(folder, path));
    const text = stats.isFile() ? readFileSync(join(folder, path), "base64") : "";
    return `${path} ${stats.mode.toString(8)} ${stats.isFile() ? `${stats.mtimeMs} ${stats.nlink}` : ""} ${text}`;
  });
}

/** The path of something in a folder that caches have been at work in. */
const first = (folder: string, pattern: RegExp): string => {
  const found = everythingIn(folder).find((path) => pattern.test(path));
  if (found === undefined)
    throw new Error(`There is nothing like ${String(pattern)} in ${everythingIn(folder).join()}`);
  return found;
};
const named = (path: string) => (): string => path;

/** Where a link is planted, which cache uses the place, and whether values are found through it. */
const PLACES: readonly [name: string, kind: Kind, where: (folder: string) => string, holdsValues: boolean][] = [
  ["the database of sqlite", "bcache", named("sqlite.db"), true],
  ["its log", "bcache", named("sqlite.db-wal"), false],
  ["the log's index", "bcache", named("sqlite.db-shm"), false],
  ["its journal", "bcache", named("sqlite.db-journal"), false],
  ["its lock", "bcache", named("sqlite.db.lock"), false],
  ["what was set aside", "bcache", named("sqlite.db.damaged"), false],
  ["the database of better-sqlite3", "sync", named("better-sqlite3.db"), true],
  ["the log of that", "sync", named("better-sqlite3.db-wal"), false],
  ["the directory of files", "fcache", named("files"), true],
  ["the directory of a cache", "fcache", (folder) => first(folder, /^files\/[0-9a-f]{64}$/), true],
  ["the index", "fcache", (folder) => first(folder, /index-v5$/), true],
  ["a directory in it", "fcache", (folder) => first(folder, /index-v5\/[0-9a-f]{2}$/), true],
  ["a bucket", "fcache", (folder) => first(folder, /index-v5\/..\/..\/[0-9a-f]+$/), true],
  ["the contents", "fcache", (folder) => first(folder, /content-v2$/), true],
  ["a directory of them", "fcache", (folder) => first(folder, /content-v2\/sha256$/), true],
  ["a content", "fcache", (folder) => first(folder, /sha256\/..\/..\/[0-9a-f]+$/), true],
  ["where records are made", "fcache", (folder) => first(folder, /staging$/), false],
  ["the lock of files", "fcache", (folder) => join(first(folder, /^files\/[0-9a-f]{64}$/), "lock"), false],
  ["the janitor's note", "fcache", (folder) => join(first(folder, /^files\/[0-9a-f]{64}$/), "tidied"), false],
  ["the marks", "bcache", named("marks"), false],
  ["the tag", "bcache", named("CACHEDIR.TAG"), false],
  ["the folder, for bcache", "bcache", named("."), true],
  ["the folder, for fcache", "fcache", named("."), true],
];

describe.concurrent("a link in the place of", () => {
  it.each(PLACES)("%s: nothing is read or written through it", async (_name, kind, where, holdsValues) => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), "links-")));
    const cacheDir = join(base, "cache");
    const folder = join(cacheDir, "folder");
    const outside = join(base, "outside");
    const children: Child[] = [];
    const start = async (one: string): Promise<Child> => {
      const child = new Child(one);
      children.push(child);
      await child.make(kind, kind, { cacheDir, folderName: "folder" });
      return child;
    };
    try {
      const before = await start(program);
      await untilHits(before, kind, [1]);
      expect(await before.end()).toBe(0);

      const path = join(folder, where(folder));
      mkdirSync(outside);
      const target = join(outside, "target");
      if (existsSync(path)) {
        // What is found through the link would be as good as what was there.
        cpSync(path, target, { recursive: true, preserveTimestamps: true });
        rmSync(path, { recursive: true });
      } else if (basename(path) === "marks") mkdirSync(target);
      else writeFileSync(target, "something of somebody's");
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(target, path.replace(/\/\.$/, ""));
      const picture = pictureOf(outside);

      // The one that stands on files leaves marks.
      const after = await start(basename(path) === "marks" ? join(withoutSqlite.path, "disk-child.mjs") : program);
      if (holdsValues) await after.change(kind, "all");
      for (let round = 0; round < 12; round += 1) {
        expect((await after.call(kind, [1, 2])).wrong).toEqual([]);
        await pause(10);
      }
      await after.handle(kind, "delete", 1);
      expect((await after.call(kind, [1])).wrong).toEqual([]);
      await after.handle(kind, "clear");
      expect((await after.call(kind, [1, 2])).wrong).toEqual([]);
      expect(await after.end()).toBe(0);
      expect(pictureOf(outside)).toEqual(picture);
    } finally {
      for (const child of children) child.kill();
      rmSync(base, { recursive: true, force: true });
    }
  });
});

describe.concurrent("names", () => {
  const HOSTILE = [
    "../../etc/passwd",
    "__proto__",
    "constructor",
    "a/b\\c:d",
    "NUL",
    "con.txt",
    "\u0000",
    "x".repeat(5_000),
    "",
  ];

  it("of functions, and arguments, are in no path, and lead out of no folder", async () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), "names-")));
    const cacheDir = join(base, "cache");
    const child = new Child(program);
    try {
      for (const kind of KINDS) {
        for (const name of ["../../escape", "__proto__", "NUL"]) {
          const id = `${kind} ${name}`;
          await child.make(id, kind, { cacheDir, folderName: "folder", name, key: undefined, version: id });
          await untilHits(child, id, HOSTILE);
          await child.handle(id, "delete", "__proto__");
          expect((await child.call(id, HOSTILE)).wrong).toEqual([]);
        }
      }
      expect(readdirSync(base)).toEqual(["cache"]);
      expect(readdirSync(cacheDir)).toEqual(["folder"]);
      const paths = everythingIn(join(cacheDir, "folder")).filter((path) => !path.includes("/staging/"));
      const OURS =
        /^(CACHEDIR\.TAG|(better-sqlite3|sqlite)\.db(-wal|-shm|\.lock)?|files(\/[0-9a-f]{64}(\/(index-v5|content-v2(\/sha256)?)(\/[0-9a-f]+)*|\/staging|\/lock|\/tidied|\/removals)?)?)$/;
      expect(paths.filter((path) => !OURS.test(path))).toEqual([]);
      expect(await child.end()).toBe(0);
    } finally {
      child.kill();
      rmSync(base, { recursive: true, force: true });
    }
  });

  it("of folders that are no names are refused where the function is decorated", async () => {
    const child = new Child(program);
    try {
      for (const folderName of ["..", ".", "a/b", "../x", "NUL", "con.txt", "a\u0000b", "", "x".repeat(101), "a."]) {
        for (const kind of KINDS) {
          const { error } = await child.make("one", kind, { folderName });
          expect([folderName, error?.code]).toEqual([folderName, "ERR_CACHE_CONFIGURATION"]);
        }
      }
      const { error } = await child.make("proto", "bcache", { folderName: "__proto__", cacheDir: "\u0000" });
      expect(error?.code).toBe("ERR_CACHE_CONFIGURATION");
      expect(await child.end()).toBe(0);
    } finally {
      child.kill();
    }
  });

  it("of files that are not ours stay, and so do the files", async () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), "names-")));
    const cacheDir = join(base, "cache");
    const folder = join(cacheDir, "folder");
    const child = new Child(program);
    try {
      for (const kind of KINDS) {
        await child.make(kind, kind, { cacheDir, folderName: "folder" });
        await untilHits(child, kind);
      }
      mkdirSync(join(base, "foreign"));
      const foreign = ["notes.txt", "files/notes.txt", `${first(folder, /^files\/[0-9a-f]{64}$/)}/index-v5/notes.txt`];
      for (const path of foreign) writeFileSync(join(folder, path), "mine");
      for (const kind of KINDS) {
        await untilHits(child, kind, [11, 12, 13]);
        expect((await child.handle(kind, "size")).error?.message).toBeDefined();
        await untilHits(child, kind);
      }
      for (const path of foreign) expect(readFileSync(join(folder, path), "utf8")).toBe("mine");
      expect(await child.end()).toBe(0);

      // A folder that is somebody's is refused, and left as it is.
      renameSync(folder, join(base, "kept"));
      mkdirSync(folder);
      writeFileSync(join(folder, "thesis.txt"), "mine");
      const other = new Child(program);
      for (const kind of KINDS) {
        await other.make(kind, kind, { cacheDir, folderName: "folder" });
        for (let round = 0; round < 3; round += 1) expect((await other.call(kind, KEYS)).wrong).toEqual([]);
      }
      expect(await other.end()).toBe(0);
      expect(readdirSync(folder)).toEqual(["thesis.txt"]);
      expect(other.stderr).toContain("was not made by twat-cache");
    } finally {
      child.kill();
      rmSync(base, { recursive: true, force: true });
    }
  });
});
