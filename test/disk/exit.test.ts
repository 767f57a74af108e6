import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { node, type Outcome } from "../support/build.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { holdLock } from "../support/storm.js";

let library: Bundle;
let cacheDir: string;
beforeAll(async () => {
  library = await bundle("test/support/exit-child.ts");
});
afterAll(() => library.remove());
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-exit-"));
});
afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

const hasNodeSqlite = process.getBuiltinModule("node:sqlite") !== undefined;
/** Every engine that keeps entries on disk, as an option of `bcache`. */
const ENGINES: readonly (readonly [string, string])[] = [
  ["sqlite", ""],
  ["file", ""],
  ["better-sqlite3", ", sync: true"],
  ...(hasNodeSqlite ? ([["node-sqlite", ", sync: true"]] as const) : []),
];

/** Says what of the folder is open, and how long it took to end after the last line of the program. */
const PROLOGUE = `
  import { readdirSync, readlinkSync } from "node:fs";
  const openFiles = () => readdirSync("/proc/self/fd").flatMap((fd) => {
    try { return [readlinkSync("/proc/self/fd/" + fd)]; } catch { return []; }
  });
  let ended = performance.now();
  process.on("exit", () => console.log(JSON.stringify({ toExit: performance.now() - ended })));
`;

async function runProgram(body: string): Promise<Outcome & { readonly said: Record<string, number> }> {
  const program = `${PROLOGUE}
    const { bcache, fcache, engines } = await import(${JSON.stringify(library.path)});
    const folderName = "storm";
    ${body}
    ended = performance.now();`;
  const args = ["--unhandled-rejections=strict", "--input-type=module", "--eval", program];
  const outcome = await node(args, { timeout: 20_000, env: { TWAT_CACHE_DIR: cacheDir } });
  const said = outcome.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, number>);
  return { ...outcome, said: Object.assign({}, ...said) as Record<string, number> };
}

const make = (engine: string, rest: string): string =>
  `bcache((n) => "v".repeat(n), { name: "f-${engine}", version: 1, folderName, engine: "${engine}", fallback: false${rest} })`;

describe("a process exits by itself", () => {
  it.each([
    ...ENGINES.map(([engine, rest]): [string, string] => [
      `that used ${engine} and closed nothing`,
      `const f = ${make(engine, rest)};
       for (let n = 0; n < 50; n += 1) { if (await f(n) !== "v".repeat(n) || await f(n) !== "v".repeat(n)) throw new Error("wrong"); }
       await f.cache.delete(3); await f.cache.set([4], "x"); if (await f(4) !== "x") throw new Error("not set");`,
    ]),
    [
      "that used every engine and closed nothing",
      `${ENGINES.map(([engine, rest]) => `await ${make(engine, rest)}(1);`).join(" ")} await fcache((n) => n, { name: "g", folderName })(1);`,
    ],
    ["that awaits nothing", ENGINES.map(([engine, rest]) => `void ${make(engine, rest)}(1);`).join(" ")],
    [
      "that closes each twice, and goes on",
      ENGINES.map(
        ([engine, rest], i) =>
          `const f${i} = ${make(engine, rest)}; await f${i}(1); await f${i}.cache.close(); await f${i}.cache.close(); if (await f${i}(2) !== "vv") throw new Error("wrong");`,
      ).join(" "),
    ],
  ])("%s", async (_what, body) => {
    const { code, stderr, said } = await runProgram(body);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(said.toExit).toBeLessThan(1_000);
  });

  it("at once when it is told to, in the middle of writing", async () => {
    const body = `${ENGINES.map(([engine, rest], i) => `const f${i} = ${make(engine, rest)}; for (let n = 0; n < 20; n += 1) void f${i}(n);`).join(" ")}
      setTimeout(() => process.exit(7), 20);`;
    const { code, stderr } = await runProgram(body);
    expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
  });

  it("soon, while another process has the lock and many writes are waiting", async () => {
    const release = holdLock("sqlite", cacheDir);
    try {
      const body = `const f = ${make("sqlite", "")};
        await Promise.all(Array.from({ length: 200 }, (_, n) => f(n)));
        console.log(JSON.stringify({ worked: 1 }));`;
      const { code, said } = await runProgram(body);
      expect({ code, worked: said.worked }).toEqual({ code: 0, worked: 1 });
      expect(said.toExit).toBeLessThan(6_000);
    } finally {
      release();
    }
  });
});

describe("until the first call", () => {
  it("importing and decorating neither make nor open a file", async () => {
    const body = `${ENGINES.map(([engine, rest]) => `${make(engine, rest)};`).join(" ")} fcache((n) => n, { name: "g", folderName });
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(JSON.stringify({ open: openFiles().filter((path) => path.startsWith(${JSON.stringify(cacheDir)})).length }));`;
    const { code, stderr, said } = await runProgram(body);
    expect({ code, stderr, open: said.open }).toEqual({ code: 0, stderr: "", open: 0 });
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it("and the first call does", async () => {
    const body = `const f = ${make("sqlite", "")}; await f(1);
      console.log(JSON.stringify({ open: openFiles().filter((path) => path.startsWith(${JSON.stringify(cacheDir)})).length }));`;
    const { said } = await runProgram(body);
    expect(said.open).toBeGreaterThan(0);
    expect(existsSync(join(cacheDir, "storm", "sqlite.db"))).toBe(true);
  });
});

it.runIf(existsSync("/proc/self/fd")).each(ENGINES)(
  "%s: opened and closed 60 times, nothing stays open",
  async (engine, rest) => {
    const body = `
    const round = async (n) => { const f = ${make(engine, rest)}; await f(n); await f.cache.set([n], "x"); await f.cache.close(); };
    for (let n = 0; n < 10; n += 1) await round(n);
    const before = openFiles().length;
    for (let n = 0; n < 60; n += 1) await round(n);
    const ours = openFiles().filter((path) => path.startsWith(${JSON.stringify(cacheDir)}));
    console.log(JSON.stringify({ grown: openFiles().length - before, ours: ours.length }));`;
    const { code, stderr, said } = await runProgram(body);
    expect({ code, stderr, grown: said.grown, ours: said.ours }).toEqual({ code: 0, stderr: "", grown: 0, ours: 0 });
  },
);

it("nothing in the tests above is left out that is installed here", () => {
  expect(() => createRequire(import.meta.url).resolve("better-sqlite3")).not.toThrow();
});
