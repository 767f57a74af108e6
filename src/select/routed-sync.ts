/** The same as routed.ts for stores that answer at once. */

import { type Fence, lookInto, type Since, type StoreOptions, type SyncStore, type Watch } from "../contract/index.js";
import { type Entry, isFresh } from "../entry.js";
import type { Key } from "../keys/index.js";
import { copyOfKept, type NearBounds, NearMemory } from "./near.js";
import type { NearFence } from "./routed.js";
import { copyForMemory, type Sides, unpacked } from "./sides.js";
import { watchOf } from "./tier.js";

/** See {@link nearAndFar}. */
export function nearAndFarSync(bounds: NearBounds, sides: Sides, far: SyncStore, options: StoreOptions): SyncStore {
  const watch = watchOf(far);
  return watch === undefined ? far : routed(new NearMemory(bounds, watch, options), watch, { sides, far, options });
}

function routed(
  near: NearMemory,
  watch: Watch,
  { sides, far, options }: { readonly sides: Sides; readonly far: SyncStore; readonly options: StoreOptions },
): SyncStore {
  const clock = { tick: () => options.now() };
  const peekFar = (key: Key): Entry | undefined => (far.peek === undefined ? far.get(key) : far.peek(key));

  function read(key: Key, ask: "get" | "peek"): Entry | undefined {
    const held = near.find(key, ask);
    if (held !== undefined && isFresh(held.entry, clock)) return copyOfKept(held);
    const known = watch.now();
    const entry = ask === "peek" ? peekFar(key) : far.get(key);
    if (entry === undefined) return held && copyOfKept(held);
    const copy = copyForMemory(sides, entry);
    if (copy === undefined) near.forget(key);
    else near.keep(key, { entry: unpacked({ ...entry, value: copy }), known, isAlone: false }, copy.bytes ?? 0);
    return entry;
  }

  /** What is known to hold for a small entry, if it can be in memory alone. */
  function certain(key: Key, entry: Entry, fence: NearFence | undefined): Since | undefined {
    if (fence === undefined) {
      change(key, () => far.delete(key));
      return watch.now();
    }
    if (!isFresh(entry, clock)) return undefined;
    if (near.hasAlone(key)) return fence.known;
    if (!watch.isUnchanged(key, fence.known)) return undefined;
    return peekFar(key) === undefined ? fence.known : undefined;
  }

  /** What is in memory goes first: where the change fails, it is not certain what lies behind. */
  function change<T>(key: Key, act: () => T): T {
    near.forget(key);
    return act();
  }

  return {
    isolates: true,
    ...(far.idOf && { idOf: (key) => far.idOf?.(key) as string }),
    get: (key) => read(key, "get"),
    peek: (key) => read(key, "peek"),
    inspect: (key) => [near.inspect(key), ...lookInto(far, key)],
    set(key, given, fence) {
      const since = fence as NearFence | undefined;
      const small = copyForMemory(sides, { ...given, size: 0 });
      if (small === undefined) return change(key, () => far.set(key, given, since?.far));
      const entry = unpacked({ ...given, value: small, result: undefined });
      const known = certain(key, entry, since);
      if (known !== undefined && near.keep(key, { entry, known, isAlone: true }, small.bytes ?? 0)) return true;
      return change(key, () => far.set(key, entry, since?.far));
    },
    fence(key) {
      return { known: watch.now(), far: far.fence?.(key) as Fence, isAbsent: false } satisfies NearFence;
    },
    delete(key) {
      const was = near.hasAlone(key);
      return change(key, () => far.delete(key)) || was;
    },
    clear() {
      near.forget();
      far.clear();
    },
    size: () => far.size() + near.aloneKeys().length,
    keys: () => new Set([...far.keys(), ...near.aloneKeys()]),
    close() {
      near.close();
      far.close();
    },
  };
}
