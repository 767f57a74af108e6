/** The engine `lru`: in the process, on the package lru-cache. */

import { LRUCache } from "lru-cache";
import type { StoreOptions, SyncEngine, SyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";

/** lru-cache reserves its memory at once: about 32 bytes for each entry that there may be. */
const MAX_SIZE = 1_000_000;

interface Evicted {
  readonly key: Key;
  readonly entry: Entry;
}

class LruStore implements SyncStore {
  readonly #cache: LRUCache<Key, Entry>;
  readonly #maxBytes: number;
  readonly #onDrop: StoreOptions["onDrop"];
  /** What had to make room for the entry that is being set. */
  #evicted: Evicted[] = [];

  constructor({ maxSize, maxBytes, onDrop }: StoreOptions) {
    this.#maxBytes = maxBytes;
    this.#onDrop = onDrop;
    this.#cache = new LRUCache<Key, Entry>({
      max: maxSize,
      // An empty value counts as a byte: lru-cache takes no size of 0.
      ...(maxBytes !== Number.POSITIVE_INFINITY && {
        maxSize: maxBytes,
        sizeCalculation: (entry: Entry) => Math.max(1, entry.size),
      }),
      ...(onDrop && {
        // Not `disposeAfter`, whose list lru-cache empties from its front: of 100,000 entries, that can take seconds.
        dispose: (entry: Entry, key: Key, reason: LRUCache.DisposeReason) => {
          if (reason === "evict") this.#evicted.push({ key, entry });
        },
      }),
    });
  }

  get(key: Key): Entry | undefined {
    return this.#cache.get(key);
  }

  peek(key: Key): Entry | undefined {
    return this.#cache.peek(key);
  }

  set(key: Key, entry: Entry): boolean {
    if (entry.size > this.#maxBytes) {
      this.#cache.delete(key);
      return false;
    }
    this.#cache.set(key, entry);
    if (this.#evicted.length > 0) this.#tell();
    return true;
  }

  /** Tells what was evicted, when the change is over: a hook may use the cache. */
  #tell(): void {
    const evicted = this.#evicted;
    this.#evicted = [];
    for (const { key, entry } of evicted) this.#onDrop?.(key, entry, "evicted");
  }

  delete(key: Key): boolean {
    return this.#cache.delete(key);
  }

  clear(): void {
    this.#cache.clear();
  }

  size(): number {
    return this.#cache.size;
  }

  keys(): Iterable<Key> {
    return this.#cache.keys();
  }

  close(): void {
    this.#cache.clear();
  }
}

/** In the process, on lru-cache: the fastest, with a bound on entries, bytes, or both. */
export const lruEngine: SyncEngine = Object.freeze<SyncEngine>({
  name: "lru",
  kind: "sync",
  capabilities: Object.freeze({
    persistent: false,
    policies: Object.freeze(["lru"] as const),
    maxSize: MAX_SIZE,
    unbounded: false,
    maxBytes: true,
    idle: true,
  }),
  available: () => true,
  open: (options) => new LruStore(options),
});
