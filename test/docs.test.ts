/** Every example of the docs, of the docstrings and of examples/ is compiled and run; `// => text` is what it prints. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
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
      env: { TWAT_CACHE_LOG_LEVEL: "error" },
    });
    expect({ exit, stderr, lines: stdout.split("\n").filter(Boolean) }).toEqual({
      exit: 0,
      stderr: "",
      lines: expected,
    });
  });
});

describe("the documents", () => {
  it("the demo prints what was cached, where, and what it saved", async () => {
    const { code, stdout, stderr } = await node([
      join(root, "node_modules/tsx/dist/cli.mjs"),
      join(root, "examples/demo.ts"),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const table = stdout.split("\n").filter((line) => /(mcache|acache|ucache)\(/.test(line));
    expect(table).toHaveLength(5);
    for (const line of table)
      expect(line).toMatch(/(lru|map) +[\d.]+ ms +[\d.]+ ms +[1-9]\d* +[1-9]\d* +\d+ +[\d.]+ ms$/);
    expect(stdout).toMatch(/\d+ calls, [\d.]+ % of them hits/);
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
    for (const name of optionNames("cache")) expect(table, name).toMatch(new RegExp(`\`${name}\\b`));
  });

  it("the changelog keeps its form", () => {
    expect(read("CHANGELOG.md")).toMatch(/^# Changelog\n[\s\S]*## \[Unreleased\]\n\n### (Added|Changed|Fixed)/);
  });
});
