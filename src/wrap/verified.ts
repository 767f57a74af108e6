/** Stores of engines from outside this library: what they answer is checked, and what they fail to remove is not served. */

import type { SyncStore } from "../contract/index.js";
import { createEntry, type Entry, isEntry } from "../entry.js";
import { EngineError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { isShareable } from "./one-shot.js";
import { Quarantine } from "./quarantine.js";

/** The entry as it is given to a foreign store: with its key, and without what only makes sense in memory. */
export function sealEntry(key: Key, entry: Entry): Entry {
  // Field by field: a spread takes several times as long.
  const { value, traits, createdAt, expiresAt, size } = entry;
  return { value, traits, createdAt, expiresAt, size, result: undefined, key };
}

/**
 * The entry as it came back from a foreign store.
 *
 * @throws EngineError when it is no entry, or that of another key.
 */
export function openEntry(key: Key, answer: unknown): Entry | undefined {
  if (answer === undefined) return undefined;
  if (!isEntry(answer)) throw new EngineError("The store answered with something that is not an entry.");
  if (!Object.is(answer.key, key)) throw new EngineError("The store answered with the entry of another key.");
  const { value, traits, createdAt, expiresAt, size } = answer;
  if (!isShareable(value)) throw new EngineError("The store answered with a value that can be used only once.");
  return createEntry(value, traits, createdAt, expiresAt, size);
}

/** Puts a foreign store behind the checks. It still throws when the store does. */
export function verifyStore(store: SyncStore): SyncStore {
  const quarantine = new Quarantine();

  /** Removes something; until the store has done so, it is under quarantine. */
  function remove<T>(act: () => T, key?: Key): T {
    quarantine.add(key);
    const done = act();
    if (key === undefined) quarantine.releaseAll();
    else quarantine.release(key);
    return done;
  }

  /** Tries once more to carry out what failed before, if that is in the way of this key. Throws when it fails again. */
  function catchUp(key: Key): void {
    if (quarantine.isTotal) remove(() => store.clear());
    else if (quarantine.holds(key)) remove(() => store.delete(key), key);
  }

  function read(ask: (key: Key) => Entry | undefined, key: Key): Entry | undefined {
    catchUp(key);
    const answer = ask(key);
    try {
      return openEntry(key, answer);
    } catch (error) {
      remove(() => store.delete(key), key);
      throw error;
    }
  }

  return {
    ...(store.isolates !== undefined && { isolates: store.isolates }),
    get: (key) => read((asked) => store.get(asked), key),
    peek: (key) => read((asked) => (store.peek === undefined ? store.get(asked) : store.peek(asked)), key),
    set(key, entry) {
      catchUp(key);
      // Until the new entry is known to be there, the one before it must not be served.
      return remove(() => store.set(key, sealEntry(key, entry)), key);
    },
    delete: (key) => remove(() => store.delete(key), key),
    clear: () => remove(() => store.clear()),
    size: () => store.size(),
    keys: () => store.keys(),
    close: () => store.close(),
  };
}
