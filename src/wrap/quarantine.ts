/** Keys whose invalidation an engine did not carry out. What is stored under them is not served until it is gone. */

import type { Key } from "../keys/index.js";

/** Keys remembered one by one; beyond this the whole store is under quarantine. */
const MAX_KEYS = 1_000;

/** What must not be read from a store, because it should not be there any more. */
export class Quarantine {
  /** Keys, with the moment at which each was added last. */
  readonly #keys = new Map<Key, number>();
  /** When the whole store was added last; `undefined`: it is not under quarantine. */
  #everything: number | undefined;
  #moment = 0;

  /** This moment: what is added later is not released by something that began now. */
  get moment(): number {
    return this.#moment;
  }

  /** The key's entry, or every entry, may still be there although it was to be removed. */
  add(key?: Key): void {
    this.#moment += 1;
    if (key === undefined || (this.#keys.size >= MAX_KEYS && !this.#keys.has(key))) this.#everything = this.#moment;
    else this.#keys.set(key, this.#moment);
  }

  /** The key's entry is gone or replaced. */
  release(key: Key): void {
    this.#keys.delete(key);
  }

  /** Every entry is gone that was there at a moment. Default: now. */
  releaseAll(moment: number = this.#moment): void {
    for (const [key, added] of this.#keys) if (added <= moment) this.#keys.delete(key);
    if (this.#everything !== undefined && this.#everything <= moment) this.#everything = undefined;
  }

  /** Whether everything is under quarantine. */
  get isTotal(): boolean {
    return this.#everything !== undefined;
  }

  /** Whether what is stored under the key must not be served. */
  holds(key: Key): boolean {
    return this.#everything !== undefined || this.#keys.has(key);
  }
}
