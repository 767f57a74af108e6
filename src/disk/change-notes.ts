/**
 * The file in a folder in which changes of one cache's entries are noted, for other processes with a memory in front of
 * them. Whoever has a memory makes the file; whoever changes an entry adds to it, if it is there. Each looks for it each
 * time, which takes a microsecond: what was not noted was changed before the file was made, and so before the memory read.
 */

import { join } from "node:path";
import type { Place } from "../contract/index.js";
import { log } from "../logging.js";
import { fs } from "../node/fs.js";
import { getCacheDir } from "../paths/index.js";
import { InvalidationLog } from "./invalidation-log.js";

/** Digits of whose the entries are that stand in the file's name. */
const OWNER = 32;

/** Where the file is, whether it is there or not. Links above the folder are followed once. */
export function changesPath({ folderName, cacheDir, id }: Place): string {
  return join(
    getCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }) }),
    `${id.slice(0, OWNER)}.changes`,
  );
}

/** What one who changes entries notes. It never fails: the others then learn of it later. */
export class ChangeNotes {
  readonly #place: Place;
  #path: string | undefined;
  #log: InvalidationLog | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Notes that an entry was changed, or may have been. Whoever reads it from now on reads what it is now. */
  note(markOf: () => number): void {
    try {
      this.#path ??= changesPath(this.#place);
      if (fs.lstatSync(this.#path, { throwIfNoEntry: false }) === undefined) return;
      this.#log ??= new InvalidationLog(this.#path, this.#place.secure);
      const appended = this.#log.append([markOf()]);
      // It tells what happens now, and need not outlive a loss of power.
      if (appended !== undefined) fs.closeSync(appended.fileToSync);
    } catch (error) {
      this.#withdraw(error);
    }
  }

  /** Takes the file away, which says to all that something was missed. That needs no room on the disk. */
  #withdraw(cause: unknown): void {
    try {
      if (this.#path !== undefined) fs.rmSync(this.#path, { force: true });
    } catch {
      log("debug", "Other processes were not told of a change; their memory serves what was before for a while.", {
        err: cause,
      });
    }
  }
}
