/** What happens where packages are absent or broken: another engine stands in, says so once, and nothing old comes back. */

import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../support/build.js";
import { Child, type Kind } from "./child.js";
import { addProgram, type Instead, makeProject, type Project } from "./project.js";

const KEYS = [1, 2, 3, 4, 5];
/** What a package says whose native part was built for another version of Node. */
const BROKEN = { source: 'throw new Error("Could not locate the bindings file. Tried:\\n → build/x.node");' };
/** The engine behind better-sqlite3, where this Node has it. */
const AFTER_BETTER = process.getBuiltinModule("node:sqlite") === undefined ? "lru" : "node-sqlite";

let project: Project;
let program: string;
let base: string;
const children = new Set<Child>();

beforeAll(async () => {
  project = await makeProject();
  program = addProgram(project, "disk-child.mjs");
  base = realpathSync(mkdtempSync(join(tmpdir(), "fallback-")));
});
afterAll(() => {
  for (const child of children) child.kill();
  project.remove();
  rmSync(base, { recursive: true, force: true });
});

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const newDir = (): string => mkdtempSync(join(base, "cache-"));

/** Starts a program where these packages are not as they should be; it holds to what it found. */
async function start(instead: Instead, kind: Kind, options: object): Promise<Child> {
  const child = new Child(program);
  children.add(child);
  const whole: Instead = { "@keyv/sqlite": undefined, cacache: undefined, "better-sqlite3": undefined };
  project.install({ ...whole, ...instead });
  await child.make("one", kind, { folderName: "folder", ...options });
  return child;
}

async function end(child: Child): Promise<void> {
  expect(await child.end(), child.stderr).toBe(0);
  children.delete(child);
}

/** Calls until each key is a hit. */
async function untilHits(child: Child, keys: readonly number[] = KEYS): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    const { wrong, runs } = await child.call("one", keys);
    expect(wrong).toEqual([]);
    if (runs === 0) return;
    await pause(20);
  }
  throw new Error(`Nothing is cached.\n${child.stderr}`);
}

describe("the chain", () => {
  const CHAINS: readonly [kind: Kind, instead: Instead, engine: string, reasons: readonly string[]][] = [
    ["bcache", {}, "sqlite", []],
    [
      "bcache",
      { "@keyv/sqlite": "absent" },
      "file",
      ['"sqlite" cannot be used: its package is not installed; run: npm install @keyv/sqlite'],
    ],
    [
      "bcache",
      { "@keyv/sqlite": BROKEN },
      "file",
      [
        '"sqlite" cannot be used: its package cannot be loaded (Could not locate the bindings file. Tried:); run: npm rebuild, or npm install @keyv/sqlite',
      ],
    ],
    [
      "bcache",
      { "@keyv/sqlite": BROKEN, cacache: "absent" },
      "lru",
      ['"sqlite" cannot be used', '"file" cannot be used: its package is not installed; run: npm install cacache'],
    ],
    ["fcache", { cacache: "absent" }, "sqlite", ['"file" cannot be used: its package is not installed']],
    [
      "fcache",
      { cacache: BROKEN, "@keyv/sqlite": "absent" },
      "lru",
      ['"file" cannot be used: its package cannot be loaded', '"sqlite" cannot be used'],
    ],
    [
      "sync",
      { "better-sqlite3": "absent" },
      AFTER_BETTER,
      ['"better-sqlite3" cannot be used: its package is not installed; run: npm install better-sqlite3'],
    ],
    [
      "sync",
      { "better-sqlite3": BROKEN },
      AFTER_BETTER,
      [
        '"better-sqlite3" cannot be used: its package cannot be loaded (Could not locate the bindings file. Tried:); run: npm rebuild',
      ],
    ],
  ];

  it.each(CHAINS)("of %s, without %o, leads to %s, and says so once", async (kind, instead, engine, reasons) => {
    const child = await start(instead, kind, { cacheDir: newDir() });
    // The program checks for each call that it gives the function's result, as a promise where that is to be one.
    await untilHits(child);
    await child.handle("one", "delete", 1);
    await untilHits(child);
    const { stats, ...info } = await child.info("one");
    expect([info.engine, stats.hits > 0]).toEqual([engine, true]);
    await end(child);
    const said = child.warnings.filter(({ msg }) => msg.includes("uses the engine"));
    expect(said.length, child.stderr).toBe(reasons.length === 0 ? 0 : 1);
    for (const part of reasons.length === 0
      ? []
      : [`The cache "one" uses the engine "${engine}", since `, ...reasons]) {
      expect(said[0]?.msg).toContain(part);
    }
  });

  it("leads around a native part that was never built", async () => {
    const child = await start({ "@keyv/sqlite": "absent" }, "bcache", { cacheDir: newDir() });
    const place = join(project.path, "node_modules", "@keyv", "sqlite");
    cpSync(join(root, "node_modules/@keyv/sqlite"), place, { recursive: true });
    const sqlite3 = join(place, "node_modules", "sqlite3");
    mkdirSync(sqlite3, { recursive: true });
    for (const part of ["package.json", "lib"]) {
      cpSync(join(root, "node_modules/sqlite3", part), join(sqlite3, part), { recursive: true });
    }
    for (const one of ["keyv", "bindings"])
      symlinkSync(join(root, "node_modules", one), join(place, "node_modules", one));
    await untilHits(child);
    expect((await child.info("one")).engine).toBe("file");
    await end(child);
    expect(child.warnings[0]?.msg).toMatch(/Could not locate the bindings file.*npm rebuild/);
    expect(child.warnings).toHaveLength(1);
  });
});

