/** The time that a call may spend waiting for an engine. */

import { ResourceError } from "../errors.js";

/** Milliseconds that all engine operations of one call may take together. */
export const ENGINE_BUDGET = 100;

/** What is left of a call's time. It runs only while an engine is being waited for, not while the function runs. */
export class Budget {
  #left: number;

  /** @param milliseconds - Default: {@link ENGINE_BUDGET}. */
  constructor(milliseconds: number = ENGINE_BUDGET) {
    this.#left = milliseconds;
  }

  /**
   * Waits for an operation as long as there is time.
   *
   * @throws ResourceError when there is none left; what the operation rejects with later is ignored.
   */
  async spend<T>(operation: Promise<T>): Promise<T> {
    const started = performance.now();
    // Not unref'd: the caller waits for a result, which a process with nothing else to do would otherwise never give.
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<never>((_resolve, reject) => {
      const limit = Math.max(0, this.#left);
      timer = setTimeout(() => reject(new ResourceError("The engine did not answer in time.")), limit);
    });
    try {
      return await Promise.race([operation, timeUp]);
    } finally {
      clearTimeout(timer);
      this.#left -= performance.now() - started;
    }
  }
}
