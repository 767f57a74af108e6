/** Stores of engines from outside this library that say they answer at once. */

import type { StoreOptions, SyncEngine, SyncStore } from "../contract/index.js";
import { engines } from "../engines/index.js";
import { EngineError } from "../errors.js";
import { overhear } from "../promise.js";

/**
 * Opens a store that answers at once.
 *
 * @throws EngineError when it is a promise of one; and so does each operation of the store that answers with a promise:
 * what that comes to is not waited for, and may never happen.
 */
export function openAtOnce(engine: SyncEngine, options: StoreOptions): SyncStore {
  const store = atOnce(engine.open(options));
  if (engines.isBuiltin(engine)) return store;
  const { peek, pack, isolates, inspect } = store;
  return {
    ...(pack !== undefined && { pack: (entry) => atOnce(store.pack?.(entry) ?? entry) }),
    ...(peek !== undefined && { peek: (key) => atOnce(store.peek?.(key)) }),
    ...(isolates !== undefined && { isolates }),
    ...(inspect !== undefined && { inspect: (key) => atOnce(store.inspect?.(key) ?? []) }),
    get: (key) => atOnce(store.get(key)),
    set: (key, entry) => atOnce(store.set(key, entry)),
    delete: (key) => atOnce(store.delete(key)),
    clear: () => atOnce(store.clear()),
    size: () => atOnce(store.size()),
    keys: () => atOnce(store.keys()),
    close: () => atOnce(store.close()),
  };
}

function atOnce<T>(answer: T): T {
  if (!overhear(answer)) return answer;
  throw new EngineError("it answered with a promise, and has to answer at once");
}
