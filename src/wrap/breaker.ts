/** Leaves an engine alone that has failed several times in a row, so that calls do not wait for it again and again. */

import type { BreakerConfig } from "../config/index.js";
import { TimeUp } from "./budget.js";
import type { Guard } from "./guard.js";

/** The number of an operation that may not be tried. */
export const REFUSED = 0;

/** Milliseconds that pauses grow to. */
const LONGEST_PAUSE = 30_000;

/**
 * Closed, it lets everything through; open, nothing but now and then one operation, by which it finds out whether the
 * engine works again. Operations are known by their numbers, in the order in which they begin.
 */
export class Breaker {
  readonly #threshold: number;
  readonly #pause: number;
  readonly #guard: Guard;
  /** Failures in a row, each of an operation that began after the one before; as many as the threshold says: it is open. */
  #failures = 0;
  /** Attempts in a row to find out that were not answered in time. */
  #unanswered = 0;
  /** When the pause is over, by `performance.now()`. */
  #until = 0;
  /** The operation that began last. */
  #last = REFUSED;
  /** The operation that had begun last at the last success, or at the last failure that counted. */
  #judged = REFUSED;
  /** The operation that is to find out. */
  #probe = REFUSED;

  constructor({ threshold, pause }: BreakerConfig, guard: Guard) {
    this.#threshold = threshold;
    this.#pause = pause;
    this.#guard = guard;
  }

  /** Whether the engine is being left alone. */
  get isOpen(): boolean {
    return this.#failures >= this.#threshold;
  }

  /** Whether an operation of the cache's own that began now would not be tried. */
  get isResting(): boolean {
    return this.isOpen && (this.#probe !== REFUSED || performance.now() < this.#until);
  }

  /** The number of an operation of the cache's own that begins; `REFUSED` if it is not to be tried. */
  begin(): number {
    if (!this.isOpen) return this.ask();
    if (this.isResting) return REFUSED;
    this.#probe = this.ask();
    return this.#probe;
  }

  /** The number of an operation that is tried in any case. */
  ask(): number {
    this.#last += 1;
    return this.#last;
  }

  /** The engine has done something in time. */
  worked(): void {
    this.#judged = this.#last;
    if (this.#failures === 0) return;
    const wasOpen = this.isOpen;
    this.#failures = 0;
    this.#unanswered = 0;
    this.#probe = REFUSED;
    if (wasOpen) this.#guard.engineBack();
  }

  /** An operation has failed, or was not answered in time. Those that failed at the same time count once. */
  failed(attempt: number, error: unknown): void {
    if (this.isOpen) {
      // What began before it opened says nothing new.
      if (attempt !== this.#probe) return;
      // Only silence costs a call its time; one that says at once what is the matter may be asked again soon.
      this.#unanswered = error instanceof TimeUp ? this.#unanswered + 1 : 0;
      this.#rest();
      return;
    }
    // One disturbance, or one key, must not count as often as there are operations that wait for it.
    if (attempt <= this.#judged) return;
    this.#judged = this.#last;
    this.#failures += 1;
    if (this.isOpen) this.#guard.engineLeft(this.#failures, this.#rest(), error);
  }

  /** An operation is over. If it has told nothing about the engine, another one has to find out. */
  ended(attempt: number): void {
    if (attempt === this.#probe) this.#probe = REFUSED;
  }

  /** Begins a pause, and says how long it is. */
  #rest(): number {
    const pause = Math.min(Math.max(this.#pause, LONGEST_PAUSE), this.#pause * 2 ** this.#unanswered);
    this.#probe = REFUSED;
    this.#until = performance.now() + pause;
    return pause;
  }
}
