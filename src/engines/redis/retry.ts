/** What the server has to be told and could not be, tried again until it is. */

/** Milliseconds between two attempts. Where the server is known to be out of reach, an attempt costs nothing. */
const PAUSE = 500;

/** See above. It keeps no process alive. */
export class Retry {
  readonly #attempt: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  /** @param attempt - Rejects when it has to be tried again. */
  constructor(attempt: () => Promise<void>) {
    this.#attempt = attempt;
  }

  /** Begins, if it has not begun. */
  begin(): void {
    if (this.#timer !== undefined) return;
    const timer = setTimeout(() => {
      this.#attempt().then(
        () => this.#next(timer, false),
        () => this.#next(timer, true),
      );
    }, PAUSE);
    timer.unref();
    this.#timer = timer;
  }

  /** Gives up. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(timer: NodeJS.Timeout, isAgain: boolean): void {
    // It may have been ended meanwhile, and begun anew.
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    if (isAgain) this.begin();
  }
}
