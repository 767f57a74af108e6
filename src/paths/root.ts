/** The root: the directory in which all folders of ours lie. It is the user's, and so may be a link, or lie behind one. */

import type { Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigurationError } from "../errors.js";
import { fs } from "../node/fs.js";
import { kindOf, look, makeDirectory } from "./directory.js";
import { dirMode, isOpenToAll, isTrusted } from "./mode.js";
import { platformCacheDir } from "./platform.js";
import { attempt, refusal } from "./refusal.js";

const WHAT = "Cache directory";

/**
 * The root as it is written: the option, else `TWAT_CACHE_DIR` (empty is not set), else the platform's. A relative one
 * stands on the current directory. Throws a `ConfigurationError` for what cannot be a path.
 */
export function writtenRoot(cacheDir: string | undefined): string {
  if (cacheDir !== undefined && !isPath(cacheDir)) {
    const received = typeof cacheDir === "string" ? JSON.stringify(cacheDir) : typeof cacheDir;
    const expected = "the path of a directory";
    throw new ConfigurationError(`Cache directory: cacheDir must be ${expected}; got ${received}`, [
      { option: "cacheDir", expected, received },
    ]);
  }
  const path = cacheDir ?? (process.env.TWAT_CACHE_DIR || platformCacheDir());
  return attempt("resolve", path, () => resolve(path));
}

/**
 * The root with every link above it and at it followed, once; nothing that comes later follows one. What cannot be
 * followed stays as it is written, for {@link checkRoot} to refuse.
 */
export function realRoot(written: string): string {
  try {
    return fs.realpathSync.native(written);
  } catch {
    const above = dirname(written);
    return above === written ? written : join(realRoot(above), basename(written));
  }
}

/** Refuses a root that cannot be trusted, or the way to it. Returns its real path; it need not exist. */
export function checkRoot(written: string): string {
  const real = realRoot(written);
  // Who can replace a link on the way as it is written, or a directory on the real one, decides where our files land.
  checkWay(written);
  const root = checkWay(real);
  if (root !== undefined && !isTrusted(root)) {
    throw refusal(WHAT, real, `belongs to another user (uid ${root.uid})`, "take one of your own");
  }
  return real;
}

/** Checks the root, makes what is missing of it with mode 0700, and returns its real path. Throws a `PathError`. */
export function ensureRoot(written: string): string {
  const real = checkRoot(written);
  for (const missing of missingParts(real)) makeDirectory(missing, dirMode(true));
  // Somebody else may have been quicker than makeDirectory.
  return checkRoot(real);
}

/**
 * Checks a path as if it were to be used as `cacheDir`, and creates nothing: all parts of it that exist must be
 * directories which not everybody may write to (sticky ones like /tmp are fine), links on the way must be yours or the
 * administrator's, and so must the directory itself, which must be writable. If it does not exist, the directory in
 * which it would be created must be.
 *
 * @throws {PathError} naming the reason and the way out.
 *
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { PathError, validateCachePath } from "twat-cache";
 * validateCachePath(tmpdir());
 * try {
 *   validateCachePath(process.execPath);
 * } catch (error) {
 *   console.log(error instanceof PathError && error.code); // => ERR_CACHE_PATH
 * }
 * ```
 */
export function validateCachePath(path: string): void {
  if (!isPath(path)) throw refusal(WHAT, String(path), "is no path", "name a directory");
  const real = checkRoot(attempt("resolve", path, () => resolve(path)));
  const first = missingParts(real)[0];
  const existing = first === undefined ? real : dirname(first);
  attempt("write to", existing, () => fs.accessSync(existing, fs.constants.W_OK | fs.constants.X_OK));
}

function isPath(path: unknown): boolean {
  return typeof path === "string" && path !== "" && !path.includes("\0");
}

/** Checks every existing directory from the top down to the path; what the path itself is, if it exists. */
function checkWay(path: string): Stats | undefined {
  let last: Stats | undefined;
  for (const part of partsOf(path)) {
    last = checkPart(part);
    if (last === undefined) return undefined;
  }
  return last;
}

function checkPart(path: string): Stats | undefined {
  const link = look(path);
  if (link === undefined) return undefined;
  if (link.isSymbolicLink() && !isTrusted(link)) {
    throw refusal(WHAT, path, `is a symbolic link of another user's (uid ${link.uid})`, "remove it");
  }
  const stats = attempt("look at", path, () => fs.statSync(path, { throwIfNoEntry: false }));
  if (stats === undefined) throw refusal(WHAT, path, "is a symbolic link that leads nowhere", "remove it");
  if (!stats.isDirectory()) throw refusal(WHAT, path, `is ${kindOf(stats)}, not a directory`, "remove it");
  if (isOpenToAll(stats)) {
    throw refusal(WHAT, path, "can be written to by everybody and is not sticky", "take that right away (chmod o-w)");
  }
  return stats;
}

/** The directories from the top down to the path. */
function partsOf(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [...partsOf(above), path];
}

/** The parts of a path that do not exist, from the top down. */
function missingParts(path: string): string[] {
  return partsOf(path).filter((part) => look(part) === undefined);
}
