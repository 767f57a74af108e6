/** How a store that answers with promises is asked for an entry. */

import type { AsyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { overhear } from "../promise.js";
import type { Budget } from "./budget.js";

/** As a use of the entry, or only to see it. */
export type Ask = "get" | "peek";

/** Asks a store for an entry. One that throws rejects. */
export function read(store: AsyncStore, key: Key, { more, seen }: Budget, ask: Ask): Promise<Entry | undefined> {
  try {
    return ask === "peek" && store.peek !== undefined ? store.peek(key, more) : store.get(key, more, seen);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * What a store has of an entry without asking its engine.
 *
 * @param ask - Anything that there is, or only what is as good as what the engine would answer.
 * @param open - Makes an entry of the answer, or throws. What fails here is nothing that is there.
 */
export function atHand(
  store: AsyncStore | undefined,
  key: Key,
  ask: "near" | "getNow",
  open: (answer: unknown) => Entry | undefined,
): Entry | undefined {
  if (store?.[ask] === undefined) return undefined;
  try {
    const answer: unknown = store[ask](key);
    return overhear(answer) ? undefined : open(answer);
  } catch {
    return undefined;
  }
}
