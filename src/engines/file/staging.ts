/** Where this process makes records before they are moved to their places. */

import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "./layout.js";

/** Records made in one directory, before it is exchanged: the package leaves an empty directory for almost each. */
const RECORDS = 1_000;
/** What is about to be deleted. */
export const GRAVE = "grave-";

/** See above. */
export class Staging {
  readonly #layout: Layout;
  #name = "";
  #made = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** A directory for the package to make a record in. */
  next(): string {
    if (this.#made === RECORDS || this.#name === "") {
      const before = this.#name;
      // The number of the process says to others whether it may still need the directory.
      this.#name = `${process.pid}-${randomBytes(6).toString("hex")}`;
      this.#made = 0;
      if (before !== "") void this.#remove(before);
    }
    this.#made += 1;
    return this.#layout.ensureStaging(this.#name);
  }

  /** Moves a directory of the cache out of the way, at once, where it can be deleted at leisure. */
  async bury(directory: string): Promise<void> {
    const name = `${GRAVE}${randomBytes(6).toString("hex")}`;
    const staging = this.#layout.ensure("staging");
    try {
      await rename(directory, join(staging, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
  }

  /** Removes the directory that was used last. */
  async close(): Promise<void> {
    const name = this.#name;
    this.#name = "";
    if (name !== "") await this.#remove(name);
  }

  async #remove(name: string): Promise<void> {
    // What cannot be removed now is removed when this process is gone.
    await rm(join(this.#layout.staging, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
