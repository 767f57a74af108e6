/** Caches of requests: what stands in for the caches of a function inside a block that has its own. */

import { scope } from "../scope.js";

/** The caches of a function. */
interface Set<O> {
  readonly isClosed: boolean;
  /** `forRequest` is missing where they stand in for others already. */
  readonly opening: { readonly forRequest?: (() => O) | undefined };
  close(): void | Promise<void>;
}

/**
 * What calls made here use: the caches of the request around them or, where there is none, the function's own.
 *
 * @param make - Makes caches that are not open yet.
 */
export function currentOf<O, S extends Set<O>>(own: S, make: (settle: () => O) => S): S {
  const request = scope.read?.()?.request;
  if (request === undefined || own.isClosed) return own;
  const { forRequest } = own.opening;
  return forRequest === undefined ? own : request.standIn(own, () => make(forRequest));
}
