/** A store that is being opened, which takes time, and what can be known of it meanwhile. */

import type { AsyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { Budget, OPENING_BUDGET } from "./budget.js";

/** A store that is there, or will be. */
export class OpeningStore {
  readonly #store: Promise<AsyncStore>;
  #opened: AsyncStore | undefined;
  /** The store, or that it takes too long. */
  #waiting: Promise<AsyncStore> | undefined;

  constructor(store: Promise<AsyncStore>) {
    this.#store = store;
    store.then(
      (opened) => {
        this.#opened = opened;
      },
      // Whoever uses the store hears of it; nobody may.
      () => undefined,
    );
  }

  /** The store, if it is there. */
  get opened(): AsyncStore | undefined {
    return this.#opened;
  }

  /** Whether each entry that is read has a value of its own. */
  get isolates(): boolean {
    return this.#opened?.isolates === true;
  }

  /** The store, however long it takes. */
  whenever(): Promise<AsyncStore> {
    return this.#store;
  }

  /** Waits for the store, which may have to load a package: so much is not held against the first calls. */
  soon(): Promise<AsyncStore> {
    if (this.#opened !== undefined) return this.#store;
    this.#waiting ??= new Budget(OPENING_BUDGET).spend(this.#store);
    return this.#waiting;
  }

  /** The entry with what the store will keep of its value, taken now, or as soon as there is a store. */
  pack(entry: Entry): Entry | Promise<Entry> {
    const pack = (store: AsyncStore): Entry => (store.pack === undefined ? entry : store.pack(entry));
    if (this.#opened !== undefined) return pack(this.#opened);
    const packed = this.#store.then(pack);
    // Who waits for the store may hear of its failure first, and of this never.
    packed.catch(() => undefined);
    return packed;
  }
}
