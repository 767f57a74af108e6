/** A gate that lets a few through at a time. */

/** Runs operations, at most so many at a time; the others wait in the order in which they came. */
export class Gate {
  readonly #width: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** Runs an operation when there is room. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#width) await new Promise<void>((enter) => this.#waiting.push(enter));
    else this.#inside += 1;
    try {
      return await operation();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on, so that nobody who comes in between takes it.
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
