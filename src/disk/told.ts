/** Stores in a folder that tell other processes what they change, and hear what those do. */

import { type AsyncStore, type Fence, type Kept, lookInto, type Place, type SyncStore } from "../contract/index.js";
import type { Key } from "../keys/index.js";
import { ChangeNotes } from "./change-notes.js";
import { EVERYTHING, markOfKey } from "./changes.js";
import { FolderWatch } from "./folder-watch.js";

/** Notes changes when they are made. One that has failed may have been made. */
function teller(store: { idOf?(key: Key): string }, place: Place): (key?: Key) => void {
  const notes = new ChangeNotes(place);
  const idOf = store.idOf && ((key: Key) => store.idOf?.(key));
  return (key) => notes.note(() => (key === undefined ? undefined : markOfKey(idOf, key)) ?? EVERYTHING);
}

/** See above. */
export function toldStore(store: AsyncStore, place: Place): AsyncStore {
  const tell = teller(store, place);
  const { idOf } = store;
  return {
    ...store,
    watch: () => new FolderWatch(place, idOf && ((key) => idOf.call(store, key))),
    async set(key, entry, fence) {
      let kept: Kept | undefined;
      try {
        kept = await store.set(key, entry, fence);
        return kept;
      } finally {
        if (kept !== "fenced") tell(key);
      }
    },
    async delete(key) {
      try {
        return await store.delete(key);
      } finally {
        tell(key);
      }
    },
    async clear() {
      try {
        await store.clear();
      } finally {
        tell();
      }
    },
  };
}

/** The same for a store that answers at once. */
export function toldSyncStore(store: SyncStore, place: Place): SyncStore {
  const tell = teller(store, place);
  const { idOf } = store;
  return {
    watch: () => new FolderWatch(place, idOf && ((key) => idOf.call(store, key))),
    ...(store.isolates !== undefined && { isolates: store.isolates }),
    ...(store.idOf && { idOf: (key) => store.idOf?.(key) as string }),
    ...(store.fence && { fence: (key) => store.fence?.(key) as Fence }),
    get: (key) => store.get(key),
    peek: (key) => (store.peek === undefined ? store.get(key) : store.peek(key)),
    inspect: (key) => lookInto(store, key),
    set(key, entry, fence) {
      let kept: Kept | undefined;
      try {
        kept = store.set(key, entry, fence);
        return kept;
      } finally {
        if (kept !== "fenced") tell(key);
      }
    },
    delete(key) {
      try {
        return store.delete(key);
      } finally {
        tell(key);
      }
    },
    clear() {
      try {
        store.clear();
      } finally {
        tell();
      }
    },
    size: () => store.size(),
    keys: () => store.keys(),
    close: () => store.close(),
  };
}
