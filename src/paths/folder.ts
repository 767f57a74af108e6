/** A folder of ours: `<root>/<folderName>`, and what lies in it. */

import { dirname, join } from "node:path";
import { PathError } from "../errors.js";
import { fs } from "../node/fs.js";
import { checkFolderName } from "./checked-name.js";
import { checkDirectory, ensureDirectory, look, makeDirectory, narrowDirectory } from "./directory.js";
import { dirMode } from "./mode.js";
import { passingPath } from "./passing.js";
import { attempt, codeOf, systemRefusal } from "./refusal.js";
import { ensureRoot, realRoot, writtenRoot } from "./root.js";
import { ensureTag } from "./tag.js";

/** Where a persistent cache lies, and who may read it. */
export interface FolderOptions {
  /** One segment of a path: 1 to 100 of `A-Z a-z 0-9 . _ -`, no dot at the end, no device name of Windows. */
  readonly folderName: string;
  /** The directory that holds the folder. Default: `TWAT_CACHE_DIR`, else the platform's cache directory. */
  readonly cacheDir?: string | undefined;
  /** `true` (the default): folders 0700, files 0600. `false`: everybody may read, 0755 and 0644. */
  readonly secure?: boolean | undefined;
}

/** How often a folder that is removed while it is made is made again. */
const ATTEMPTS = 10;
/** What the system says when another process makes or removes the same folder. */
const MOVING: readonly string[] = ["ENOENT", "EEXIST", "ENOTEMPTY"];

/**
 * The directory in which caches are kept, or the folder of that name in it. It is the option `cacheDir`, else the
 * environment's `TWAT_CACHE_DIR`, else the platform's: `$XDG_CACHE_HOME/twat-cache` or `~/.cache/twat-cache` on Linux,
 * `~/Library/Caches/twat-cache` on macOS, `%LOCALAPPDATA%\twat-cache\Cache` on Windows. Links on the way are resolved.
 * Nothing is created or checked.
 *
 * @param folderName - The folder's name. Default: none, the directory itself.
 * @throws {ConfigurationError} for a text that cannot be a folder's name, and for an empty `cacheDir`.
 *
 * @example
 * ```ts
 * import { basename } from "node:path";
 * import { getCacheDir } from "twat-cache";
 * console.log(basename(getCacheDir("reports"))); // => reports
 * ```
 */
export function getCacheDir(folderName?: string, options: Pick<FolderOptions, "cacheDir"> = {}): string {
  if (folderName !== undefined) checkFolderName(folderName);
  const root = realRoot(writtenRoot(options.cacheDir));
  return folderName === undefined ? root : join(root, folderName);
}

/**
 * {@link getCacheDir} with everything in one object.
 *
 * @throws {ConfigurationError} for a text that cannot be a folder's name, and for an empty `cacheDir`.
 *
 * @example
 * ```ts
 * import { getCacheDir, getCachePath } from "twat-cache";
 * console.log(getCachePath({ folderName: "reports" }) === getCacheDir("reports")); // => true
 * ```
 */
export function getCachePath(options: Partial<Pick<FolderOptions, "folderName" | "cacheDir">> = {}): string {
  return getCacheDir(options.folderName, options);
}

/**
 * Creates the directory that {@link getCacheDir} names, and the folder in it, and returns the path. What is created is
 * for its owner alone (0700), a folder with `secure: false` can be read by all (0755). A directory that exists keeps its
 * mode; a folder that exists loses the rights that others should not have. A folder is marked with a file CACHEDIR.TAG.
 *
 * @param folderName - The folder's name. Default: none, only the directory is created.
 * @param options - `cacheDir` as for {@link getCacheDir}; `secure`, default `true`.
 * @throws {ConfigurationError} for a text that cannot be a folder's name, and for an empty `cacheDir`.
 * @throws {PathError} where this is impossible or not safe: the folder is a link, another user's, or holds files that
 *   are not ours; a directory above can be written to by everybody and is not sticky; the system refuses.
 *
 * @example
 * ```ts
 * import { mkdtempSync, readdirSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { ensureCacheDir } from "twat-cache";
 * const cacheDir = mkdtempSync(join(tmpdir(), "example-"));
 * console.log(readdirSync(ensureCacheDir("reports", { cacheDir })).join()); // => CACHEDIR.TAG
 * rmSync(cacheDir, { recursive: true });
 * ```
 */
export function ensureCacheDir(folderName?: string, options: Pick<FolderOptions, "cacheDir" | "secure"> = {}): string {
  if (folderName !== undefined) checkFolderName(folderName);
  const written = writtenRoot(options.cacheDir);
  const secure = options.secure ?? true;
  for (let left = ATTEMPTS; ; left--) {
    try {
      const root = ensureRoot(written);
      return folderName === undefined ? root : ensureFolder(join(root, folderName), secure);
    } catch (error) {
      // Another process may clear what is being made here.
      if (left === 1 || !MOVING.includes(codeOf(error) ?? "")) throw error;
    }
  }
}

/**
 * Makes a directory inside a folder that {@link ensureCacheDir} has returned, level by level, each of them real, this
 * user's, and of the folder's mode; returns its path. The names are ours, never a user's text. Throws a `PathError`;
 * its cause has the code ENOENT when the folder was cleared meanwhile.
 */
export function ensureInside(folder: string, names: readonly string[], secure: boolean): string {
  let path = folder;
  for (const name of names) {
    checkFolderName(name);
    path = join(path, name);
    ensureDirectory(path, dirMode(secure));
  }
  return path;
}

/**
 * Whether a directory inside a folder of ours is there, with every directory on the way. Throws a `PathError` where one
 * of them, or the folder, is a link, no directory, or somebody else's; nothing is made.
 */
export function checkInside(folder: string, names: readonly string[]): boolean {
  let path = folder;
  if (checkDirectory(path) === undefined) return false;
  return names.every((name) => {
    path = join(path, name);
    return checkDirectory(path) !== undefined;
  });
}

function ensureFolder(path: string, secure: boolean): string {
  if (look(path) === undefined) makeFolder(path, secure);
  narrowDirectory(path, dirMode(secure));
  ensureTag(path, secure);
  return path;
}

/**
 * Makes the folder elsewhere and gives it its name when it has its tag. A cache whose folder was cleared could otherwise
 * put a file into the new one before its tag is there, and nobody would take it for ours any more.
 */
function makeFolder(path: string, secure: boolean): void {
  const draft = passingPath(dirname(path));
  try {
    makeDirectory(draft, dirMode(secure));
    ensureTag(draft, secure);
    fs.renameSync(draft, path);
  } catch (error) {
    attempt("remove", draft, () => fs.rmSync(draft, { recursive: true, force: true }));
    // Another process may have been quicker, with the same folder; Windows then says EPERM.
    if (look(path) !== undefined) return;
    throw systemRefusal("create the directory", path, error instanceof PathError ? error.cause : error);
  }
}
