/**
 * The records of one cache in files, on the package cacache.
 *
 * The package appends a line to a file for every change of a key, and takes the last line that it can read: where that
 * is damaged, an older value comes back, or one that was deleted. So here each key's file has one line, which is replaced
 * as a whole. The package makes line and content in a directory aside; then both are moved to their places, the line
 * last. No two contents are alike, so that to remove one is to remove one version of one record, and nothing else.
 *
 * A value that began to be made before a removal must not come after it. Who removes notes that first, then takes lines
 * away that are about to be moved, and last the one that is there. Who writes looks at the notes when its line is made,
 * and then moves it: if it looked too early, it finds the line gone.
 */

import { existsSync, lstatSync, renameSync } from "node:fs";
import { access, chmod, rename, rm, unlink, utimes } from "node:fs/promises";
import type { Fence, Kept, Lease, StoreOptions } from "../../contract/index.js";
import {
  type AsyncRecords,
  DamageError,
  Gate,
  type More,
  nextStamp,
  type RecordFacts,
  requirePlace,
  timeFor,
} from "../../disk/index.js";
import { log } from "../../logging.js";
import { fileMode } from "../../paths/index.js";
import { causeOf, happened, isAbsence, missing } from "./absence.js";
import { FileBounds, OVERHEAD } from "./bounds.js";
import type { Cacache } from "./cacache.js";
import { digestOfRecord } from "./content.js";
import { Janitor } from "./janitor.js";
import { Layout } from "./layout.js";
import { takeLease } from "./leases.js";
import { type Line, readLine } from "./line.js";
import { type FileFence, Removals } from "./removals.js";
import { Staging } from "./staging.js";
import { lineFiles } from "./walk.js";

/** Operations at a time, each with one file open, in all caches of this process: the program needs files too. */
const gate = new Gate(32);
/** Attempts at something that other processes interfere with: each time one of them has got something done. */
const ATTEMPTS = 20;
/** Bytes of a content that may take a while to be read. */
const LARGE = 262_144;
/** Writes between two visits of the janitor. */
const TIDY_EVERY = 1_000;

/** A record to be made. */
interface Draft {
  readonly id: string;
  readonly data: Buffer;
  readonly expiresAt: number | undefined;
  /** What was known of removals when its making began; `undefined`: it wins over all of them. */
  readonly fence: FileFence | undefined;
}

/** See {@link AsyncRecords}. */
export class FileRecords implements AsyncRecords {
  readonly #cacache: Cacache;
  readonly #layout: Layout;
  readonly #staging: Staging;
  readonly #removals: Removals;
  readonly #bounds: FileBounds;
  readonly #janitor: Janitor;
  readonly #maxBytes: number;
  readonly #mode: number;
  /** Writes until the janitor comes; he comes after the first one. */
  #untilTidy = 1;
  #chores: Promise<void> = Promise.resolve();
  /** The last write of each record that is under way: the package would add a second line to a first one. */
  readonly #writes = new Map<string, Promise<unknown>>();
  #isClosed = false;

  constructor(options: StoreOptions, cacache: Cacache) {
    const place = requirePlace(options);
    this.#cacache = cacache;
    this.#layout = new Layout(place);
    this.#staging = new Staging(this.#layout);
    this.#removals = new Removals(this.#layout, place.secure);
    this.#bounds = new FileBounds(this.#layout, options, gate);
    this.#janitor = new Janitor(this.#layout, options, gate, (bytes) => this.#bounds.removed(bytes + OVERHEAD));
    this.#maxBytes = options.maxBytes;
    this.#mode = fileMode(place.secure);
  }

  get(id: string, more?: More): Promise<Buffer | undefined> {
    return this.#get(id, more, true);
  }

  look(id: string): Promise<Buffer | undefined> {
    return this.#get(id, undefined, false);
  }

