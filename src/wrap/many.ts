/** Calls of one function for each of a list of arguments. */

import { show } from "../config/index.js";
import { CacheOperationError } from "../errors.js";
import { overhear } from "../promise.js";
import { attempt } from "./background.js";
import { isPromise } from "./one-shot.js";

/**
 * The lists of arguments, copied, so that nobody changes them on the way.
 *
 * @throws CacheOperationError for what is no list of lists.
 */
export function argumentLists(operation: string, lists: Iterable<readonly unknown[]>): unknown[][] {
  const refuse = (got: unknown): never => {
    throw new CacheOperationError(
      `${operation}: expected a list with a list of arguments for each call, such as [[1], [2]]; got ${show(got)}.`,
    );
  };
  if (typeof lists !== "object" || lists === null || !(Symbol.iterator in lists)) return refuse(lists);
  return Array.from(lists, (args: unknown) => (Array.isArray(args) ? [...(args as unknown[])] : refuse(args)));
}

/**
 * What the calls give, in the order of the lists: an array or, where a call gives a promise, a promise of one, which
 * rejects with the first error.
 *
 * @param awaited - The function always returns promises.
 */
export function callEach(
  lists: readonly unknown[][],
  call: (args: unknown[]) => unknown,
  awaited: boolean,
): unknown[] | Promise<unknown[]> {
  const results: unknown[] = [];
  for (const args of lists) {
    const came = attempt(() => call(args));
    if ("result" in came) results.push(came.result);
    // The promises that there are may reject too, which somebody has to hear.
    else if (awaited || results.some(isPromise)) return Promise.all([...results, Promise.reject(came.error)]);
    else {
      // Those of classes of their own are given out as they are, and here to nobody.
      for (const result of results) overhear(result);
      throw came.error;
    }
  }
  return awaited || results.some(isPromise) ? Promise.all(results) : results;
}
