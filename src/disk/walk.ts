/** A walk through all ids of a table, some at a time, to see that each can be found. */

import { DamageError } from "./damage.js";
import type { Row } from "./steps.js";

/** Ids that are looked at in one step. */
export const WALK_STEP = 500;

/** See above. */
export class Walk {
  #at = "";
  #isFirst = true;

  /** The id after which it goes on. */
  get at(): string {
    return this.#at;
  }

  /**
   * Looks at the ids that come next; whether to go on at once, as until all were looked at for the first time.
   *
   * @throws DamageError where they are not in their order, so that some cannot be found, or are there twice.
   */
  look(rows: readonly Row[]): boolean {
    let last = this.#at;
    for (const { id } of rows) {
      if (typeof id !== "string" || id <= last) throw new DamageError("Records are not where they belong.");
      last = id;
    }
    const isOver = rows.length < WALK_STEP;
    this.#at = isOver ? "" : last;
    if (isOver) this.#isFirst = false;
    return this.#isFirst;
  }
}
