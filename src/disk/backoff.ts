/** Waiting before something that failed is tried again. */

/** Milliseconds before something is tried again: from, and, doubled with each failure, up to. */
const RETRY_AFTER = [100, 2_000] as const;

/** Remembers a failure for a while, in which nothing is tried. */
export class Backoff {
  #failures = 0;
  #failure: { readonly error: unknown; readonly until: number } | undefined;

  /** Throws the last failure, if it is too early to try again. */
  check(): void {
    if (this.#failure !== undefined && performance.now() < this.#failure.until) throw this.#failure.error;
  }

  /** It has failed. */
  failed(error: unknown): void {
    const [from, upTo] = RETRY_AFTER;
    const wait = Math.min(upTo, from * 2 ** this.#failures);
    this.#failures += 1;
    this.#failure = { error, until: performance.now() + wait };
  }

  /** It has worked. */
  worked(): void {
    this.#failures = 0;
    this.#failure = undefined;
  }
}
