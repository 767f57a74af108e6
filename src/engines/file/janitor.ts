/**
 * Removes what nobody needs: what is over, what a crash has left, lines and contents without one another, and caches of
 * functions that are not used any more. The package's own `verify` must not run beside users: reads fail meanwhile, and
 * some find what was deleted.
 */

import { readFile, rm, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { StoreOptions } from "../../contract/index.js";
import { type Gate, isAlive, requirePlace, tryLock } from "../../disk/index.js";
import { fileMode } from "../../paths/index.js";
import type { Layout } from "./layout.js";
import { removeLeases } from "./leases.js";
import { type Line, readLine } from "./line.js";
import { GRAVE } from "./staging.js";
import { contentFiles, digestAt, lineFiles, namesIn } from "./walk.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Milliseconds for which a line or content without the other is left alone: its maker may not be ready. */
const PATIENCE = HOUR;
/** Days without use after which the cache of an earlier version of a function is removed, or any other. */
const FORGET_AFTER = { earlier: 7, other: 90 };
/** The file that says when the cache was tidied last, and whose it is. */
const STAMP = "tidied";

/** What was found of a content. */
interface Content {
  readonly isOld: boolean;
  hasLine: boolean;
}

/** See above. */
export class Janitor {
  readonly #layout: Layout;
  readonly #options: StoreOptions;
  readonly #gate: Gate;
  readonly #removed: (bytes: number) => void;

  /** @param removed - Told of each record that was removed because it is over. */
  constructor(layout: Layout, options: StoreOptions, gate: Gate, removed: (bytes: number) => void) {
    this.#layout = layout;
    this.#options = options;
    this.#gate = gate;
    this.#removed = removed;
  }

  /** Tidies up, if no other process does: at once what dead processes have left, and everything once an hour. */
  async tidy(): Promise<void> {
    // What ends while it is at work is left for the next time.
    const now = this.#options.now();
    const home = this.#layout.ensure();
    const unlock = tryLock(join(home, "lock"));
    if (unlock === undefined) return;
    try {
      await this.#clearStaging();
      await removeLeases(this.#layout);
      const stamp = join(home, STAMP);
      if (Date.now() - (await timeOf(stamp)) < HOUR) return;
      const { label, secure } = requirePlace(this.#options);
      await writeFile(stamp, label, { mode: fileMode(secure) });
      await this.#matchUp(now);
      await this.#forgetOthers(home, label);
    } finally {
      unlock();
    }
  }

  /** Removes what processes were making that are gone, and what was buried. */
  async #clearStaging(): Promise<void> {
    for (const name of await namesIn(this.#layout.staging)) {
      const directory = join(this.#layout.staging, name);
      const isGrave = name.startsWith(GRAVE);
      if (!isGrave && isAlive(Number(name.split("-")[0]))) continue;
      // A line that was not moved: its content may have been, and nothing else will ever lead to that.
      for await (const file of isGrave ? [] : lineFiles(this.#layout.at(directory))) {
        const line = await readLine(file);
        if (typeof line === "object") await this.#removeUnpublished(line);
      }
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #removeUnpublished({ key, digest }: Line): Promise<void> {
    const published = await readLine(this.#layout.bucket(key));
    if (typeof published !== "object" || published.digest !== digest) {
      await rm(this.#layout.contentOf(digest), { force: true });
    }
  }

  /** Goes through all contents and all lines, and removes what is over, and one without the other. */
  async #matchUp(now: number): Promise<void> {
    const contents = new Map<string, Content>();
    for await (const path of contentFiles(this.#layout)) {
      contents.set(digestAt(path), { isOld: await isOld(path), hasLine: false });
    }
    for await (const path of lineFiles(this.#layout)) await this.#matchLine(path, contents, now);
    for (const [digest, { isOld: old, hasLine }] of contents) {
      if (old && !hasLine) await rm(this.#layout.contentOf(digest), { recursive: true, force: true });
    }
  }

  async #matchLine(path: string, contents: ReadonlyMap<string, Content>, now: number): Promise<void> {
    const line = await this.#gate.run(() => readLine(path));
    if (line === undefined) return;
    const content = line === "damaged" ? undefined : contents.get(line.digest);
    if (content !== undefined) content.hasLine = true;
    if (line !== "damaged" && line.expiresAt !== undefined && line.expiresAt <= now) {
      await this.#expire(path, line);
    } else if (content === undefined && (await isOld(path))) await rm(path, { recursive: true, force: true });
  }

  async #expire(path: string, { digest, size }: Line): Promise<void> {
    // The content first, which is of this version alone: a newer one may be on its way to the line's place.
    const existed = await unlink(this.#layout.contentOf(digest)).then(
      () => true,
      () => false,
    );
    if (!existed) return;
    this.#removed(size);
    this.#options.onDrop?.(undefined, undefined, "expired");
    const line = await readLine(path);
    if (typeof line === "object" && line.digest === digest) await rm(path, { force: true });
  }

  /** Removes caches of other functions, and of this one as it was before, that nobody has used for long. */
  async #forgetOthers(home: string, label: string): Promise<void> {
    const caches = dirname(home);
    for (const name of await namesIn(caches)) {
      const other = join(caches, name);
      if (other === home) continue;
      const stamp = join(other, STAMP);
      const days = (Date.now() - Math.max(await timeOf(stamp), await timeOf(other))) / DAY;
      const itsLabel = await readFile(stamp, "utf8").catch(() => undefined);
      const limit = itsLabel === label ? FORGET_AFTER.earlier : FORGET_AFTER.other;
      if (days > limit) await rm(other, { recursive: true, force: true });
    }
  }
}

/** When something was changed last; 0 where it is not there. */
async function timeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

async function isOld(path: string): Promise<boolean> {
  return Date.now() - (await timeOf(path)) > PATIENCE;
}
