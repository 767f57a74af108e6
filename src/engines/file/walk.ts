/** Walking through the files of a cache, a few at a time. */

import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "./layout.js";

/** Directories above each file: two, by the first digits of a digest. */
const DEPTH = 2;

/** The paths of all files that lie two directories deep. What vanishes meanwhile is left out. */
async function* filesIn(directory: string, depth: number = DEPTH): AsyncGenerator<string> {
  for (const name of await namesIn(directory)) {
    if (depth === 0) yield join(directory, name);
    else yield* filesIn(join(directory, name), depth - 1);
  }
}

/** The names in a directory; none where there is no such directory, or a link. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await lstat(directory)).isDirectory() ? await readdir(directory) : [];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

/** The files with lines. */
export function lineFiles(layout: Layout): AsyncGenerator<string> {
  return filesIn(layout.check(layout.index));
}

/** The files with contents. */
export function contentFiles(layout: Layout): AsyncGenerator<string> {
  return filesIn(layout.check(join(layout.content, "sha256")));
}

/** The digest that a content's path is made of. */
export function digestAt(path: string): string {
  return path.split(/[\\/]/).slice(-3).join("");
}
