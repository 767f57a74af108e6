/** Operations of one kind of thing, one after the other, so that they take effect in the order in which they were begun. */

/** A queue of operations on a store. */
export class Lane {
  #tail: Promise<unknown> = Promise.resolve();
  #length = 0;
  /** A removal at the end of the queue that has not started; another one would do nothing more. */
  #removal: Promise<unknown> | undefined;

  /** Operations that run or wait. */
  get length(): number {
    return this.#length;
  }

  /** Fulfilled when all operations so far have settled. */
  get settled(): Promise<unknown> {
    return this.#tail;
  }

  /** Runs an operation when those before it have settled, however they did. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    this.#removal = undefined;
    const result = this.#tail.then(operation);
    this.#length += 1;
    const settled = (): void => {
      this.#length -= 1;
    };
    this.#tail = result.then(settled, settled);
    return result;
  }

  /** The same for a removal, which joins one that is waiting already with nothing behind it. */
  remove<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#removal !== undefined) return this.#removal as Promise<T>;
    const removal = this.run(() => {
      if (this.#removal === removal) this.#removal = undefined;
      return operation();
    });
    this.#removal = removal;
    return removal;
  }
}
