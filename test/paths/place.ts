/** A place for real files, and processes that are somebody else's. */

import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { node, root } from "../support/build.js";

/** Some user who is nobody here. */
export const STRANGER = 12_345;
/** Only the administrator can give files away and become somebody else. */
export const isRoot: boolean = process.getuid?.() === 0;
/** Said by tests that are left out. */
export const ONLY_ROOT = isRoot ? "" : " (left out: needs the administrator's rights)";

/** A new folder, and its end. */
export function makePlace(): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "paths-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The permissions of what is there, as people write them. */
export const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

/** Builds the room into one file that any process can import. */
export async function buildRoom(folder: string): Promise<string> {
  const outfile = join(folder, "paths.mjs");
  await build({
    entryPoints: [join(root, "src/paths/index.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
  });
  return outfile;
}

/** Runs lines in a process of their own, with the room as `paths`; what `say` is given comes back. */
export async function runApart(
  room: string,
  lines: string,
  options: { before?: string; uid?: number; umask?: number; env?: Record<string, string>; cwd?: string } = {},
): Promise<unknown[]> {
  const { before = "", uid, umask, env = {}, cwd } = options;
  const program = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const say = (value) => process.stdout.write(JSON.stringify(value ?? null) + "\\n");
    const errorOf = (act) => { try { act(); } catch (error) { return [error.name, error.message, error.cause?.code]; } };
    ${before}
    const paths = await import(${JSON.stringify(room)});
    ${umask === undefined ? "" : `process.umask(${umask});`}
    ${uid === undefined ? "" : `process.setgroups([]); process.setgid(${uid}); process.setuid(${uid});`}
    ${lines}`;
  const file = join(room, `../program-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(file, program);
  const { code, stdout, stderr } = await node([file], { env, ...(cwd !== undefined && { cwd }) });
  if (code !== 0) throw new Error(stderr);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}
