/** The order of invalidations, and the last one of each tag. */

import type { Moment } from "../entry.js";

/** Marks that are remembered; of more, those are forgotten that came up least lately, and with them what is older. */
const MAX_MARKS = 100_000;

/**
 * Counts invalidations. An entry is valid as long as none of its marks was invalidated after its load began: an
 * invalidation takes the same time however many entries it ends, and a load that was under way ends with them.
 *
 * @typeParam M - What stands for a tag.
 */
export class InvalidationTable<M> {
  readonly epoch: string;
  /** How many invalidations there were. */
  count = 0;
  /** The last invalidation of each mark, the latest at the end. */
  readonly #last = new Map<M, number>();
  /** Nothing is known of invalidations up to this one. */
  #floor = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** The present. */
  get now(): Moment {
    return { epoch: this.epoch, count: this.count };
  }

  /** Everything with one of these marks is invalid from now on. */
  add(marks: Iterable<M>): void {
    this.count += 1;
    for (const mark of marks) this.#set(mark);
  }

  /** The same for one mark, which counts by itself. */
  addOne(mark: M): void {
    this.count += 1;
    this.#set(mark);
  }

  /** Whether one of the marks was invalidated after that many invalidations; if none are given, whether anything was. */
  hasSince(marks: readonly M[], count: number): boolean {
    if (count >= this.count) return count > this.count;
    if (marks.length === 0 || count < this.#floor) return true;
    return marks.some((mark) => (this.#last.get(mark) ?? 0) > count);
  }

  #set(mark: M): void {
    this.#last.delete(mark);
    this.#last.set(mark, this.count);
    if (this.#last.size <= MAX_MARKS) return;
    for (const [oldest, count] of this.#last) {
      this.#last.delete(oldest);
      this.#floor = count;
      break;
    }
  }
}
