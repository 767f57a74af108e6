/** A project of somebody else's that has installed this library, with the packages that it needs, or without some. */

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { root } from "../support/build.js";

/** What the library loads when it needs it; the build leaves it outside. */
const PACKAGES = ["lru-cache", "pino", "cacache", "keyv", "@keyv/sqlite", "better-sqlite3", "env-paths"] as const;

type PackageName = (typeof PACKAGES)[number];

/** What a package is in a project, if not the real one: absent, or a module of this source. */
export type Instead = { readonly [Name in PackageName]?: "absent" | { readonly source: string } | undefined };

/** See above. */
export interface Project {
  readonly path: string;
  /** Installs a package, breaks it, or takes it away. */
  install(instead: Instead): void;
  remove(): void;
}

/** Builds the library as `npm run build` does, into a project in a temporary folder. */
export async function makeProject(instead: Instead = {}): Promise<Project> {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "disk-test-")));
  const home = join(path, "node_modules", "twat-cache");
  await build({
    absWorkingDir: root,
    entryPoints: { index: "src/index.ts" },
    outdir: join(home, "dist"),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: [...PACKAGES],
    chunkNames: "shared-[hash]",
    logLevel: "error",
  });
  const { name, version, type, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as object &
    Record<string, unknown>;
  writeFileSync(join(home, "package.json"), JSON.stringify({ name, version, type, exports }));
  writeFileSync(join(path, "package.json"), JSON.stringify({ name: "somebodys", version: "1.0.0", type: "module" }));
  const install = (packages: Instead): void => {
    for (const [one, what] of Object.entries(packages)) put(join(path, "node_modules", one), one, what);
  };
  install({ ...(Object.fromEntries(PACKAGES.map((one) => [one, undefined])) as Instead), ...instead });
  return { path, install, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function put(place: string, name: string, what: Instead[PackageName]): void {
  rmSync(place, { recursive: true, force: true });
  if (what === "absent") return;
  mkdirSync(dirname(place), { recursive: true });
  if (what === undefined) {
    symlinkSync(join(root, "node_modules", name), place);
    return;
  }
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), JSON.stringify({ name, version: "1.0.0", main: "index.cjs" }));
  writeFileSync(join(place, "index.cjs"), what.source);
}

/** Puts a program of test/fixtures/ into a project; its path there. */
export function addProgram({ path }: Project, name: string): string {
  const to = join(path, name);
  copyFileSync(join(root, "test/fixtures", name), to);
  return to;
}
