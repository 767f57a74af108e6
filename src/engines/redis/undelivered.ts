/** Removals of which it is not certain that the server has carried them out: it has to hear of them again. */

import { Retry } from "./retry.js";

/** Entries that are remembered one by one; of more, everything is removed. */
const MAX_IDS = 1_000;

/** How a store removes things. Each tells here what came of it. */
interface Removing {
  delete(id: string): Promise<unknown>;
  clear(): Promise<unknown>;
}

/**
 * See above. What the caller was told is not certain is certain a while after the server is back, whether or not anybody
 * asks for the entry. A newer value that somebody has put in meanwhile may go with it, which costs a miss.
 */
export class Undelivered {
  readonly #store: Removing;
  readonly #ids = new Set<string>();
  #isEverything = false;
  readonly #retry = new Retry(() => this.deliver());

  constructor(store: Removing) {
    this.#store = store;
  }

  /** Carries out a removal, and remembers it if that fails. */
  async watch<T>(id: string | undefined, remove: () => Promise<T>): Promise<T> {
    // What fails while everything is being removed may concern what comes after it.
    const before = id === undefined ? [...this.#ids] : [id];
    try {
      const reply = await remove();
      for (const one of before) this.#ids.delete(one);
      if (id === undefined) this.#isEverything = false;
      return reply;
    } catch (error) {
      if (id === undefined || this.#ids.size >= MAX_IDS) this.#isEverything = true;
      else this.#ids.add(id);
      this.#retry.begin();
      throw error;
    }
  }

  /** Tries to carry out what is left. Rejects if that fails. */
  async deliver(): Promise<void> {
    if (this.#isEverything) await this.#store.clear();
    for (const id of this.#ids) await this.#store.delete(id);
  }

  /** Tries for the last time. */
  async close(): Promise<void> {
    this.#retry.end();
    await this.deliver().catch(() => undefined);
    this.#retry.end();
  }
}
