/** One directory of ours: it is made, or it is looked at. Links are never followed here. */

import type { Stats } from "node:fs";
import { fs } from "../node/fs.js";
import { isOwn, isWider } from "./mode.js";
import { attempt, codeOf, refusal, systemRefusal, vanished } from "./refusal.js";

/** What lies at a path, the link itself if it is one; `undefined` when nothing does. Throws a `PathError`. */
export function look(path: string): Stats | undefined {
  return attempt("look at", path, () => fs.lstatSync(path, { throwIfNoEntry: false }));
}

/** Names what is there instead of the thing that was expected. */
export function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isDirectory()) return "a directory";
  if (stats.isFile()) return "a file";
  if (stats.isFIFO()) return "a FIFO";
  return stats.isSocket() ? "a socket" : "a device";
}

/** Makes a directory with exactly this mode; false when something is there already. */
export function makeDirectory(path: string, mode: number): boolean {
  try {
    fs.mkdirSync(path, mode);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw systemRefusal("create the directory", path, error);
  }
  // mkdir takes the umask away from the mode.
  attempt("set the mode of", path, () => fs.chmodSync(path, mode));
  return true;
}

/** Refuses what is no real directory of this user's. Returns what is known of it, `undefined` when nothing is there. */
export function checkDirectory(path: string): Stats | undefined {
  const stats = look(path);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) throw refusal("Cache folder", path, `is ${kindOf(stats)}, not a directory`, "remove it");
  if (!isOwn(stats)) throw refusal("Cache folder", path, `belongs to another user (uid ${stats.uid})`, "remove it");
  return stats;
}

/** Makes a directory of ours, or takes one that is there; nobody is left more rights than the mode gives. */
export function ensureDirectory(path: string, mode: number): void {
  if (!makeDirectory(path, mode)) narrowDirectory(path, mode);
}

/** Takes a directory of ours that is there; nobody is left more rights than the mode gives. */
export function narrowDirectory(path: string, mode: number): void {
  const stats = checkDirectory(path);
  if (stats === undefined) throw vanished(path);
  if (isWider(stats, mode)) attempt("set the mode of", path, () => fs.chmodSync(path, mode));
}

/**
 * Does what looks at a directory more than once. Throws a `PathError` with the code ENOENT as its cause if the path came
 * to mean another directory meanwhile: folders are never moved back, so one that is there at the end always was.
 */
export function steadily<T>(path: string, act: () => T): T {
  // While it is open, its number is not given to a new directory. Windows cannot open one, and does not reuse numbers.
  const open = fs.constants.O_DIRECTORY === undefined ? undefined : openDirectory(path);
  try {
    const before = open === undefined ? numberOf(path) : fs.fstatSync(open, { bigint: true }).ino;
    const result = act();
    if (before === undefined || numberOf(path) !== before) throw vanished(path);
    return result;
  } finally {
    if (open !== undefined) fs.closeSync(open);
  }
}

function openDirectory(path: string): number {
  return attempt("read", path, () =>
    fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW),
  );
}

function numberOf(path: string): bigint | undefined {
  return attempt("look at", path, () => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino);
}
