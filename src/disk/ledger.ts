/** How much a cache holds on disk, as far as this process knows. */

/** The bounds of a cache. */
export interface Bounds {
  readonly maxSize: number;
  readonly maxBytes: number;
}

/** Changes by this process after which it looks again at what the others have done. */
const LOOK_AGAIN = 1_000;

/** If something has to go, one in so many goes with it. */
const SPARE = 50;

/** A running total, to be counted anew now and then, since other processes change it too. */
export class Ledger {
  readonly #bounds: Bounds;
  #records = 0;
  #bytes = 0;
  #isCertain = true;
  /** Changes that may still come before the total is counted anew. */
  #left = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Whether there is a bound that counting is for. */
  get isNeeded(): boolean {
    const { maxSize, maxBytes } = this.#bounds;
    return maxSize !== Number.POSITIVE_INFINITY || maxBytes !== Number.POSITIVE_INFINITY;
  }

  /** Whether the total is to be counted anew. */
  get isStale(): boolean {
    return this.isNeeded && this.#left <= 0;
  }

  /** The total was counted. Counting takes as long as there are records, so the more there are, the longer it lasts. */
  counted(records: number, bytes: number): void {
    this.#records = records;
    this.#bytes = bytes;
    this.#isCertain = true;
    this.#left = Math.max(LOOK_AGAIN, Math.ceil(records / 10));
  }

  /** There are no more bytes than these. How many records there are is not known, since nothing asks for it. */
  estimated(bytes: number): void {
    this.#records = 0;
    this.#bytes = bytes;
    this.#isCertain = false;
    this.#left = LOOK_AGAIN;
  }

  /** Whether there are as many as it says, and not fewer, if no other process has changed anything. */
  get isCertain(): boolean {
    return this.#isCertain;
  }

  /** Records have come, or have taken the place of others. */
  addPerhaps(records: number, bytes: number): void {
    this.add(records, bytes);
    this.#isCertain = false;
  }

  /** Records have come or, with negative numbers, gone. */
  add(records: number, bytes: number): void {
    this.#records += records;
    this.#bytes += bytes;
    this.#left -= 1;
  }

  /** The total is not known any more. */
  forget(): void {
    this.#left = 0;
  }

  /**
   * How many records are to go, so that the rest is within the bounds; 0: none. If any, then of many records a few more
   * than must: to find those that were written longest ago takes a look at all.
   */
  get excess(): number {
    const { maxSize, maxBytes } = this.#bounds;
    const tooMany = Math.max(0, this.#records - maxSize);
    const tooLarge = this.#bytes - maxBytes;
    if (tooLarge <= 0 && tooMany === 0) return 0;
    const forBytes = tooLarge <= 0 ? 0 : Math.floor((tooLarge / this.#bytes) * this.#records * 0.9);
    return Math.max(1, tooMany, forBytes, Math.floor(this.#records / SPARE));
  }
}
