/** One file of ours inside a folder of ours. Links are never followed. */

import type { Stats } from "node:fs";
import { fs } from "../node/fs.js";
import { kindOf, look } from "./directory.js";
import { fileMode, isOwn, isWider } from "./mode.js";
import { attempt, codeOf, refusal, systemRefusal, vanished } from "./refusal.js";

/** Absent on Windows, where a link is no file that can be opened by mistake: the check before is all there is. */
export const NO_FOLLOW: number = fs.constants.O_NOFOLLOW ?? 0;

/**
 * Refuses a path where something lies that is not a regular file of this user's with one name: a link, a directory, a
 * FIFO, a socket, a device, a file of somebody else's or one that has another name elsewhere (a hard link). Returns
 * whether a file is there; absent is fine. Throws a `PathError`.
 */
export function checkFile(path: string): boolean {
  return fileAt(path) !== undefined;
}

/**
 * Makes an empty file of mode 0600 (0644 when not secure), whatever the umask, and returns true. A file that is there
 * already must pass {@link checkFile}; others lose the rights that the mode does not give them. Throws a `PathError`.
 */
export function ensureFile(path: string, secure: boolean): boolean {
  const mode = fileMode(secure);
  if (createFile(path, mode)) return true;
  const stats = fileAt(path);
  if (stats === undefined) throw vanished(path);
  // By its path and not by a descriptor: closing any descriptor of a file drops all locks that this process has on it,
  // and it may be an SQLite database in use. Nobody else can put a link here, the folder is ours.
  if (isWider(stats, mode)) attempt("set the mode of", path, () => fs.chmodSync(path, mode));
  return false;
}

function createFile(path: string, mode: number): boolean {
  const flags = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | NO_FOLLOW;
  let file: number;
  try {
    file = fs.openSync(path, flags, mode);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw systemRefusal("create the file", path, error);
  }
  try {
    attempt("set the mode of", path, () => fs.fchmodSync(file, mode));
  } finally {
    fs.closeSync(file);
  }
  return true;
}

function fileAt(path: string): Stats | undefined {
  const stats = look(path);
  if (stats === undefined) return undefined;
  const found = faultOf(stats);
  if (found !== undefined) throw refusal("Cache file", path, found, "remove it");
  return stats;
}

function faultOf(stats: Stats): string | undefined {
  if (!stats.isFile()) return `is ${kindOf(stats)}, not a file`;
  if (!isOwn(stats)) return `belongs to another user (uid ${stats.uid})`;
  return stats.nlink > 1 ? "has another name elsewhere (a hard link)" : undefined;
}
