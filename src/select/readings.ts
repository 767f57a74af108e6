/** Readings that are under way, and whether what they read may have been changed meanwhile. */

import type { Key } from "../keys/index.js";

/** One reading of a key. */
export interface Reading {
  /** Nothing has been changed since it began. */
  isCalm: boolean;
}

/** See above; of changes by this process. */
export class Readings {
  readonly #underWay = new Map<Key, readonly Reading[]>();

  begin(key: Key): Reading {
    const reading = { isCalm: true };
    this.#underWay.set(key, [...(this.#underWay.get(key) ?? []), reading]);
    return reading;
  }

  end(key: Key, reading: Reading): void {
    const others = (this.#underWay.get(key) ?? []).filter((one) => one !== reading);
    if (others.length === 0) this.#underWay.delete(key);
    else this.#underWay.set(key, others);
  }

  /** A key is changed, or all are. */
  disturb(key?: Key): void {
    const disturbed = key === undefined ? [...this.#underWay.values()].flat() : (this.#underWay.get(key) ?? []);
    for (const reading of disturbed) reading.isCalm = false;
  }
}
