/** A memory that is the only place of some entries, while those of other keys lie in a store behind it. */

import { type Copy, copierFor } from "../clone/index.js";
import type { DropReason, Finding, Since, StoreOptions, SyncEngine, SyncStore, Watch } from "../contract/index.js";
import { engines } from "../engines/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { copyOfEntry } from "./sides.js";

/** The bounds of the memory. */
export interface NearBounds {
  readonly engine: "lru" | "map";
  readonly maxSize: number;
  /** Bytes. */
  readonly maxBytes: number;
}

/** What is to be kept of a key. */
export interface Held {
  readonly entry: Entry;
  /** What was known of changes by others when it was certain that this was the value. */
  readonly known: Since;
  /** Whether nothing lay behind it then; otherwise what lay there is the same. */
  readonly isAlone: boolean;
}

/** What is kept of a key. */
interface Kept extends Held {
  /** How its value is copied. */
  readonly copy: Copy;
}

/**
 * Entries in memory, none of which is believed once the watch has heard that somebody has changed its key: this process or
 * another one. What is given out are copies.
 */
export class NearMemory {
  readonly #memory: SyncStore;
  readonly #watch: Watch;
  readonly #engine: string;

  constructor({ engine, maxSize, maxBytes }: NearBounds, watch: Watch, options: StoreOptions) {
    const { place: _place, onDrop, ...rest } = options;
    this.#watch = watch;
    this.#engine = engine;
    this.#memory = (engines.named(engine) as SyncEngine).open({
      ...rest,
      maxSize,
      maxBytes,
      policy: "lru",
      onDrop: (key, entry, reason) => dropped(onDrop, key, entry, reason),
    });
  }

  /** What is kept of a key, fresh or not; `undefined` too for what others have changed since. */
  find(key: Key, ask: "get" | "peek" = "peek"): Kept | undefined {
    const entry = ask === "peek" ? this.#memory.peek?.(key) : this.#memory.get(key);
    if (entry === undefined) return undefined;
    const held = entry.value as Kept;
    if (this.#watch.isUnchanged(key, held.known)) return held;
    this.#memory.delete(key);
    return undefined;
  }

  /** What is kept of a key, for who only wants to look. */
  inspect(key: Key): Finding {
    const memory = this.#engine;
    const kept = this.#memory.peek?.(key);
    if (kept === undefined) return { memory, isAlone: true };
    const { entry, known } = kept.value as Held;
    const obstacle = this.#watch.isUnchanged(key, known) ? undefined : "changed-elsewhere";
    return { memory, isAlone: true, entry: { ...entry, value: undefined }, bytes: kept.size, obstacle };
  }

  /** Whether the entry of a key is here, and nothing behind it. */
  hasAlone(key: Key): boolean {
    return this.find(key)?.isAlone === true;
  }

  /**
   * Keeps an entry whose value is nobody else's. Whether it is here: not if its key was changed since that was known, nor
   * if it is larger than the memory.
   *
   * @param bytes - What it counts as.
   */
  keep(key: Key, held: Held, bytes: number): boolean {
    if (!this.#watch.isUnchanged(key, held.known)) return false;
    const size = Math.ceil(bytes) + (typeof key === "string" ? 2 * key.length : 0);
    const kept: Kept = { ...held, copy: copierFor(held.entry.value) };
    return this.#memory.set(key, { ...held.entry, value: kept, result: undefined, size }) === true;
  }

  /** Forgets a key, or all. */
  forget(key?: Key): void {
    if (key === undefined) this.#memory.clear();
    else this.#memory.delete(key);
  }

  /** Keys with nothing behind them. */
  aloneKeys(): readonly Key[] {
    return [...this.#memory.keys()].filter((key) => this.hasAlone(key));
  }

  close(): void {
    this.#memory.close();
    this.#watch.close();
  }
}

/** What is kept, with a value of its own. */
export function copyOfKept({ entry, copy }: Kept): Entry {
  return copyOfEntry(entry, copy);
}

/** Tells of what the memory let go, unless it is still behind it. */
function dropped(
  onDrop: StoreOptions["onDrop"],
  key: Key | undefined,
  entry: Entry | undefined,
  reason: DropReason,
): void {
  const held = entry?.value as Held | undefined;
  if (held?.isAlone !== false) onDrop?.(key, held?.entry, reason);
}
