import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The folder of the project. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A new folder inside the project, from which the project itself can be imported by its name. */
export function makeWorkFolder(name: string): string {
  mkdirSync(join(root, ".tmp"), { recursive: true });
  return mkdtempSync(join(root, ".tmp", `${name}-`));
}

/** What a program said, and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; never rejects. */
export async function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; timeout?: number } = {},
): Promise<Outcome> {
  const { cwd = root, env = {}, timeout = 60_000 } = options;
  try {
    const result = await promisify(execFile)(file, [...args], {
      cwd,
      timeout,
      maxBuffer: 64 * 1_048_576,
      env: { ...process.env, NODE_OPTIONS: "", ...env },
    });
    return { code: 0, ...result };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === "number" ? code : 1, stdout: stdout ?? "", stderr: stderr ?? String(error) };
  }
}

/** Runs Node. */
export function node(args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Outcome> {
  return run(process.execPath, args, options);
}

/** Compiles with the project's own TypeScript. */
export function tsc(args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Outcome> {
  return node([join(root, "node_modules/typescript/bin/tsc"), ...args], options);
}
