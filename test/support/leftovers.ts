/** What processes that were killed have left in the folder of a cache. */

import { existsSync, lstatSync, readdirSync, utimesSync } from "node:fs";
import { join, relative } from "node:path";

import { REMOVALS } from "../../src/engines/file/removals.js";

/** Milliseconds that everything is made older by. */
const AGE = 2 * 3_600_000;

/** All files and directories below a directory. */
export function everythingIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((found) => {
    const path = join(directory, found.name);
    return found.isDirectory() ? [path, ...everythingIn(path)] : [path];
  });
}

/** Makes everything look as if it had been written hours ago, by one of the processes that have been killed. */
export function makeOld(directory: string): void {
  // Whoever was killed early has not even made the directory.
  for (const path of existsSync(directory) ? everythingIn(directory) : []) {
    const then = (lstatSync(path).mtimeMs - AGE) / 1_000;
    utimesSync(path, then, then);
  }
}

/** Files in the folder of a database besides the database, and the lock that the next to need it takes over. */
export function leftBesideDatabase(folder: string): string[] {
  return readdirSync(folder).filter((name) => !/^(CACHEDIR\.TAG|marks|[a-z0-9-]+\.db(-wal|-shm|\.lock)?)$/.test(name));
}

/** Files in the folder of the engine `file` that are neither a line with its content, nor a content with its line. */
export function leftAmongFiles(folder: string, digests: readonly string[]): string[] {
  const known = new Set(
    digests.map((digest) => join("content-v2", "sha256", digest.slice(0, 2), digest.slice(2, 4), digest.slice(4))),
  );
  const left: string[] = [];
  for (const cache of readdirSync(join(folder, "files"))) {
    const home = join(folder, "files", cache);
    for (const path of everythingIn(home)) {
      const name = relative(home, path);
      if (
        lstatSync(path).isDirectory()
          ? !name.startsWith("staging/")
          : name.startsWith("index-v5") || name === "tidied" || name === REMOVALS
      )
        continue;
      if (!known.has(name)) left.push(name);
    }
  }
  return left;
}
