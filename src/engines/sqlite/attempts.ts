/** How often, and for how long, an operation on a database is tried again. */

/** Milliseconds between two attempts at a lock: the first pause, how much longer each next one is, and up to. */
const PAUSE = { first: 2, more: 1, upTo: 20 };
/**
 * Milliseconds after which an operation gives a lock up, from when it was queued: those that wait for one another give up
 * together. Callers have given up long before.
 */
const PATIENCE = 10_000;
/** Milliseconds for which a program with nothing else to do stays for an operation that waits for a lock. */
const STAY = 2_000;
/** Connections that one operation may use up. */
const MAX_RENEWALS = 3;

/** The attempts of one operation. */
export class Attempts {
  readonly #started: number;
  #renewals = 0;
  #pauses = 0;

  constructor(started: number = performance.now()) {
    this.#started = started;
  }

  /** Waits before the next attempt, or throws when it was the last. Waiting for a lock is no attempt. */
  async next(error: unknown, isBusy: boolean): Promise<void> {
    if (!isBusy) this.#renewals += 1;
    const waited = performance.now() - this.#started;
    if (this.#renewals > MAX_RENEWALS || waited > PATIENCE) throw error;
    const longest = Math.min(PAUSE.upTo, PAUSE.first + PAUSE.more * this.#pauses);
    this.#pauses += 1;
    // Chance, so that two processes that wait for each other do not do so for ever.
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 1 + Math.random() * longest);
      if (waited > STAY) timer.unref();
    });
  }
}
