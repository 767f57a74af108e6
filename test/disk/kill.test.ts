import { linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEntry } from "../../src/entry.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { everythingIn, makeOld } from "../support/leftovers.js";
import { createRandom, seed } from "../support/random.js";
import { killRounds, openStorm } from "../support/storm.js";

let program: Bundle;
beforeAll(async () => {
  program = await bundle("test/support/storm-child.ts");
});
afterAll(() => program.remove());

it.each(["sqlite", "file"])(
  `%s, 30 rounds of three processes that are killed: nothing wrong, lost, back or left over, SEED=${seed}`,
  async (engine) => {
    const { wrong, errors, left, acknowledged } = await killRounds(program.path, engine, 30, createRandom(seed));
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(errors.slice(0, 5)).toEqual([]);
    expect(left.slice(0, 5)).toEqual([]);
    expect(acknowledged).toBeGreaterThan(50);
  },
);

describe("what a process leaves that is killed at the worst moment", () => {
  /** A number that no process has. */
  const NOBODY = 2 ** 30;
  let cacheDir: string;
  beforeEach(() => {
    cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-kill-"));
  });
  afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

  async function write(engine: string, ...keys: readonly string[]): Promise<void> {
    const store = await openStorm(engine, cacheDir);
    for (const key of keys) await store.set(key, createEntry(key, 0, 0, undefined, 1));
    await store.close();
  }

  async function read(engine: string, ...keys: readonly string[]): Promise<unknown[]> {
    const store = await openStorm(engine, cacheDir);
    const values: unknown[] = [];
    for (const key of keys) values.push((await store.get(key))?.value);
    await store.close();
    return values;
  }

  it.each(["sqlite", "better-sqlite3"])("%s: a database with two names is used, and a draft goes", async (engine) => {
    const folder = join(cacheDir, "storm");
    await write(engine, "a");
    const path = join(folder, `${engine}.db`);
    linkSync(path, `${path}.0123456789abcdef.new`);
    writeFileSync(`${path}.fedcba9876543210.new`, "");
    writeFileSync(`${path}.0000000000000000.new`, "");
    makeOld(folder);
    // One that is young may be somebody's.
    writeFileSync(`${path}.0000000000000000.new`, "");
    expect(await read(engine, "a")).toEqual(["a"]);
    expect(readdirSync(folder).sort()).toEqual(["CACHEDIR.TAG", `${engine}.db`, `${engine}.db.0000000000000000.new`]);
  });

  it("file: contents and lines without one another, records in the making, and a lock", async () => {
    const files = join(cacheDir, "storm", "files");
    await write("file", "a", "b", "c", "d");
    const home = join(files, readdirSync(files)[0] as string);
    const [line = "", other = ""] = everythingIn(join(home, "index-v5")).filter(
      (path) => !/index-v5(\/..){1,2}$/.test(path),
    );
    // A line whose record was not published, and one that was removed before its content.
    const staging = join(home, "staging", `${NOBODY}-0123456789ab`);
    const staged = join(staging, line.slice(home.length));
    mkdirSync(dirname(staged), { recursive: true });
    mkdirSync(join(staging, "tmp"));
    writeFileSync(join(staging, "tmp", "part"), "half a rec");
    renameSync(line, staged);
    rmSync(other);
    writeFileSync(join(home, "lock"), `${NOBODY} 0123456789abcdef`);
    makeOld(join(cacheDir, "storm"));
    await write("file", "e");
    expect((await read("file", "a", "b", "c", "d", "e")).filter(Boolean)).toHaveLength(3);
    const left = everythingIn(home).filter(
      (path) => !/\/(index-v5|content-v2|staging|tidied)$|\/sha256$|\/..$/.test(path),
    );
    expect(left.filter((path) => path.startsWith(join(home, "content-v2")))).toHaveLength(3);
    expect(left.filter((path) => path.startsWith(join(home, "index-v5")))).toHaveLength(3);
    expect(left).toHaveLength(6);
  });
});
