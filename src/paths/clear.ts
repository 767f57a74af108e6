/** Deletes folders of ours: first the name, at once, then the files behind it. */

import { join } from "node:path";
import type { PathError } from "../errors.js";
import { isFolderName } from "../folder-name.js";
import { fs } from "../node/fs.js";
import { checkFolderName } from "./checked-name.js";
import { checkDirectory } from "./directory.js";
import type { FolderOptions } from "./folder.js";
import { isStale, passingPath } from "./passing.js";
import { codeOf, refusal, systemRefusal } from "./refusal.js";
import { checkRoot, writtenRoot } from "./root.js";
import { ownerOf, TAG_NAME } from "./tag.js";

/** Attempts to delete a directory, and milliseconds by which the pause after each is longer than the one before. */
const ATTEMPTS = 5;
const PAUSE = 20;

/**
 * Deletes the files of the folder of that name, or of all folders of ours in the directory: only those that bear our
 * CACHEDIR.TAG. Links are removed, never followed. Caches that use a folder make it again when they next need it.
 *
 * @param folderName - The folder's name. Default: none, all folders of ours.
 * @param options - `cacheDir` as for {@link getCacheDir}.
 * @returns How many folders were deleted; one that does not exist is none.
 * @throws {ConfigurationError} for a text that cannot be a folder's name, and for an empty `cacheDir`.
 * @throws {PathError} when something could not be deleted, or the folder of that name is not ours. What can be deleted
 *   is, before this is thrown.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { clearCacheDir, ensureCacheDir } from "twat-cache";
 * const cacheDir = mkdtempSync(join(tmpdir(), "example-"));
 * ensureCacheDir("reports", { cacheDir });
 * console.log(await clearCacheDir("reports", { cacheDir })); // => 1
 * rmSync(cacheDir, { recursive: true });
 * ```
 */
export async function clearCacheDir(
  folderName?: string,
  options: Pick<FolderOptions, "cacheDir"> = {},
): Promise<number> {
  if (folderName !== undefined) checkFolderName(folderName);
  const root = checkRoot(writtenRoot(options.cacheDir));
  const failures: PathError[] = [];
  const tried = async (path: string, act: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await act();
    } catch (error) {
      failures.push(systemRefusal("remove", path, error));
      return false;
    }
  };
  const names = await list(root);
  let removed = 0;
  for (const name of folderName === undefined ? names.filter(isFolderName) : [folderName]) {
    const path = join(root, name);
    const isNamed = folderName !== undefined;
    if (await tried(path, async () => (isOurs(path, isNamed) ? await remove(root, path) : false))) removed++;
  }
  for (const name of names.filter(isStale)) {
    const path = join(root, name);
    await tried(path, async () => isTrash(path) && (await empty(path)));
  }
  if (failures[0] !== undefined) throw failures[0];
  return removed;
}

/** What lies in the root; nothing if there is none. */
async function list(root: string): Promise<string[]> {
  try {
    return await fs.promises.readdir(root);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw systemRefusal("read", root, error);
  }
}

/** Whether a folder may be deleted. One that was asked for by its name is refused aloud, others are passed over. */
function isOurs(path: string, isNamed: boolean): boolean {
  try {
    if (checkDirectory(path) === undefined) return false;
    const owner = ownerOf(path);
    if (owner === "somebody's") {
      throw refusal("Cache folder", path, "was not made by twat-cache", "delete it by hand");
    }
    return owner === "ours";
  } catch (error) {
    if (isNamed && codeOf(error) !== "ENOENT") throw error;
    return false;
  }
}

/** Takes the folder's name away, so that nobody finds it half empty, and deletes it. False if another was quicker. */
async function remove(root: string, path: string): Promise<boolean> {
  const trash = passingPath(root);
  try {
    await fs.promises.rename(path, trash);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  return empty(trash);
}

/** Deletes what has no name any more. The tag goes last: if this process dies meanwhile, it tells that the rest is ours. */
async function empty(trash: string): Promise<boolean> {
  for (const name of await list(trash)) {
    if (name !== TAG_NAME) await removeAll(join(trash, name));
  }
  await removeAll(trash);
  return true;
}

/**
 * Deletes a directory and what is in it; again where it is not empty in the end, since who was on the way to a file when
 * the folder lost its name still makes it there. Node would try again at each level, and as often at each level below.
 */
async function removeAll(path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fs.promises.rm(path, { recursive: true, force: true });
    } catch (error) {
      if (codeOf(error) !== "ENOTEMPTY" || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE));
    }
  }
}

/** Whether it is what a deletion of ours has left. */
function isTrash(path: string): boolean {
  try {
    return checkDirectory(path) !== undefined && ownerOf(path) !== "somebody's";
  } catch {
    return false;
  }
}
