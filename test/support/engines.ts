import type { AsyncEngine, AsyncStore, SyncEngine } from "../../src/contract/index.js";
import type { Entry } from "../../src/entry.js";
import type { Key } from "../../src/keys/index.js";

/** Engines as somebody else would write them: on a plain Map, without bounds, of both kinds. */
function plainStore(): { get(key: Key): Entry | undefined; entries: Map<Key, Entry> } {
  const entries = new Map<Key, Entry>();
  return { entries, get: (key) => entries.get(key) };
}

const capabilities = { persistent: false, policies: ["fifo"], maxSize: 0, unbounded: true, maxBytes: false } as const;

export const thirdPartySync: SyncEngine = {
  name: "third-party",
  kind: "sync",
  capabilities,
  available: () => true,
  open() {
    const { entries, get } = plainStore();
    return {
      get,
      set: (key, entry) => entries.set(key, entry) !== undefined,
      delete: (key) => entries.delete(key),
      clear: () => entries.clear(),
      size: () => entries.size,
      keys: () => [...entries.keys()],
      close: () => entries.clear(),
    };
  },
};

export const thirdPartyAsync: AsyncEngine = {
  name: "third-party-async",
  kind: "async",
  capabilities,
  available: async () => true as const,
  async open(): Promise<AsyncStore> {
    const { entries, get } = plainStore();
    return {
      get: async (key) => get(key),
      set: async (key, entry) => entries.set(key, entry) !== undefined,
      delete: async (key) => entries.delete(key),
      clear: async () => entries.clear(),
      size: async () => entries.size,
      keys: async () => [...entries.keys()],
      close: async () => entries.clear(),
    };
  },
};

/** The asynchronous engine with some operations of its stores done otherwise. */
export function thirdPartyAsyncWith(change: (store: AsyncStore) => Partial<AsyncStore>): AsyncEngine {
  return {
    ...thirdPartyAsync,
    async open(options) {
      const store = await thirdPartyAsync.open(options);
      return { ...store, ...change(store) };
    },
  };
}
