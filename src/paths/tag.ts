/**
 * The tag of a folder of ours, CACHEDIR.TAG, by the Cache Directory Tagging standard (bford.info/cachedir): programs that
 * make backups know by it that there is nothing to keep, and we know that the folder is ours to delete.
 */

import { join } from "node:path";
import { fs } from "../node/fs.js";
import { steadily } from "./directory.js";
import { checkFile, ensureFile, NO_FOLLOW } from "./file.js";
import { attempt, codeOf, refusal } from "./refusal.js";

/** The name of the tag. */
export const TAG_NAME = "CACHEDIR.TAG";
/** By these lines a tag is ours; they never change. */
const OURS =
  "Signature: 8a477f597d28d172789f06886806bc55\n# This directory was made by twat-cache, which may delete it.\n";
const TAG = `${OURS}# What cache directory tags are: https://bford.info/cachedir/\n`;
/** A FIFO that somebody has put here must not make us wait for its other end. */
const SAFELY = NO_FOLLOW | (fs.constants.O_NONBLOCK ?? 0);

/** Whose folder it is: ours, somebody's, or nobody's yet (it is empty, or its tag is being written right now). */
export function ownerOf(folder: string): "ours" | "nobody's" | "somebody's" {
  if (isOurs(readTag(folder))) return "ours";
  return steadily(folder, () => judge(folder));
}

function judge(folder: string): ReturnType<typeof ownerOf> {
  // In this order: the tag is the first file of a folder, so others that are seen here prove it complete below.
  const names = attempt("read", folder, () => fs.readdirSync(folder));
  const text = readTag(folder);
  if (isOurs(text)) return "ours";
  return names.every((name) => name === TAG_NAME) && TAG.startsWith(text) ? "nobody's" : "somebody's";
}

/** Puts the tag into a folder that has none, if that is empty; one that holds something else is refused. */
export function ensureTag(folder: string, secure: boolean): void {
  const owner = ownerOf(folder);
  if (owner === "somebody's") {
    throw refusal(
      "Cache folder",
      folder,
      `was not made by twat-cache: it holds files, and no ${TAG_NAME} of ours`,
      "choose another folderName",
    );
  }
  const path = join(folder, TAG_NAME);
  const isNew = ensureFile(path, secure);
  // Whoever finds the tag incomplete writes it: all write the same, and who died while writing it does no harm.
  if (isNew || owner !== "ours") write(path);
}

function isOurs(text: string): boolean {
  return text.startsWith(OURS);
}

function write(path: string): void {
  attempt("write", path, () => {
    const file = fs.openSync(path, fs.constants.O_WRONLY | SAFELY);
    try {
      fs.writeSync(file, TAG, 0);
    } finally {
      fs.closeSync(file);
    }
  });
}

/** The beginning of the tag; empty when there is none. Throws a `PathError` if something else has its name. */
function readTag(folder: string): string {
  const path = join(folder, TAG_NAME);
  if (!checkFile(path)) return "";
  try {
    return attempt("read", path, () => readStart(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
}

function readStart(path: string): string {
  const file = fs.openSync(path, fs.constants.O_RDONLY | SAFELY);
  try {
    // One byte more than ours has, so that a longer text is not taken for its beginning.
    const start = Buffer.alloc(TAG.length + 1);
    return start.toString("latin1", 0, fs.readSync(file, start, 0, start.length, 0));
  } finally {
    fs.closeSync(file);
  }
}
