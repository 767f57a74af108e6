import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeWorkFolder, node, root, tsc } from "./support/build.js";

/** Compiles fixtures as a user of the package would, and runs them. */
async function compileAndRun(mode: string, options: object, fixtures: readonly string[]): Promise<void> {
  const folder = makeWorkFolder(mode);
  const config = {
    compilerOptions: {
      target: "es2022",
      module: "nodenext",
      lib: ["es2023", "esnext.decorators", "esnext.disposable"],
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      outDir: folder,
      rootDir: join(root, "test/fixtures"),
      ...options,
    },
    files: fixtures.map((name) => join(root, "test/fixtures", `${name}.ts`)),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiled = await tsc(["-p", folder]);
  expect(compiled.stdout + compiled.stderr).toBe("");
  for (const name of fixtures) {
    const ran = await node([join(folder, `${name}.js`)]);
    expect(ran).toEqual({ code: 0, stdout: `${name}: ok\n`, stderr: "" });
  }
}

describe("the same decorators, in TypeScript", () => {
  it("as standard decorators", () =>
    compileAndRun("standard", {}, ["decorators", "decorators-standard", "decorators-routed"]));

  it("with experimentalDecorators", () =>
    compileAndRun("legacy", { experimentalDecorators: true }, [
      "decorators",
      "decorators-legacy",
      "decorators-routed",
    ]));

  it("with experimentalDecorators and emitDecoratorMetadata", () =>
    compileAndRun("metadata", { experimentalDecorators: true, emitDecoratorMetadata: true }, ["decorators"]));
});
