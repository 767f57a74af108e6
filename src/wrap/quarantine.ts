/** Keys whose invalidation an engine did not carry out. What is stored under them is not served until it is gone. */

import type { Key } from "../keys/index.js";

/** Keys remembered one by one; beyond this the whole store is under quarantine. */
const MAX_KEYS = 1_000;

/** What must not be read from a store, because it should not be there any more. */
export class Quarantine {
  readonly #keys = new Set<Key>();
  #everything = false;

  /** The key's entry, or every entry, may still be there although it was to be removed. */
  add(key?: Key): void {
    if (key === undefined || this.#keys.size >= MAX_KEYS) this.#everything = true;
    else this.#keys.add(key);
  }

  /** The key's entry, or every entry, is gone or replaced. */
  release(key?: Key): void {
    if (key !== undefined) this.#keys.delete(key);
    else {
      this.#keys.clear();
      this.#everything = false;
    }
  }

  /** Whether everything is under quarantine. */
  get isTotal(): boolean {
    return this.#everything;
  }

  /** Whether what is stored under the key must not be served. */
  holds(key: Key): boolean {
    return this.#everything || this.#keys.has(key);
  }
}
