import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { makeWorkFolder, root } from "./build.js";

/** A program in one file, which starts faster than from many. */
export interface Bundle {
  readonly path: string;
  remove(): void;
}

/** Makes one file of a module of the project and all that it imports; packages stay packages. */
export async function bundle(entry: string): Promise<Bundle> {
  // Inside the project, where the packages are found.
  const folder = makeWorkFolder("bundle");
  const path = join(folder, "program.mjs");
  await build({
    entryPoints: [join(root, entry)],
    outfile: path,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
  });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
