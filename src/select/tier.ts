/** A memory in front of a store on disk. */

import { copyExactly } from "../clone/index.js";
import type { AsyncStore, StoreOptions } from "../contract/index.js";
import { lruEngine } from "../engines/index.js";
import type { Entry } from "../entry.js";

/** What the memory keeps: an entry, and since when. */
interface Held {
  readonly entry: Entry;
  readonly since: number;
}

/**
 * The store with a memory in front. The memory is filled by reading, and emptied by writing: what is in it came from the
 * store as it is, in an object of its own. Each hit is a copy.
 */
export function inFront(
  { maxSize, ttl }: { readonly maxSize: number; readonly ttl: number },
  store: AsyncStore,
  options: StoreOptions,
): AsyncStore {
  const { place: _place, onDrop: _onDrop, ...rest } = options;
  const memory = lruEngine.open({ ...rest, maxSize, maxBytes: Number.POSITIVE_INFINITY, policy: "lru" });
  /** Counts the changes that have begun or ended: what was read meanwhile may be old. */
  let changes = 0;

  function held(key: string | number): Entry | undefined {
    const found = memory.get(key)?.value as Held | undefined;
    if (found === undefined) return undefined;
    const age = options.now() - found.since;
    return age >= 0 && age < ttl ? copyOf(found.entry) : undefined;
  }

  async function read(key: string | number, more?: (milliseconds: number) => void): Promise<Entry | undefined> {
    const near = held(key);
    if (near !== undefined) return near;
    const before = changes;
    const entry = await store.get(key, more);
    const copy = entry && copyOf(entry);
    if (copy === undefined || before !== changes) return entry;
    const value: Held = { entry: copy, since: options.now() };
    memory.set(key, { ...copy, value, result: undefined, size: 1 });
    return entry;
  }

  /** Makes a change. What is in the memory goes before and after: it may be read again in between. */
  async function change<T>(forget: () => void, act: () => Promise<T>): Promise<T> {
    changes += 1;
    forget();
    try {
      return await act();
    } finally {
      changes += 1;
      forget();
    }
  }

  return {
    ...store,
    isolates: true,
    get: read,
    peek: read,
    set: (key, entry) =>
      change(
        () => void memory.delete(key),
        () => store.set(key, entry),
      ),
    delete: (key) =>
      change(
        () => void memory.delete(key),
        () => store.delete(key),
      ),
    clear: () =>
      change(
        () => memory.clear(),
        () => store.clear(),
      ),
    async close() {
      memory.close();
      await store.close();
    },
  };
}

/** The entry with a value of its own; `undefined` for one whose value cannot be copied. */
function copyOf(entry: Entry): Entry | undefined {
  try {
    return { ...entry, value: copyExactly(entry.value) };
  } catch {
    return undefined;
  }
}
