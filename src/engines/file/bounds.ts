/** Keeps a cache in files within its bounds: what was written longest ago leaves first. */

import { rm, stat, unlink } from "node:fs/promises";
import type { StoreOptions } from "../../contract/index.js";
import { type Gate, Ledger } from "../../disk/index.js";
import { readId } from "./content.js";
import type { Layout } from "./layout.js";
import { readLine } from "./line.js";
import { contentFiles, digestAt } from "./walk.js";

/** Bytes that a record counts besides its content: two entries in directories, and a file for the line. */
export const OVERHEAD = 4_096;
/** Candidates for removal that are remembered between two walks. */
const CANDIDATES = 1_000;

/** A content, and when it was written. */
interface Candidate {
  readonly path: string;
  readonly size: number;
  readonly writtenAt: number;
}

const byAge = (one: Candidate, other: Candidate): number => one.writtenAt - other.writtenAt;

/** See above. */
export class FileBounds {
  readonly #layout: Layout;
  readonly #options: StoreOptions;
  readonly #gate: Gate;
  readonly #ledger: Ledger;
  /** What was written longest ago, oldest first; what was written since the walk is younger than all of it. */
  #oldest: Candidate[] = [];
  #walk: Promise<void> | undefined;
  #eviction: Promise<void> = Promise.resolve();

  constructor(layout: Layout, options: StoreOptions, gate: Gate) {
    this.#layout = layout;
    this.#options = options;
    this.#gate = gate;
    this.#ledger = new Ledger(options);
  }

  /** To be awaited before a write: what there is has been counted. */
  async ready(): Promise<void> {
    if (!this.#ledger.isStale) return;
    this.#walk ??= this.#count().finally(() => {
      this.#walk = undefined;
    });
    await this.#walk;
  }

  /** A content has come, and another one has perhaps gone for it. Evicts what is too much. */
  written(bytes: number, replaced: number | undefined): Promise<void> {
    if (replaced === undefined) this.#ledger.add(1, bytes);
    else this.#ledger.add(0, bytes - replaced);
    if (this.#ledger.excess > 0) this.#eviction = this.#eviction.then(() => this.#evict()).catch(() => undefined);
    return this.#eviction;
  }

  /** A content has gone. */
  removed(bytes: number): void {
    this.#ledger.add(-1, -bytes);
  }

  /** Everything has gone. */
  cleared(): void {
    this.#ledger.counted(0, 0);
    this.#oldest = [];
  }

  async #count(): Promise<void> {
    let records = 0;
    let bytes = 0;
    let oldest: Candidate[] = [];
    for await (const path of contentFiles(this.#layout)) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() !== true) continue;
      records += 1;
      bytes += found.size + OVERHEAD;
      oldest.push({ path, size: found.size, writtenAt: found.mtimeMs });
      if (oldest.length >= 2 * CANDIDATES) oldest = oldest.sort(byAge).slice(0, CANDIDATES);
    }
    this.#oldest = oldest.sort(byAge).slice(0, CANDIDATES);
    this.#ledger.counted(records, bytes);
  }

  async #evict(): Promise<void> {
    let walked = false;
    while (this.#ledger.excess > 0) {
      const candidate = this.#oldest.shift();
      if (candidate !== undefined) await this.#gate.run(() => this.#remove(candidate));
      else if (walked) return;
      else {
        walked = true;
        await this.#count();
      }
    }
  }

  /** Removes a content, and the line that leads to it. One that is gone already was counted when it went. */
  async #remove({ path, size }: Candidate): Promise<void> {
    const id = await readId(path, size);
    try {
      await unlink(path);
    } catch {
      return;
    }
    this.removed(size + OVERHEAD);
    this.#options.onDrop?.(undefined, undefined, "evicted");
    const bucket = id === undefined ? undefined : this.#layout.bucket(id);
    const line = bucket === undefined ? undefined : await readLine(bucket);
    const leadsHere = typeof line === "object" && line.digest === digestAt(path);
    if (leadsHere && bucket !== undefined) await rm(bucket, { force: true });
  }
}
