/** Hears of changes that other processes make to the entries of one cache in a folder. */

import type { Place, Since, Watch } from "../contract/index.js";
import type { Key } from "../keys/index.js";
import { ensureCacheDir } from "../paths/index.js";
import { changesPath } from "./change-notes.js";
import { Changes } from "./changes.js";
import { InvalidationLog } from "./invalidation-log.js";

/** Milliseconds between two attempts at making a file that could not be made. */
const RETRY_AFTER = 1_000;

/**
 * Looks at the file each time that it is asked. Where there can be none, nothing is heard, and what was read before that
 * is not believed.
 */
export class FolderWatch implements Watch {
  readonly #place: Place;
  readonly #changes: Changes;
  #log: InvalidationLog | undefined;
  /** Whether what is known is what the file says. */
  #isOfFile = false;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(place: Place, idOf: ((key: Key) => string) | undefined) {
    this.#place = place;
    this.#changes = new Changes(idOf);
  }

  now(): Since {
    if (!this.#look() && performance.now() - this.#failedAt >= RETRY_AFTER) this.#make();
    return this.#changes.now();
  }

  isUnchanged(key: Key, since: Since): boolean {
    this.#look();
    return this.#changes.isUnchanged(key, since);
  }

  close(): void {
    // There is nothing open.
  }

  /** Reads what is new; whether there is a file. */
  #look(): boolean {
    try {
      return this.#learn(this.#opened());
    } catch {
      this.#log?.forget();
      this.#lose();
      return false;
    }
  }

  #learn(log: InvalidationLog): boolean {
    const news = log.read();
    if (news === "missing") {
      this.#lose();
      return false;
    }
    if (news === undefined) return this.#isOfFile;
    if (news.isNew || !this.#isOfFile) this.#changes.beginAnew(news.epoch);
    this.#isOfFile = true;
    for (const mark of news.marks) this.#changes.add(mark);
    return true;
  }

  /** There is no file any more, or it cannot be read. */
  #lose(): void {
    if (this.#isOfFile) this.#changes.beginAnew();
    this.#isOfFile = false;
  }

  #make(): void {
    try {
      const { folderName, cacheDir, secure } = this.#place;
      ensureCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }), secure });
      const log = this.#opened();
      log.make();
      this.#learn(log);
    } catch {
      this.#failedAt = performance.now();
    }
  }

  #opened(): InvalidationLog {
    this.#log ??= new InvalidationLog(changesPath(this.#place), this.#place.secure);
    return this.#log;
  }
}
