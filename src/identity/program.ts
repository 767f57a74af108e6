/** Which program this is: two programs of one user must not share a folder by accident. */

import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Characters of the program's name that a folder's name takes over. */
const MAX_NAME = 60;

let known: string | undefined;

/** The name of the folder for caches whose options name none: the package of the program, and where it lies. */
export function programFolder(): string {
  known ??= folderOf(process.argv[1]);
  return known;
}

/** The same for a script; without one, for the current directory. */
export function folderOf(script: string | undefined): string {
  const start = script === undefined ? currentDirectory() : dirname(real(script));
  const { directory, name } = packageAround(start) ?? { directory: start, name: "program" };
  const plain =
    name
      .replaceAll(/[^A-Za-z0-9-]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, MAX_NAME) || "program";
  return `${plain}-${createHash("sha256").update(directory).digest("hex").slice(0, 12)}`;
}

/** The current directory, which may have been removed. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The nearest directory, upwards, with a package.json that can be read. */
function packageAround(start: string): { readonly directory: string; readonly name: string } | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    try {
      const { name } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { name?: unknown };
      return { directory, name: typeof name === "string" ? name : "program" };
    } catch {
      if (dirname(directory) === directory) return undefined;
    }
  }
}
