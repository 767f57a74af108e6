/** Where this process makes records before they are moved to their places. */

import { randomBytes } from "node:crypto";
import { access, rename, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { TAG_NAME } from "../../paths/index.js";
import type { Layout } from "./layout.js";
import { namesIn } from "./walk.js";

/** Records made in one directory, before it is exchanged: the package leaves empty directories for almost each. */
const RECORDS = 100;
/** What is about to be deleted. */
export const GRAVE = "grave-";

/** A directory in which records are made. */
interface Bench {
  readonly name: string;
  made: number;
  /** Records that are being made in it now. */
  users: number;
}

/** See above. */
export class Staging {
  readonly #layout: Layout;
  #bench: Bench | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /**
   * Makes a record in a directory of this process. Where that fails, no other record is made in that directory: the
   * package would add to what is left there.
   */
  async use<T>(make: (directory: string) => Promise<T>): Promise<T> {
    const bench = this.#next();
    bench.users += 1;
    bench.made += 1;
    try {
      return await make(this.#layout.ensureStaging(bench.name));
    } catch (error) {
      if (this.#bench === bench) this.#bench = undefined;
      throw error;
    } finally {
      bench.users -= 1;
      if (bench !== this.#bench && bench.users === 0) void this.#remove(bench);
    }
  }

  /**
   * After a failure: whether the folder was removed meanwhile. The package has made directories in its place then, without
   * the tag by which the folder is known to be ours; they are removed, so that the folder can be made again.
   */
  async recover(): Promise<boolean> {
    const { above } = this.#layout;
    const folder = above[above.length - 1] ?? "";
    const isGone = await access(join(folder, TAG_NAME)).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "ENOENT",
    );
    if (!isGone) return false;
    await rm(this.#layout.staging, { recursive: true, force: true }).catch(() => undefined);
    // One that is not empty is somebody's.
    for (const directory of above) await rmdir(directory).catch(() => undefined);
    return true;
  }

  /**
   * Removes the line of a record that any process is about to move to its place. Who moves it finds it gone, and looks
   * again whether it may.
   */
  async withdraw(id: string): Promise<void> {
    for (const directory of await this.#benches()) {
      await unlink(this.#layout.at(directory).bucket(id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
  }

  /** The same for all records. */
  async withdrawAll(): Promise<void> {
    for (const directory of await this.#benches()) await this.bury(directory);
  }

  /** The directories in which records are made, by this process or others. */
  async #benches(): Promise<readonly string[]> {
    const { staging } = this.#layout;
    return (await namesIn(staging)).filter((name) => !name.startsWith(GRAVE)).map((name) => join(staging, name));
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

  /** Removes the directory that was used last; one in use is removed by its last user. */
  async close(): Promise<void> {
    const bench = this.#bench;
    this.#bench = undefined;
    if (bench?.users === 0) await this.#remove(bench);
  }

  #next(): Bench {
    const bench = this.#bench;
    if (bench !== undefined && bench.made < RECORDS) return bench;
    // The number of the process says to others whether it may still need the directory.
    this.#bench = { name: `${process.pid}-${randomBytes(6).toString("hex")}`, made: 0, users: 0 };
    if (bench?.users === 0) void this.#remove(bench);
    return this.#bench;
  }

  async #remove({ name }: Bench): Promise<void> {
    // What cannot be removed now is removed when this process is gone.
    await rm(join(this.#layout.staging, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
