/** What a store that answers with promises knows of removals by all processes, asked before functions run. */

import { type AsyncStore, type Fence, generalFence } from "../contract/index.js";
import { ResourceError } from "../errors.js";
import type { Budget } from "./budget.js";
import type { Load } from "./inflight.js";
import { Unfenced } from "./load-fence.js";
import type { OpeningStore } from "./opening-store.js";

/** The fences of one store. */
export class Fences {
  readonly #store: OpeningStore;
  /** The last one. Where the store does not say in time what it knows, what it knew earlier does too. */
  #last: Fence | undefined;

  constructor(store: OpeningStore) {
    this.#store = store;
  }

  /** Takes down what was heard while a key was read. */
  heard({ fence }: Budget): void {
    this.#remember(fence);
  }

  /** What it says of one key is for its own load alone. */
  #remember(fence: Fence | undefined): void {
    if (fence !== undefined) this.#last = generalFence(fence);
  }

  /**
   * Gives a load its fence: what was heard while its key was read, or what the store says now. A promise where that takes
   * time, which never rejects.
   *
   * @param mayAsk - The store is not being left alone.
   */
  give(load: Load, budget: Budget, mayAsk: boolean, isAtWork: () => boolean): Promise<void> | undefined {
    const store = this.#store.opened;
    load.fence = budget.fence;
    if (load.fence !== undefined || (store !== undefined && store.fence === undefined)) return undefined;
    const failed = (cause: unknown): void => {
      load.fence = this.#last ?? new Unfenced(cause);
    };
    const noted = (fence: Fence | undefined): void => {
      this.#remember(fence);
      load.fence = fence;
    };
    const ask = (opened: AsyncStore): Promise<void> | undefined => {
      try {
        const answer = opened.fence?.(load.key);
        if (answer instanceof Promise) return budget.spend(answer, isAtWork).then(noted, failed);
        noted(answer);
      } catch (cause) {
        failed(cause);
      }
      return undefined;
    };
    if (!mayAsk) failed(new ResourceError("It is not known what other processes have removed."));
    else if (store !== undefined) return ask(store);
    else return this.#store.soon().then(ask, failed);
    return undefined;
  }
}
