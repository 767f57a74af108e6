/** Whether a call uses the cache, and under which key. */

import { type Key, keyWithin } from "../keys/index.js";
import type { Overrides } from "../scope.js";
import { consult, OptionFailure } from "./guard.js";
import type { Plan } from "./plan.js";

/** The key of a call in a name space. Throws when no key can be made. */
export function keyIn(plan: Plan, self: unknown, args: ArrayLike<unknown>, namespace: string | undefined): Key {
  const key = plan.keyOf(self, args);
  return namespace === undefined ? key : keyWithin(["namespace", namespace], key);
}

/**
 * The key of a call that uses the cache; `undefined` for one that does not, which is counted: the block around it says
 * so, the option `when` says so, or no key can be made.
 */
export function admit(plan: Plan, self: unknown, args: unknown[], rules: Overrides | undefined): Key | undefined {
  const { config, guard } = plan;
  const { when } = config;
  try {
    if (rules?.bypass !== true && (when === undefined || consult("when", () => when(args)))) {
      return keyIn(plan, self, args, rules?.namespace);
    }
  } catch (error) {
    if (error instanceof OptionFailure) guard.optionFailed(error.option, error.cause);
    else guard.optionFailed("key", error);
  }
  return countBypass(plan);
}

/** Counts a call that does not use the cache. */
export function countBypass({ counters }: Plan): undefined {
  counters.misses += 1;
  counters.bypasses += 1;
}

/**
 * Whether arguments still make the key that they made. A key that the user's function made is the user's to answer for,
 * and the function is not called again.
 */
export function stillMakes(
  plan: Plan,
  key: Key,
  self: unknown,
  args: unknown[],
  namespace: string | undefined,
): boolean {
  if (plan.config.key !== undefined) return true;
  try {
    return keyIn(plan, self, args, namespace) === key;
  } catch {
    return false;
  }
}
