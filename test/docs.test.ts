/** Every example of the docs, of the docstrings and of examples/ is compiled and run; `// => text` is what it prints. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withTables } from "../scripts/capabilities.js";
import { withSizing } from "../scripts/sizing.js";
import { inMemory } from "../src/decorators/recipe.js";
import { FILES_FIRST } from "../src/select/index.js";
import { makeWorkFolder, node, root, tsc } from "./support/build.js";

interface Example {
  readonly from: string;
  readonly name: string;
  readonly code: string;
}

function list(folder: string, ending: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(ending)).map((file) => join(folder, file));
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const documents = ["README.md", "CONTRIBUTING.md", ...list("docs", ".md")];
const blocks = (text: string): string[] =>
  [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
const docstrings = (text: string): string[] =>
  [...text.matchAll(/^ *\/\*\*\n([\s\S]*?)\*\/$/gm)].flatMap((match) =>
    blocks((match[1] as string).replaceAll(/^ *\* ?/gm, "")),
  );

const examples: readonly Example[] = [
  ...documents.flatMap((file) => blocks(read(file)).map((code) => ({ from: file, code }))),
  ...list("src", ".ts").flatMap((file) => docstrings(read(file)).map((code) => ({ from: file, code }))),
  ...list("examples", ".ts").map((file) => ({ from: file, code: read(file) })),
].map((example, i) => ({ ...example, name: `example-${i}` }));

let folder: string;
/** Where the children keep their caches, each in a directory of its own: not where the user keeps them. */
const caches = realpathSync(mkdtempSync(join(tmpdir(), "docs-caches-")));
const keepingIn = (name: string): Record<string, string> => ({
  TWAT_CACHE_DIR: join(caches, name),
  XDG_CACHE_HOME: join(caches, name),
  // What the examples say of hits is true of machines that are not busy; here several run at once.
  TWAT_CACHE_ENGINE_TIMEOUT: "10s",
});

afterAll(() => rmSync(caches, { recursive: true, force: true }));

