/** The packed tarball, as somebody who installs it in an empty folder would find it. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { node, type Outcome, root, run, tsc } from "../support/build.js";

const npm = (args: readonly string[], cwd: string): Promise<Outcome> =>
  run("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, timeout: 120_000 });

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "twat-cache-install-"));
  const packed = await npm(["pack", root, "--ignore-scripts", "--json"], folder);
  expect(packed.code, packed.stderr).toBe(0);
  tarball = join(folder, readdirSync(folder).find((file) => file.endsWith(".tgz")) as string);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  const installed = await npm(["install", tarball, "--prefer-offline", "--ignore-scripts"], folder);
  expect(installed.code, installed.stderr).toBe(0);
  // Compiled already, which takes a minute or two.
  const native = "node_modules/sqlite3/build/Release/node_sqlite3.node";
  cpSync(join(root, native), join(folder, native));
}, 240_000);

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe("the installed package", () => {
  it("holds what it should, and nothing else", () => {
    const home = join(folder, "node_modules/twat-cache");
    expect(readdirSync(home).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json"]);
    const notices = readFileSync(join(home, "dist/THIRD-PARTY-NOTICES.md"), "utf8");
    for (const name of ["zod", "leven"]) expect(notices).toMatch(new RegExp(`## ${name} \\d.*\\n\\n[\\s\\S]*MIT`));
    const installed = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
    expect(installed).not.toContain("zod");
    expect(installed).toEqual(expect.arrayContaining(["lru-cache", "pino"]));
    const declarations = readdirSync(join(home, "dist/types"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".d.ts"),
    );
    for (const file of declarations)
      expect(readFileSync(join(home, "dist/types", file), "utf8")).not.toMatch(/from "zod/);
  });

  it("works from an ES module", async () => {
    const file = write(
      "esm.mjs",
      `import { mcache, acache, withCache, getStats, cacheOf } from "twat-cache";
       import { createFakeClock, chaosEngine, engineConformance } from "twat-cache/testing";
       let runs = 0;
       const square = mcache((n) => ++runs && n * n, { ttl: "5m" });
       const load = acache(async (id) => ({ id }));
       square(3);
       await withCache({ bypass: true }, () => square(3));
       console.log(square(3), runs, (await load(1)).id, getStats().totalCaches, cacheOf(square).has(3), typeof createFakeClock().now(), typeof chaosEngine, typeof engineConformance);`,
    );
    expect(await node([file])).toEqual({ code: 0, stdout: "9 2 1 2 true number function function\n", stderr: "" });
  });

  it("works from require()", async () => {
    const file = write(
      "cjs.cjs",
      `const { mcache } = require("twat-cache");
       const { createFakeClock } = require("twat-cache/testing");
       const square = mcache((n) => n * n, { clock: createFakeClock(), ttl: 5 });
       console.log(square(3), square(3), square.cache.stats().hits);`,
    );
    // Node 20.19 says that requiring ES modules is new; later ones do not.
    const { code, stdout } = await node([file]);
    expect([code, stdout]).toEqual([0, "9 9 1\n"]);
  });

  it("works from plain JavaScript without types, decorators applied by hand", async () => {
    const file = write(
      "plain.mjs",
      `import { mcache, cacheOf } from "twat-cache";
       class Repository { find(id) { this.runs = (this.runs ?? 0) + 1; return id; } }
       const descriptor = Object.getOwnPropertyDescriptor(Repository.prototype, "find");
       Object.defineProperty(Repository.prototype, "find", mcache()(Repository.prototype, "find", descriptor));
       const repository = new Repository();
       repository.find(1); repository.find(1);
       console.log(repository.runs, cacheOf(repository, "find").has(1));`,
    );
    expect(await node([file])).toEqual({ code: 0, stdout: "1 true\n", stderr: "" });
  });

  const program = `
    import { acache, cacheOf, mcache, withCache, type Cached, type CacheHandle } from "twat-cache";
    import { createFakeClock, engineConformance } from "twat-cache/testing";
    const area = mcache(<T extends number>(width: T, height: number): number => width * height, { ttl: "5m", clock: createFakeClock() });
    const size: number = area(2, 3);
    const handle: CacheHandle = mcache((n: number) => n).cache;
    const cached: Cached<(n: number) => string> = mcache((n: number) => String(n));
    const user = acache(async (id: number) => ({ id }));
    await withCache({ refresh: true }, async (cache) => void (await cache.set("k", (await user(1)).id)));
    class Repository { @mcache({ ttl: "1m" }) find(id: string): string { return id + size; } @mcache get total(): number { return 1; } }
    const found: boolean | Promise<boolean> = cacheOf(new Repository(), "find").has("a");
    export { area, cached, engineConformance, found, handle };
  `;

  it.each([
    ["nodenext", { module: "nodenext", moduleResolution: "nodenext" }],
    ["bundler", { module: "esnext", moduleResolution: "bundler" }],
    [
      "nodenext, experimentalDecorators",
      { module: "nodenext", moduleResolution: "nodenext", experimentalDecorators: true },
    ],
  ])("works from TypeScript under %s, checked to the last declaration", async (name, options) => {
    const project = join(folder, name.replaceAll(/\W+/g, "-"));
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, "program.ts"), program);
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "es2022",
          lib: ["es2022"],
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
          ...options,
        },
        files: ["program.ts"],
      }),
    );
    expect(await tsc(["-p", project])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("publint and are-the-types-wrong find nothing", async () => {
    const publint = await node([join(root, "node_modules/publint/src/cli.js"), tarball, "--strict"]);
    expect(publint.stdout + publint.stderr).toMatch(/All good!/);
    const attw = await node([
      join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"),
      tarball,
      "--profile",
      "esm-only",
    ]);
    expect(attw.stdout).not.toMatch(/^(?!.*ignored).*(💀|⚠️|❌|🚭)/m);
    expect(attw.code, attw.stdout).toBe(0);
  });

  it("loads no engine package but lru-cache when a function is wrapped and called", async () => {
    const hooks = `export async function load(url, context, next) { if (url.startsWith("file:")) process._rawDebug("loaded " + url); return next(url, context); }`;
    const file = write(
      "loads.mjs",
      `import { register } from "node:module";
       register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));
       const { mcache } = await import("twat-cache");
       console.log(mcache((n) => n * n, { ttl: "5m" })(3));`,
    );
    const { stdout, stderr } = await node([file]);
    const loaded = [...stderr.matchAll(/loaded .*node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].map((match) => match[1]);
    expect(stdout).toBe("9\n");
    expect([...new Set(loaded)].sort()).toEqual(["lru-cache", "twat-cache"]);
  });

  it("loads no part of Node and no package that only caches on disk need when a function is wrapped and called", async () => {
    // Made before it is written: that loads something, too.
    const told = `const told = JSON.stringify([
      ...process.moduleLoadList,
      ...Object.keys(process.getBuiltinModule("node:module").createRequire(import.meta.url).cache),
    ]);
    process.stdout.write(told);`;
    write("nothing.mjs", "");
    const empty = write("empty.mjs", `await import("./nothing.mjs"); ${told}`);
    const memory = write(
      "memory.mjs",
      `const { mcache } = await import("twat-cache"); mcache((n) => n * n, { ttl: "5m" })(3); ${told}`,
    );
    const loaded = async (file: string): Promise<string[]> => JSON.parse((await node([file])).stdout) as string[];
    const before = new Set(await loaded(empty));
    const added = (await loaded(memory)).filter((one) => !before.has(one));
    const onDisk = /^NativeModule (crypto|zlib|worker_threads|stream|sqlite)$|node_modules/;
    expect(added.filter((one) => onDisk.test(one))).toEqual([]);
  });

  it("starts nothing and touches no file when it is imported", async () => {
    const file = write(
      "import.mjs",
      `import fs from "node:fs";
       import { syncBuiltinESMExports } from "node:module";
       const before = new Set(Object.keys(globalThis));
       const handles = process.getActiveResourcesInfo().length;
       const touched = (name) => () => { throw new Error("a file was touched: " + name); };
       for (const name of ["writeFileSync", "mkdirSync", "readdirSync"]) fs[name] = touched(name);
       const { openSync } = fs;
       // Node itself opens the modules that it loads.
       fs.openSync = (path, ...rest) => (/\\.js$/.test(path) ? openSync : touched("openSync"))(path, ...rest);
       syncBuiltinESMExports();
       await import("twat-cache");
       const globals = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name) && name.startsWith("twat"));
       console.log(globals.length, process.getActiveResourcesInfo().length - handles);`,
    );
    expect(await node([file])).toMatchObject({ code: 0, stdout: "0 0\n" });
  });
});
