/**
 * Marks that engines leave for each other in a folder. Where one engine stands in for another, what it deletes or replaces
 * is still in the other's store; so it notes when it last changed something, and the other, once it is back, serves
 * nothing that was written before. The same holds the other way round.
 */

import { join } from "node:path";
import {
  type AsyncStore,
  type Fence,
  type Finding,
  lookInto,
  lookLaterInto,
  type Place,
  type SyncStore,
} from "../contract/index.js";
import type { Entry } from "../entry.js";
import { fs } from "../node/fs.js";
import { ensureCacheDir, ensureFile, ensureInside, getCacheDir } from "../paths/index.js";
import { overhear } from "../promise.js";

/** The directory in the folder that holds the marks. */
const MARKS = "marks";
/** Milliseconds between two looks at the others' marks. */
const LOOK_EVERY = 1_000;

/** Milliseconds between two looks at whether there are marks at all. */
const SEEK_EVERY = 50;

/** The marks about the entries of one cache, as one engine sees them. */
export class Marks {
  readonly #place: Place;
  readonly #engine: string;
  readonly #isStandIn: boolean;
  #path: string | undefined;
  #marksFound = false;
  #soughtAt = Number.NEGATIVE_INFINITY;
  #floor = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param isStandIn - Another engine was asked for, and may be back one day. */
  constructor(place: Place, engine: string, isStandIn: boolean) {
    this.#place = place;
    this.#engine = engine;
    this.#isStandIn = isStandIn;
  }

  /** Whether an entry is from after the last change by another engine. */
  allow({ writtenAt = 0 }: Entry): boolean {
    const now = performance.now();
    if (now - this.#lookedAt >= LOOK_EVERY) {
      this.#floor = this.#lastChange();
      this.#lookedAt = now;
    }
    return this.#floor === 0 || writtenAt > this.#floor;
  }

  /** Notes that something is changed. Throws when that cannot be noted, and somebody may have to know. */
  note(): void {
    if (!this.#isStandIn && !this.#hasMarks()) return;
    const { folderName, cacheDir, secure, id } = this.#place;
    const folder = ensureCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }), secure });
    const mark = join(ensureInside(folder, [MARKS, id], secure), this.#engine);
    ensureFile(mark, secure);
    const now = Date.now() / 1_000;
    fs.utimesSync(mark, now, now);
  }

  /** Whether any engine has ever stood in for another here. A look at the disk for each change would take a while. */
  #hasMarks(): boolean {
    if (this.#marksFound) return true;
    const now = performance.now();
    if (now - this.#soughtAt < SEEK_EVERY) return false;
    this.#soughtAt = now;
    this.#marksFound = fs.existsSync(this.#directory());
    return this.#marksFound;
  }

  /** Where the marks are, whether there are any or not. Links above the folder are followed once. */
  #directory(): string {
    const { folderName, cacheDir, id } = this.#place;
    this.#path ??= join(getCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }) }), MARKS, id);
    return this.#path;
  }

  /** When another engine changed something last. */
  #lastChange(): number {
    const directory = this.#directory();
    try {
      const others = fs.readdirSync(directory).filter((name) => name !== this.#engine);
      return Math.max(0, ...others.map((name) => fs.statSync(join(directory, name)).mtimeMs));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
      throw error;
    }
  }
}

/** The entry with the time of its writing, for stores in memory: those on disk note it themselves. */
function stamped(entry: Entry, { isolates = false }: AsyncStore | SyncStore): Entry {
  return isolates ? entry : { ...entry, writtenAt: Date.now() };
}

/** What was found, with what the marks say of it. */
function judged(finding: Finding, marks: Marks): Finding {
  const { entry, obstacle } = finding;
  if (entry === undefined || obstacle !== undefined || marks.allow(entry)) return finding;
  return { ...finding, obstacle: "changed-elsewhere", detail: "Another engine that stood in for this one has." };
}

/** A store that heeds the marks and leaves its own. */
export function markedStore(store: AsyncStore, marks: Marks): AsyncStore {
  const allowed = (entry: Entry | undefined): Entry | undefined =>
    entry !== undefined && !overhear(entry) && marks.allow(entry) ? entry : undefined;
  return {
    ...store,
    get: (key, more, seen) => store.get(key, more, seen).then(allowed),
    peek: (key, more) => (store.peek ?? store.get)(key, more).then(allowed),
    ...(store.getNow && { getNow: (key) => allowed(store.getNow?.(key)) }),
    inspect: (key) => lookLaterInto(store, key).map((found) => found.then((finding) => judged(finding, marks))),
    async set(key, entry, fence) {
      const kept = await store.set(key, stamped(entry, store), fence);
      if (kept !== "fenced") marks.note();
      return kept;
    },
    async delete(key) {
      const existed = await store.delete(key);
      marks.note();
      return existed;
    },
    async clear() {
      await store.clear();
      marks.note();
    },
  };
}

/** The same for a store that answers at once. */
export function markedSyncStore(store: SyncStore, marks: Marks): SyncStore {
  const allowed = (entry: Entry | undefined): Entry | undefined =>
    entry !== undefined && marks.allow(entry) ? entry : undefined;
  return {
    ...(store.isolates !== undefined && { isolates: store.isolates }),
    get: (key) => allowed(store.get(key)),
    peek: (key) => allowed(store.peek === undefined ? store.get(key) : store.peek(key)),
    inspect: (key) => lookInto(store, key).map((finding) => judged(finding, marks)),
    ...(store.fence && { fence: (key) => store.fence?.(key) as Fence }),
    ...(store.idOf && { idOf: (key) => store.idOf?.(key) as string }),
    set(key, entry, fence) {
      const kept = store.set(key, stamped(entry, store), fence);
      if (kept !== "fenced") marks.note();
      return kept;
    },
    delete(key) {
      const existed = store.delete(key);
      marks.note();
      return existed;
    },
    clear() {
      store.clear();
      marks.note();
    },
    size: () => store.size(),
    keys: () => store.keys(),
    close: () => store.close(),
  };
}
