/** What tells which entries are valid: one order of invalidations for all caches that share one. */

import type { Moment, Tagged } from "../entry.js";
import { InvalidationTable } from "./table.js";

/**
 * The invalidations that concern some caches: those of a process or, of what lies in a folder, those of all processes
 * that use it.
 */
export interface Invalidations {
  /** The present, for what is loaded from now on. */
  now(): Moment;
  /**
   * Whether an entry is valid: nothing has invalidated one of its labels since its load began.
   *
   * @param owner - Whose entry it is: invalidations may concern that one alone.
   */
  allow(tagged: Tagged, owner: string): boolean;
  /**
   * Invalidates all entries with one of the labels. What is in this process is invalid when this returns, even by an
   * error; what others see, when the promise is fulfilled.
   *
   * @param owner - Whose entries; `undefined`: everybody's.
   * @returns A promise, where it takes time to make it last.
   * @throws What keeps others from learning of it; until they can, the entries are not served by this process.
   */
  add(labels: readonly string[], owner?: string): void | Promise<void>;
  /** The same at once. */
  addNow(labels: readonly string[], owner?: string): void;
}

/** The invalidations that concern the entries of one cached function, and whose those are. */
export interface Tags {
  readonly invalidations: Invalidations;
  /** Whose entries they are, among all that the invalidations may concern. */
  readonly owner: string;
}

/** The mark of a label: of one owner's entries, or of everybody's. */
function markOf(label: string, owner = ""): string {
  return `${owner}${label}`;
}

/** The invalidations of entries that do not outlive this process. */
class ProcessInvalidations implements Invalidations {
  readonly #table = new InvalidationTable<string>("process");

  now(): Moment {
    return this.#table.now;
  }

  allow(tagged: Tagged, owner: string): boolean {
    const { count } = this.#table;
    if (tagged.count === count) return true;
    tagged.marks ??= tagged.labels.flatMap((label) => [markOf(label), markOf(label, owner)]);
    if (this.#table.hasSince(tagged.marks as readonly string[], tagged.count)) return false;
    // Not asked again until something else is invalidated.
    tagged.count = count;
    return true;
  }

  add(labels: readonly string[], owner?: string): void {
    this.addNow(labels, owner);
  }

  addNow(labels: readonly string[], owner?: string): void {
    this.#table.add(labels.map((label) => markOf(label, owner)));
  }
}

/** Those of caches whose entries do not outlive this process, and that go together. */
export function createInvalidations(): Invalidations {
  return new ProcessInvalidations();
}
