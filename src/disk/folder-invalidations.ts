/** The invalidations that concern what lies in a folder, by whatever process. */

import { join } from "node:path";
import type { Place } from "../contract/index.js";
import type { Moment, Tagged } from "../entry.js";
import { fs } from "../node/fs.js";
import { ensureCacheDir, getCacheDir } from "../paths/index.js";
import { type Invalidations, InvalidationTable } from "../tags/index.js";
import { InvalidationLog } from "./invalidation-log.js";
import { markOf } from "./mark.js";
import { isValid, MAX_UNTOLD, newTable } from "./validity.js";

/** The file in the folder. */
const FILE = "invalidations.log";
/** Milliseconds between two attempts at what has failed. */
const RETRY_AFTER = 1_000;

/**
 * The invalidations of a folder. Where the folder cannot be used, those of this process alone: what was loaded meanwhile
 * is not valid once it can be used again.
 */
class FolderInvalidations implements Invalidations {
  readonly #place: Place;
  #log: InvalidationLog | undefined;
  #table: InvalidationTable<number> = newTable();
  /** Whether the table is that of the file. */
  #isOfFile = false;
  /** What nobody else has learned of yet. */
  readonly #untold = new Set<number>();
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(place: Place) {
    this.#place = place;
  }

  now(): Moment {
    if (this.#lookInto() !== "there" && this.#isTimeToTry()) this.#attempt(() => this.#make());
    return this.#table.now;
  }

  allow(tagged: Tagged, owner: string): boolean {
    this.#lookInto();
    if (this.#untold.size > 0 && this.#isTimeToTry()) this.#attempt(() => this.#tellAgain());
    return isValid(tagged, owner, this.#table, this.#untold);
  }

  async add(labels: readonly string[], owner?: string): Promise<void> {
    const file = this.#note(this.#marksOf(labels, owner));
    if (file === undefined) return;
    try {
      await new Promise<void>((resolve, reject) => {
        fs.fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
      });
    } finally {
      fs.closeSync(file);
    }
  }

  addNow(labels: readonly string[], owner?: string): void {
    const file = this.#note(this.#marksOf(labels, owner));
    if (file === undefined) return;
    try {
      fs.fdatasyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  }

  /** Invalidates here, and tells the others; the file that has yet to be made to last. */
  #note(marks: readonly number[]): number | undefined {
    for (const mark of marks) if (this.#untold.size <= MAX_UNTOLD) this.#untold.add(mark);
    if (this.#lookInto() !== "missing") return this.#tell();
    // Without the file nothing in the folder is valid, and nothing that was loaded without it is from now on.
    this.#table = newTable();
    this.#untold.clear();
    return undefined;
  }

  /** Writes down what the others have not learned of. Throws when it cannot. */
  #tell(): number | undefined {
    try {
      const log = this.#make();
      const appended = this.#untold.size > MAX_UNTOLD ? log.renew() : log.append([...this.#untold]);
      this.#untold.clear();
      // Whoever has taken the file away has taken the notes with it.
      if (!this.#learn(log)) this.#table = newTable();
      return appended?.fileToSync;
    } catch (error) {
      this.#failedAt = performance.now();
      throw error;
    }
  }

  #tellAgain(): void {
    const file = this.#tell();
    if (file !== undefined) fs.closeSync(file);
  }

  /** Looks what is new in the file. */
  #lookInto(): "there" | "missing" | "unreadable" {
    const log = this.#opened();
    try {
      return this.#learn(log) ? "there" : "missing";
    } catch {
      // What is not known may be invalid.
      log.forget();
      if (this.#isOfFile) this.#table = newTable();
      this.#isOfFile = false;
      return "unreadable";
    }
  }

  /** Takes over what the file says; whether there is one. */
  #learn(log: InvalidationLog): boolean {
    const news = log.read();
    if (news === "missing") {
      if (this.#isOfFile) this.#table = newTable();
      this.#isOfFile = false;
      return false;
    }
    if (news === undefined) return this.#isOfFile;
    if (news.isNew || !this.#isOfFile) this.#table = new InvalidationTable(news.epoch);
    this.#isOfFile = true;
    for (const mark of news.marks) this.#table.addOne(mark);
    return true;
  }

  /** Makes the file, and the folder, where they are not there. Throws when that cannot be. */
  #make(): InvalidationLog {
    const { folderName, cacheDir, secure } = this.#place;
    const log = this.#opened();
    if (!this.#isOfFile) {
      ensureCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }), secure });
      log.make();
      this.#learn(log);
    }
    return log;
  }

  #opened(): InvalidationLog {
    if (this.#log !== undefined) return this.#log;
    const { folderName, cacheDir, secure } = this.#place;
    const folder = getCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }) });
    this.#log = new InvalidationLog(join(folder, FILE), secure);
    return this.#log;
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch {
      this.#failedAt = performance.now();
    }
  }

  #isTimeToTry(): boolean {
    return performance.now() - this.#failedAt >= RETRY_AFTER;
  }

  #marksOf(labels: readonly string[], owner?: string): readonly number[] {
    return labels.map((label) => markOf(label, owner));
  }
}

const folders = new Map<string, FolderInvalidations>();

/** The invalidations of the folder that a place is in. */
export function folderInvalidations(place: Place): Invalidations {
  const { folderName, cacheDir } = place;
  const name = `${cacheDir ?? ""}\0${folderName}`;
  const known = folders.get(name) ?? new FolderInvalidations(place);
  folders.set(name, known);
  return known;
}