beforeAll(async () => {
  folder = makeWorkFolder("docs");
  for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {};\n`);
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable", "esnext.decorators"],
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    outDir: join(folder, "out"),
    rootDir: folder,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: [folder] }));
  const compiled = await tsc(["-p", folder]);
  const from = (name: string): string => examples.find((example) => example.name === name)?.from ?? name;
  expect(compiled.stdout.replaceAll(/\S*(example-\d+)\.ts/g, (_all, name: string) => `${from(name)} (${name})`)).toBe(
    "",
  );
}, 120_000);

describe("examples are compiled and run", () => {
  it(`there are examples in every place that should have some`, () => {
    for (const place of [
      "README.md",
      "docs/statistics.md",
      "docs/values.md",
      "docs/failure.md",
      "src/decorators/mcache.ts",
      "src/errors.ts",
      "examples/demo.ts",
    ]) {
      expect(
        examples.some(({ from }) => from === place),
        place,
      ).toBe(true);
    }
  });

  const runnable = examples.filter(({ from }) => from !== "examples/demo.ts");
  it.concurrent.each(runnable)("$from, $name", async ({ name, code }) => {
    const expected = [...code.matchAll(/\/\/ => (.*)$/gm)].map((match) => match[1]);
    const {
      code: exit,
      stdout,
      stderr,
    } = await node([join(folder, "out", `${name}.js`)], {
      // Some examples make engines fail on purpose, which is worth a warning.
      env: { ...keepingIn(name), TWAT_CACHE_LOG_LEVEL: "error" },
    });
    expect({ exit, stderr, lines: stdout.split("\n").filter(Boolean) }).toEqual({
      exit: 0,
      stderr: "",
      lines: expected,
    });
  });
});

describe("the documents", () => {
  const demo = (...args: string[]) =>
    node([join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "examples/demo.ts"), ...args], {
      env: keepingIn("demo"),
    });
  const NUMBER = "[1-9]\\d*";
  /** What a row of the demo's table says about a function: its engine, where the cold run found it, hits and misses. */
  const row = (engine: string, from: string, hits: string, misses: string): RegExp =>
    new RegExp(`\\) +${engine} +${from} +[\\d.]+ ms +[\\d.]+ ms +${hits} +${misses} +\\d+ +([\\d.]+ ms|-)$`);

  /** What the demo says of a source that becomes slow and fails: what each caller got, and what for. */
  function expectBridged(said: readonly string[]): void {
    const log = '(Log: The function of the cache "count" failed; its last value stays in use.)';
    expect(said[5]).toBe(log);
    const calls = said.filter((line) => line !== log).map((line) => line.split(/ {2,}/));
    expect(
      calls.map(([at, source, got, kind]) => [at, source, got?.replace(/^[1-9]\d* /, ""), kind].join(", ")),
    ).toEqual([
      "0 min, works, as of 0 min, new",
      "1 min, works, as of 0 min, fresh",
      "3 min, slow, as of 0 min, stale",
      "4 min, slow, as of 3 min, fresh",
      "9 min, slow, as of 3 min, stale",
      "20 min, down, as of 9 min, stale",
      "22 min, down, as of 9 min, stale",
      "90 min, works, as of 90 min, new",
    ]);
    const asked = calls.map(([at, , , , waited, took]) => ({ at, waited: parseFloat(waited ?? ""), took }));
    expect(asked.filter(({ took }) => took === "not asked").map(({ at }) => at)).toEqual(["1 min", "4 min", "22 min"]);
    for (const { at, waited, took } of asked) {
      expect(waited, at).toBeGreaterThanOrEqual(0);
      // Who gets a stale value does not wait for a source that is slow.
      if (at === "3 min" || at === "9 min") expect(waited, at).toBeLessThan(parseFloat(took ?? ""));
    }
  }

  it("the demo prints what was cached, where, and what it saved, and finds it on disk the next time", async () => {
    for (const round of ["first", "second"]) {
      const { code, stdout, stderr } = await demo();
      expect({ code, stderr }, `${round} run`).toEqual({ code: 0, stderr: "" });
      const table = stdout.split("\n").filter((line) => /(mcache|acache|ucache|bcache|fcache)\(/.test(line));
      expect(table).toHaveLength(7);
      for (const line of table.slice(0, 5)) expect(line).toMatch(row("(lru|map)", "scratch", NUMBER, NUMBER));
      const [from, misses] = round === "first" ? ["scratch", NUMBER] : ["disk", "0"];
      expect(table[5]).toMatch(row("sqlite", from, NUMBER, misses));
      expect(table[6]).toMatch(row("file", from, NUMBER, misses));
      expect(stdout).toMatch(/\d+ calls, [\d.]+ % of them hits/);
      expect(stdout).toContain(join(caches, "demo", "twat-cache-demo"));
      expect(stdout).toMatch(/On disk: [1-9]\d* files of [1-9]\d* KB/);
      const note = round === "first" ? /will be served/ : /was served .* [1-9]\d* of weigh, [1-9]\d* of bundle/;
      expect(stdout).toMatch(note);
      expectBridged(stdout.split("\n").filter((line) => /^\d+ min |^\(Log: /.test(line)));
    }
    expect((await demo("--clear")).stdout).toMatch(/twat-cache-demo is removed/);
    expect(readdirSync(join(caches, "demo"))).toEqual([]);
  });

  it("the tables that scripts make are those of the code", () => {
    expect(read("docs/engines.md")).toBe(withTables(read("docs/engines.md")));
    expect(read("docs/distributed.md")).toBe(withSizing(read("docs/distributed.md")));
  });

  it("README shows the two commands on its first screen, and stays short", () => {
    const lines = read("README.md").split("\n");
    expect(lines.length).toBeLessThan(250);
    expect(lines.slice(0, 25).join("\n")).toMatch(/npm ci && npm run demo[\s\S]*npm cit/);
  });

  it("links lead somewhere", () => {
    const broken = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map((match) => join(dirname(file), match[1] as string))
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("README's options are the options that there are", async () => {
    const { optionNames } = await import("../src/config/schema.js");
    const table = read("README.md").split("## Options")[1]?.split("## ")[0] ?? "";
    const all = new Set([...optionNames("cache"), ...optionNames("disk")]);
    for (const name of all) expect(table, name).toMatch(new RegExp(`\`${name}\\b`));
  });

  it("README's chains are those of the code", () => {
    const table = read("README.md").split("## The decorators")[1]?.split("## ")[0] ?? "";
    for (const [name, chain] of [
      ["mcache", inMemory.chain],
      ["acache", inMemory.chain],
      ["bcache", inMemory.diskChain],
      ["fcache", FILES_FIRST],
    ] as const) {
      const cell = chain.map((engine) => `\`${engine}\``).join(", ");
      expect(
        table.split("\n").find((line) => line.startsWith(`| \`${name}\``)),
        name,
      ).toContain(`| ${cell} `);
    }
  });

  it("the changelog keeps its form", () => {
    expect(read("CHANGELOG.md")).toMatch(/^# Changelog\n[\s\S]*## \[Unreleased\]\n\n### (Added|Changed|Fixed)/);
  });
});
