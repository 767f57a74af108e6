/** What cannot be cached, whatever the options say. */

import { show } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import { type AnyFunction, isClass, isGeneratorFunction } from "../function.js";

/**
 * Refuses what no cache can stand in for.
 *
 * @throws ConfigurationError for what is no function, for a generator function and for a class.
 */
export function refuseUncacheable(fn: AnyFunction, label: string): void {
  if (typeof fn !== "function") throw new ConfigurationError(`${label}: expected a function; got ${show(fn)}.`);
  if (isGeneratorFunction(fn)) {
    throw new ConfigurationError(
      `${label}: expected a function whose result can be used more than once; got a generator function. Return an array.`,
    );
  }
  if (isClass(fn)) {
    throw new ConfigurationError(`${label}: expected a function; got a class. Decorate its methods one by one.`);
  }
}
