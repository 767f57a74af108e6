/** The engine `lru`: in the process, on the package lru-cache. */

import { LRUCache } from "lru-cache";
import type { StoreOptions, SyncEngine, SyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";

/** lru-cache reserves its memory at once: about 32 bytes for each entry that there may be. */
const MAX_SIZE = 1_000_000;

class LruStore implements SyncStore {
  readonly #cache: LRUCache<Key, Entry>;
  readonly #maxBytes: number;

  constructor({ maxSize, maxBytes, onDrop }: StoreOptions) {
    this.#maxBytes = maxBytes;
    this.#cache = new LRUCache<Key, Entry>({
      max: maxSize,
      // An empty value counts as a byte: lru-cache takes no size of 0.
      ...(maxBytes !== Number.POSITIVE_INFINITY && {
        maxSize: maxBytes,
        sizeCalculation: (entry: Entry) => Math.max(1, entry.size),
      }),
      ...(onDrop && {
        // Not `dispose`, which runs in the midst of the change: a hook may use the cache.
        disposeAfter(entry: Entry, key: Key, reason: LRUCache.DisposeReason) {
          if (reason === "evict") onDrop(key, entry, "evicted");
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
    return true;
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
