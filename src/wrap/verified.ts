/** Stores of engines from outside this library: what they answer is checked, and what they fail to remove is not served. */

import { type Fence, type Finding, lookInto, type SyncStore } from "../contract/index.js";
import { createEntry, type Entry, isEntry, withTags } from "../entry.js";
import { EngineError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { isShareable } from "./one-shot.js";
import { Quarantine } from "./quarantine.js";

/** The entry as it is given to a foreign store: with its key, and without what only makes sense in memory. */
export function sealEntry(key: Key, entry: Entry): Entry {
  // Field by field: a spread takes several times as long.
  const { value, traits, createdAt, expiresAt, staleUntil, size, tagged } = entry;
  const sealed = { value, traits, createdAt, expiresAt, staleUntil, size, result: undefined, key };
  return tagged === undefined ? sealed : { ...sealed, tagged };
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
  const { value, traits, createdAt, expiresAt, staleUntil, size, tagged } = answer;
  if (!isShareable(value)) throw new EngineError("The store answered with a value that can be used only once.");
  const entry = createEntry(value, traits, createdAt, expiresAt, size, staleUntil);
  return tagged === undefined ? entry : withTags(entry, { ...tagged });
}

/** What was found in a foreign store, if it is what was asked for. Its value is nobody's concern. */
export function verifyFinding(key: Key, finding: Finding): Finding {
  if (finding.obstacle !== undefined) return finding;
  try {
    const entry = openEntry(key, finding.entry);
    const writtenAt = finding.entry?.writtenAt;
    return { ...finding, entry: entry && (typeof writtenAt === "number" ? { ...entry, writtenAt } : entry) };
  } catch (error) {
    return { ...finding, entry: undefined, obstacle: "damaged", detail: error instanceof Error ? error.message : "" };
  }
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
    inspect: (key) =>
      lookInto(store, key).map((finding) => {
        const found = verifyFinding(key, finding);
        const isPending = quarantine.holds(key) && found.entry !== undefined && found.obstacle === undefined;
        return isPending ? { ...found, obstacle: "removal-pending" } : found;
      }),
    set(key, entry, fence) {
      catchUp(key);
      // Until the new entry is known to be there, the one before it must not be served.
      return remove(() => store.set(key, sealEntry(key, entry), fence), key);
    },
    ...(store.fence && { fence: (key) => store.fence?.(key) as Fence }),
    delete: (key) => remove(() => store.delete(key), key),
    clear: () => remove(() => store.clear()),
    size: () => store.size(),
    keys: () => store.keys(),
    close: () => store.close(),
  };
}
