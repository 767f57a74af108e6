/** Which program this is: two programs of one user must not share a folder by accident. */

import { dirname, join } from "node:path";
import { createHash } from "../node/crypto.js";
import { fs } from "../node/fs.js";

/** Characters of the program's name that a folder's name takes over. */
const MAX_NAME = 60;

let known: string | undefined;

/** The name of the program, as one segment of a name: that of its package. */
export function programName(): string {
  return plainNameOf(packageOf(process.argv[1]).name);
}

/** The name of the folder for caches whose options name none: the package of the program, and where it lies. */
export function programFolder(): string {
  known ??= folderOf(process.argv[1]);
  return known;
}

/** The same for a script; without one, for the current directory. */
export function folderOf(script: string | undefined): string {
  const { directory, name } = packageOf(script);
  return `${plainNameOf(name)}-${createHash("sha256").update(directory).digest("hex").slice(0, 12)}`;
}

function packageOf(script: string | undefined): { readonly directory: string; readonly name: string } {
  const start = script === undefined ? currentDirectory() : dirname(real(script));
  return packageAround(start) ?? { directory: start, name: "program" };
}

function plainNameOf(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9-]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return plain.slice(0, MAX_NAME) || "program";
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
    return fs.realpathSync(path);
  } catch {
    return path;
  }
}

/** The nearest directory, upwards, with a package.json that can be read. */
function packageAround(start: string): { readonly directory: string; readonly name: string } | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    try {
      const { name } = JSON.parse(fs.readFileSync(join(directory, "package.json"), "utf8")) as { name?: unknown };
      return { directory, name: typeof name === "string" ? name : "program" };
    } catch {
      if (dirname(directory) === directory) return undefined;
    }
  }
}