  #get(id: string, more: More | undefined, mayRemove: boolean): Promise<Buffer | undefined> {
    return gate.run(async () => {
      let before: Line | undefined;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const line = await readLine(this.#layout.bucket(id));
        // The same line as before, and nothing where it leads: its content was removed.
        if (line === undefined || (line !== "damaged" && line.digest === before?.digest)) return undefined;
        if (line === "damaged" || line.key !== id) throw new DamageError("The line that leads to it is damaged.");
        before = line;
        const data = await this.#read(line, more, mayRemove);
        if (data !== undefined) return data;
      }
      return undefined;
    });
  }

  /** The content that a line leads to; `undefined`: it is not there, any more or yet. */
  async #read({ integrity, size, digest }: Line, more?: More, mayRemove = true): Promise<Buffer | undefined> {
    if (size > LARGE) more?.(timeFor(size));
    const path = this.#layout.contentOf(digest);
    try {
      // The package would follow it.
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
        throw Object.assign(new Error("It is a link."), { code: "EINTEGRITY" });
      }
      return await this.#cacache.get.byDigest(this.#layout.home, integrity, { size });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code !== "EINTEGRITY" && code !== "EBADSIZE" && code !== "EISDIR") throw causeOf(cause);
      if (mayRemove) await rm(path, { recursive: true, force: true });
      throw new DamageError("Its bytes are not those that were written.", { cause });
    }
  }

  fence(): Fence {
    return this.#removals.fence();
  }

  async lease(id: string, milliseconds: number): Promise<Lease | undefined> {
    return takeLease(this.#layout, octetsOf(id).toString("hex"), milliseconds);
  }

  async set(id: string, data: Buffer, { expiresAt }: RecordFacts, fence?: Fence): Promise<Kept> {
    const bytes = data.byteLength + OVERHEAD;
    if (bytes > this.#maxBytes) {
      await this.delete(id);
      return false;
    }
    await this.#bounds.ready();
    const draft = { id, data, expiresAt, fence: fence as FileFence | undefined };
    const replaced = await this.#inTurn(id, () => gate.run(() => this.#publish(draft)));
    if (replaced === "fenced") return replaced;
    await this.#bounds.written(bytes, replaced);
    this.#untilTidy -= 1;
    if (this.#untilTidy <= 0) this.#tidySoon();
    return true;
  }

  async #inTurn<T>(id: string, write: () => Promise<T>): Promise<T> {
    const done = (this.#writes.get(id) ?? Promise.resolve()).then(write);
    const settled = done.catch(() => undefined);
    this.#writes.set(id, settled);
    try {
      return await done;
    } finally {
      if (this.#writes.get(id) === settled) this.#writes.delete(id);
    }
  }

  /** Makes a record, moves it to its place, and removes what was there; the bytes of that, or `undefined`. */
  async #publish(draft: Draft): Promise<number | "fenced" | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#staging.use((directory) => this.#attempt(directory, draft));
      } catch (error) {
        const cause = causeOf(error);
        // Directories that were there are gone, and are made again: somebody has removed them, and may.
        const isGone = (await this.#staging.recover()) || isAbsence(cause as NodeJS.ErrnoException);
        this.#layout.forget();
        if (!isGone || attempt === ATTEMPTS) throw cause;
      }
    }
  }

  async #attempt(directory: string, { id, data, expiresAt, fence }: Draft): Promise<number | "fenced" | undefined> {
    const metadata = expiresAt === undefined ? undefined : { expiresAt };
    const integrity = await this.#cacache.put(directory, id, data, { algorithms: ["sha256"], metadata });
    const digest = Buffer.from(String(integrity).slice("sha256-".length), "base64").toString("hex");
    const staged = Layout.staged(directory, id, digest);
    const now = Date.now();
    await Promise.all([
      chmod(staged.content, this.#mode),
      chmod(staged.bucket, this.#mode),
      utimes(staged.content, now / 1_000, nextStamp() / 1_000),
    ]);
    if (fence !== undefined && this.#removals.hasSince(octetsOf(id), fence)) {
      // The package would add the next line of this key to this one.
      for (const path of [staged.bucket, staged.content]) await rm(path, { force: true });
      return "fenced";
    }
    const content = this.#layout.ensureContent(digest);
    const bucket = this.#layout.ensureBucket(id);
    const before = await readLine(bucket);
    await rename(staged.content, content);
    // A line that leads nowhere would take the place of one that others have put there since the clear that took the
    // content away. At once: nothing of this process comes in between.
    if (!existsSync(content)) throw missing(content);
    try {
      renameSync(staged.bucket, bucket);
    } catch (error) {
      await rm(content, { force: true });
      throw error;
    }
    // Where a clear by another process has taken the content away before the line was there, the record is made again;
    // not where the line is gone too: it was replaced or removed since, and must not come back.
    const isMissing = !(await happened(access(content)));
    const after = isMissing ? await readLine(bucket) : undefined;
    if (typeof after === "object" && after.digest === digest) throw missing(content);
    if (typeof before !== "object") return undefined;
    await rm(this.#layout.contentOf(before.digest), { force: true });
    return before.size + OVERHEAD;
  }

  delete(id: string): Promise<boolean> {
    return gate.run(async () => {
      const bucket = this.#layout.bucket(id);
      this.#removals.note(octetsOf(id));
      await this.#staging.withdraw(id);
      const line = await readLine(bucket);
      if (line === undefined) return false;
      const existed = await happened(line === "damaged" ? rm(bucket, { recursive: true }) : unlink(bucket));
      if (line !== "damaged") {
        if (existed) this.#bounds.removed(line.size + OVERHEAD);
        await rm(this.#layout.contentOf(line.digest), { force: true });
      }
      return existed;
    });
  }

  async drop(_id: string, record: Buffer): Promise<void> {
    // Without its content the line leads nowhere.
    const dropped = await happened(unlink(this.#layout.contentOf(digestOfRecord(record))));
    if (dropped) this.#bounds.removed(record.byteLength + OVERHEAD);
  }

  async clear(): Promise<void> {
    this.#removals.note();
    await this.#staging.withdrawAll();
    // The lines first: a content without a line is nothing.
    await this.#staging.bury(this.#layout.index);
    await this.#staging.bury(this.#layout.content);
    this.#layout.forget();
    this.#bounds.cleared();
    this.#tidySoon();
  }

  async size(): Promise<number> {
    let count = 0;
    for await (const _path of lineFiles(this.#layout)) count += 1;
    return count;
  }

  async *ids(): AsyncGenerator<string> {
    for await (const path of lineFiles(this.#layout)) {
      const line = await gate.run(() => readLine(path));
      if (typeof line === "object") yield line.key;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#chores;
    await this.#staging.close();
  }

  #tidySoon(): void {
    this.#untilTidy = TIDY_EVERY;
    this.#chores = this.#chores
      .then(() => this.#janitor.tidy())
      .catch((error: unknown) => log("debug", "A cache in files was not tidied up.", { err: error }));
  }
}

/** The octets that an id stands for. */
function octetsOf(id: string): Buffer {
  return Buffer.from(id, "base64url");
}
