/** A memory in front of a store on disk. */

import { type Copy, copierFor } from "../clone/index.js";
import type { MemoryTier } from "../config/index.js";
import {
  type AsyncStore,
  type Fence,
  type Finding,
  lookLaterInto,
  type Since,
  type StoreOptions,
  type SyncEngine,
  type Watch,
} from "../contract/index.js";
import { type EngineRegistry, engines } from "../engines/index.js";
import { type Entry, isFresh } from "../entry.js";
import { overhear } from "../promise.js";
import { copyOfEntry } from "./sides.js";

/** What the memory keeps: an entry, since when, and what was known of changes by others before it was read. */
interface Held {
  readonly entry: Entry;
  /** How its value is copied, which is nobody else's. */
  readonly copy: Copy;
  readonly since: number;
  readonly known: Since | undefined;
}

/**
 * The store with a memory in front. The memory is filled by reading, and emptied by writing: what is in it came from the
 * store as it is, in an object of its own. Each hit is a copy. What others change is not served any more, as soon as the
 * store's watch has heard of it, and in any case when `ttl` is over.
 */
export function inFront(
  { engine, maxSize, ttl }: MemoryTier,
  store: AsyncStore,
  options: StoreOptions,
  registry: EngineRegistry = engines,
): AsyncStore {
  const { place: _place, onDrop: _onDrop, ...rest } = options;
  const memory = (registry.named(engine) as SyncEngine).open({
    ...rest,
    maxSize,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "lru",
  });
  const clock = { tick: () => options.now() };
  const watch = watchOf(store);
  /** Counts the changes that have begun or ended: what was read meanwhile may be old. */
  let changes = 0;

  /** Why what is held is not served; `undefined`: it is. */
  function obstacleTo(key: string | number, { since, known }: Held): Finding["obstacle"] {
    const age = options.now() - since;
    if (age < 0 || age >= ttl) return "held-too-long";
    return known !== undefined && watch?.isUnchanged(key, known) === false ? "changed-elsewhere" : undefined;
  }

  function find(key: string | number): Held | undefined {
    const found = memory.get(key)?.value as Held | undefined;
    return found === undefined || obstacleTo(key, found) !== undefined ? undefined : found;
  }

  /** What is held, fresh or not. */
  function held(key: string | number): Entry | undefined {
    const found = find(key);
    return found && copyOf(found.entry, found.copy);
  }

  function inspect(key: string | number): Finding {
    const found = memory.peek?.(key)?.value as Held | undefined;
    if (found === undefined) return { memory: engine };
    return { memory: engine, entry: { ...found.entry, value: undefined }, obstacle: obstacleTo(key, found) };
  }

  /** What is held, unless that is over: another process may have replaced it. */
  function heldFresh(key: string | number): Entry | undefined {
    const found = find(key);
    return found !== undefined && isFresh(found.entry, clock) ? copyOf(found.entry, found.copy) : undefined;
  }

  async function read(
    key: string | number,
    more?: (milliseconds: number) => void,
    seen?: (fence: Fence) => void,
  ): Promise<Entry | undefined> {
    const near = heldFresh(key);
    if (near !== undefined) return near;
    const before = changes;
    const known = watch?.now();
    const entry = await store.get(key, more, seen);
    if (before !== changes) return entry;
    const copy = entry && copyOf(entry);
    if (copy === undefined) {
      memory.delete(key);
      return entry;
    }
    const value: Held = { entry: copy, copy: copierFor(copy.value), since: options.now(), known };
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
    near: (key) => held(key) ?? store.near?.(key),
    getNow: heldFresh,
    inspect: (key) => [Promise.resolve(inspect(key)), ...lookLaterInto(store, key)],
    set: (key, entry, fence) =>
      change(
        () => void memory.delete(key),
        () => store.set(key, entry, fence),
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
      watch?.close();
      await store.close();
    },
  };
}

/** Hears of changes by others; `undefined` where the store has nothing for that. */
export function watchOf(store: Pick<AsyncStore, "watch">): Watch | undefined {
  const watch: unknown = store.watch?.();
  // One from elsewhere may answer with a promise.
  if (overhear(watch) || typeof watch !== "object" || watch === null) return undefined;
  return watch as Watch;
}

/** The entry with a value of its own; `undefined` for one whose value cannot be copied. */
function copyOf(entry: Entry, copy?: Copy): Entry | undefined {
  try {
    return copyOfEntry(entry, copy);
  } catch {
    return undefined;
  }
}