describe("fallback: false", () => {
  const REFUSALS: readonly [kind: Kind, instead: Instead, options: object, hint: string][] = [
    ["bcache", { "@keyv/sqlite": "absent" }, {}, "npm install @keyv/sqlite"],
    ["bcache", { "@keyv/sqlite": BROKEN }, {}, "npm rebuild"],
    ["bcache", { "@keyv/sqlite": "absent" }, { engine: "sqlite" }, "npm install @keyv/sqlite"],
    ["bcache", { cacache: "absent" }, { engine: "file" }, "npm install cacache"],
    ["fcache", { cacache: "absent" }, {}, "npm install cacache"],
    ["sync", { "better-sqlite3": "absent" }, {}, "npm install better-sqlite3"],
    ["sync", { "better-sqlite3": BROKEN }, { engine: "better-sqlite3" }, "npm rebuild"],
  ];

  it.each(REFUSALS)(
    "%s without %o, %o: refuses at decoration, with the way out",
    async (kind, instead, options, hint) => {
      const child = await start(instead, kind, {});
      const { error } = await child.make("two", kind, {
        cacheDir: newDir(),
        folderName: "folder",
        ...options,
        fallback: false,
      });
      expect([error?.name, error?.code]).toEqual(["EngineNotAvailableError", "ERR_CACHE_ENGINE_NOT_AVAILABLE"]);
      expect(error?.message).toContain(hint);
      await end(child);
      expect(child.stderr).toBe("");
    },
  );

  it.each(["bcache", "fcache", "sync"] as const)("%s with all packages there works", async (kind) => {
    const child = await start({}, kind, { cacheDir: newDir(), fallback: false });
    await untilHits(child);
    await end(child);
  });
});

describe("a stand-in's changes", () => {
  const SWITCHES: readonly [
    name: string,
    kind: Kind,
    before: Instead,
    meanwhile: Instead,
    engines: readonly string[],
  ][] = [
    ["file for sqlite", "bcache", {}, { "@keyv/sqlite": "absent" }, ["sqlite", "file"]],
    ["sqlite after file", "bcache", { "@keyv/sqlite": "absent" }, {}, ["file", "sqlite"]],
    ["memory for sqlite", "bcache", {}, { "@keyv/sqlite": "absent", cacache: "absent" }, ["sqlite", "lru"]],
    ["sqlite for file", "fcache", {}, { cacache: "absent" }, ["file", "sqlite"]],
    ["memory for better-sqlite3", "sync", {}, { "better-sqlite3": "absent" }, ["better-sqlite3", AFTER_BETTER]],
  ];
  const CHANGES: readonly [name: string, change: (child: Child) => Promise<unknown>][] = [
    ["deletes", (child) => child.handle("one", "delete", 1)],
    ["replaces", (child) => child.handle("one", "refresh", 1)],
    ["finds out", async (child) => (await untilHits(child, [1])) ?? {}],
    ["clears", (child) => child.handle("one", "clear")],
  ];

  it.each(SWITCHES.flatMap(([name, ...rest]) => CHANGES.map(([change, act]) => [name, change, ...rest, act] as const)))(
    "%s: what it %s is not served when the other one is back",
    async (_n, _c, kind, before, meanwhile, engines, act) => {
      const options = { cacheDir: newDir() };
      const first = await start(before, kind, options);
      await untilHits(first);
      expect((await first.info("one")).engine).toBe(engines[0]);
      await end(first);

      const second = await start(meanwhile, kind, options);
      await second.call("one", [9]);
      expect((await second.info("one")).engine).toBe(engines[1]);
      await second.change("one", 1);
      // It may serve nothing old either: what it has is from before.
      expect(await act(second)).not.toHaveProperty("error");
      expect((await second.call("one", [1])).wrong).toEqual([]);
      await end(second);

      const third = await start(before, kind, options);
      await third.change("one", 1);
      expect((await third.call("one", [1])).wrong).toEqual([]);
      // And it caches again.
      await untilHits(third);
      await end(third);
    },
  );

  it("are heard of by another program that is at work, within a second or so", async () => {
    const options = { cacheDir: newDir() };
    const preferred = await start({}, "bcache", options);
    await untilHits(preferred);
    const standIn = await start({ "@keyv/sqlite": "absent" }, "bcache", options);
    await untilHits(standIn);
    for (const [one, other] of [
      [preferred, standIn],
      [standIn, preferred],
    ] as const) {
      await pause(1_100);
      for (const child of [one, other]) await untilHits(child);
      for (const child of [one, other]) await child.change("one", "all");
      expect(await one.handle("one", "clear")).not.toHaveProperty("error");
      await pause(1_100);
      expect((await other.call("one", KEYS)).wrong).toEqual([]);
    }
    await end(preferred);
    await end(standIn);
  });
});

describe("clear() as the first thing that a program does", () => {
  it.each(["bcache", "fcache", "sync"] as const)("of %s removes what an earlier run has left", async (kind) => {
    const options = { cacheDir: newDir() };
    const earlier = await start({}, kind, options);
    await untilHits(earlier);
    await end(earlier);
    const child = await start({}, kind, options);
    await child.change("one", "all");
    expect(await child.handle("one", "clear")).not.toHaveProperty("error");
    expect((await child.call("one", KEYS)).wrong).toEqual([]);
    await end(child);
  });
});
