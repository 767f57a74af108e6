/** What a store knew of removals before a function ran, which other processes may have carried out since. */

import type { Fence, SyncStore } from "../contract/index.js";
import type { Key } from "../keys/index.js";

/** The store did not say what it knew. What was made then cannot be stored. */
export class Unfenced {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** The fence of a load. `undefined`: it needs none, since what is stored is new, or nobody else uses the store. */
export type LoadFence = Fence | Unfenced | undefined;

/** What a store says now, before a function runs. */
export function fenceOf(store: SyncStore, key: Key): LoadFence {
  try {
    return store.fence?.(key);
  } catch (cause) {
    return new Unfenced(cause);
  }
}

/** What is given to the store with the result. Throws what the store has thrown. */
export function fenceFor(store: { readonly fence?: unknown }, fence: LoadFence): Fence | undefined {
  if (!(fence instanceof Unfenced)) return fence;
  // One that cannot be asked may still have said something by itself, or nothing.
  if (store.fence === undefined) return undefined;
  throw fence.cause;
}
