/**
 * Builds dist/: JavaScript by esbuild, with zod and leven inside and their licences beside, declarations by tsc.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = (relative) => `${root}${relative}`;

rmSync(path("dist"), { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: { index: "src/index.ts", testing: "src/testing/index.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: ["lru-cache", "pino", "cacache", "keyv", "@keyv/sqlite", "better-sqlite3", "env-paths"],
  chunkNames: "shared-[hash]",
  legalComments: "none",
  // Less to read for the engine at each start; names stay, for stacks and profiles.
  minifyWhitespace: true,
  minifySyntax: true,
});

execFileSync(process.execPath, [path("node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});

const bundled = ["zod", "leven"].map((name) => {
  const manifest = JSON.parse(readFileSync(path(`node_modules/${name}/package.json`), "utf8"));
  const licence = ["LICENSE", "license"].map((file) => {
    try {
      return readFileSync(path(`node_modules/${name}/${file}`), "utf8");
    } catch {
      return "";
    }
  });
  return `## ${name} ${manifest.version}\n\n${licence.join("").trim()}\n`;
});
writeFileSync(path("dist/THIRD-PARTY-NOTICES.md"), `# Packages bundled into this build\n\n${bundled.join("\n")}`);
