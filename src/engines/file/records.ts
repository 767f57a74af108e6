/**
 * The records of one cache in files, on the package cacache.
 *
 * The package appends a line to a file for every change of a key, and takes the last line that it can read: where that
 * is damaged, an older value comes back, or one that was deleted. So here each key's file has one line, which is replaced
 * as a whole. The package makes line and content in a directory aside; then both are moved to their places, the line
 * last. No two contents are alike, so that to remove one is to remove one version of one record, and nothing else.
 */

import { chmod, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import type { StoreOptions } from "../../contract/index.js";
import { type AsyncRecords, DamageError, Gate, type Record, type RecordFacts, requirePlace } from "../../disk/index.js";
import { log } from "../../logging.js";
import { fileMode } from "../../paths/index.js";
import { FileBounds, OVERHEAD } from "./bounds.js";
import type { Cacache } from "./cacache.js";
import { digestOfRecord, joinRecord, splitRecord } from "./content.js";
import { Janitor } from "./janitor.js";
import { Layout } from "./layout.js";
import { type Line, readLine } from "./line.js";
import { Staging } from "./staging.js";
import { lineFiles } from "./walk.js";

/** Operations at a time, each with one file open, in all caches of this process: the program needs files too. */
const gate = new Gate(32);
/** Attempts at something that another process interferes with. */
const ATTEMPTS = 3;
/** Writes between two visits of the janitor. */
const TIDY_EVERY = 1_000;

/** When the last record was written, in milliseconds: the times of files tell which one came first. */
let lastWritten = 0;

function stampOf(now: number): number {
  // A thousandth more than the last one, which file systems can tell apart.
  lastWritten = Math.max(now, lastWritten + 0.001);
  return lastWritten;
}

/** See {@link AsyncRecords}. */
export class FileRecords implements AsyncRecords {
  readonly #cacache: Cacache;
  readonly #layout: Layout;
  readonly #staging: Staging;
  readonly #bounds: FileBounds;
  readonly #janitor: Janitor;
  readonly #maxBytes: number;
  readonly #mode: number;
  /** Writes until the janitor comes; he comes after the first one. */
  #untilTidy = 1;
  #chores: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: StoreOptions, cacache: Cacache) {
    const place = requirePlace(options);
    this.#cacache = cacache;
    this.#layout = new Layout(place);
    this.#staging = new Staging(this.#layout);
    this.#bounds = new FileBounds(this.#layout, options, gate);
    this.#janitor = new Janitor(this.#layout, options, gate, (bytes) => this.#bounds.removed(bytes + OVERHEAD));
    this.#maxBytes = options.maxBytes;
    this.#mode = fileMode(place.secure);
  }

  get(id: string): Promise<Record | undefined> {
    return gate.run(async () => {
      let before: Line | undefined;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const line = await readLine(this.#layout.bucket(id));
        // The same line as before, and nothing where it leads: its content was removed.
        if (line === undefined || (line !== "damaged" && line.digest === before?.digest)) return undefined;
        if (line === "damaged" || line.key !== id) throw new DamageError("The line that leads to it is damaged.");
        before = line;
        const data = await this.#read(line);
        if (data !== undefined) return splitRecord(data);
      }
      return undefined;
    });
  }

  /** The content that a line leads to; `undefined`: it is not there, any more or yet. */
  async #read({ integrity, size, digest }: Line): Promise<Buffer | undefined> {
    try {
      return await this.#cacache.get.byDigest(this.#layout.home, integrity, { size });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code !== "EINTEGRITY" && code !== "EBADSIZE" && code !== "EISDIR") throw causeOf(cause);
      await rm(this.#layout.contentOf(digest), { recursive: true, force: true });
      throw new DamageError("Its bytes are not those that were written.", { cause });
    }
  }

  async set(id: string, record: Record, { expiresAt }: RecordFacts): Promise<boolean> {
    const data = joinRecord(record);
    const bytes = data.byteLength + OVERHEAD;
    if (bytes > this.#maxBytes) {
      await this.delete(id);
      return false;
    }
    await this.#bounds.ready();
    const replaced = await gate.run(() => this.#publish(id, data, expiresAt));
    await this.#bounds.written(bytes, replaced);
    this.#untilTidy -= 1;
    if (this.#untilTidy <= 0) this.#tidySoon();
    return true;
  }

  /** Makes a record, moves it to its place, and removes what was there; the bytes of that, or `undefined`. */
  async #publish(id: string, data: Buffer, expiresAt: number | undefined): Promise<number | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(id, data, expiresAt);
      } catch (error) {
        const cause = causeOf(error);
        // Directories that were there are gone, and are made again: somebody has removed them, and may.
        if ((cause as NodeJS.ErrnoException).code !== "ENOENT" || attempt === ATTEMPTS) throw cause;
        this.#layout.forget();
      }
    }
  }

  async #attempt(id: string, data: Buffer, expiresAt: number | undefined): Promise<number | undefined> {
    const directory = this.#staging.next();
    const metadata = expiresAt === undefined ? undefined : { expiresAt };
    const integrity = await this.#cacache.put(directory, id, data, { algorithms: ["sha256"], metadata });
    const digest = Buffer.from(String(integrity).slice("sha256-".length), "base64").toString("hex");
    const staged = Layout.staged(directory, id, digest);
    const now = Date.now();
    await Promise.all([
      chmod(staged.content, this.#mode),
      chmod(staged.bucket, this.#mode),
      utimes(staged.content, now / 1_000, stampOf(now) / 1_000),
    ]);
    const content = this.#layout.ensureContent(digest);
    const bucket = this.#layout.ensureBucket(id);
    const before = await readLine(bucket);
    await rename(staged.content, content);
    await rename(staged.bucket, bucket);
    // A clear by another process may have taken the content away before the line was there.
    await stat(content);
    if (typeof before !== "object") return undefined;
    await rm(this.#layout.contentOf(before.digest), { force: true });
    return before.size + OVERHEAD;
  }

  delete(id: string): Promise<boolean> {
    return gate.run(async () => {
      const bucket = this.#layout.bucket(id);
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

  async drop(_id: string, record: Record): Promise<void> {
    // Without its content the line leads nowhere.
    const dropped = await happened(unlink(this.#layout.contentOf(digestOfRecord(record))));
    if (dropped) this.#bounds.removed(record.body.byteLength + record.head.byteLength + OVERHEAD);
  }

  async clear(): Promise<void> {
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

/** Whether something was there to be removed. */
async function happened(removal: Promise<void>): Promise<boolean> {
  try {
    await removal;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** The package puts its own words, and a code that means something else, in front of what the system said. */
function causeOf(error: unknown): unknown {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause instanceof Error ? cause : error;
}
