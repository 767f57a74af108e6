/** What stores know of removals by others, at some moment. */

/** What a store knew at some moment of removals by others that use it. Only the store that gave it can read it. */
export type Fence = number | object;

/** One that says more of the key that it was taken for, which was so at that moment. */
export interface KeyFence {
  /** What it says of all keys, then and later. */
  readonly general: Fence;
}

/** What a fence says of other keys, and of loads that begin later. */
export function generalFence(fence: Fence): Fence {
  return typeof fence === "object" && "general" in fence ? (fence as KeyFence).general : fence;
}
