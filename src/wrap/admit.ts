/** Whether a call uses the cache, and under which key. */

import { CacheKeyError } from "../errors.js";
import { type Key, keyWithin } from "../keys/index.js";
import { type Namespace, type Overrides, scope } from "../scope.js";
import type { Signal } from "../signal.js";
import { signalIn } from "./cancellation.js";
import { consult, OptionFailure } from "./guard.js";
import type { Plan } from "./plan.js";

/** The name space of a call: that of the blocks around it or, where they have none, that of the function. */
export function namespaceOf(
  { config, namespace }: Plan,
  rules: Overrides | undefined = scope.read?.(),
): Namespace | undefined {
  return rules?.namespace ?? namespace ?? (config.namespace === undefined ? undefined : [config.namespace]);
}

/** The key of a call in a name space. Throws when no key can be made. */
export function keyIn(
  plan: Pick<Plan, "keyOf">,
  self: unknown,
  args: ArrayLike<unknown>,
  namespace: Namespace | undefined,
): Key {
  const key = plan.keyOf(self, args);
  return namespace === undefined ? key : keyWithin(spaceOf(namespace), key);
}

/** What the keys of a name space lie in. */
export function spaceOf(namespace: Namespace): readonly string[] {
  return ["namespace", ...namespace];
}

/**
 * The key that is asked for through the handle, in the name space of the block around.
 *
 * @throws CacheKeyError when none can be made, whatever stands in the way.
 */
export function askedKey(plan: Plan, self: unknown, args: ArrayLike<unknown>): Key {
  try {
    return keyIn(plan, self, args, namespaceOf(plan));
  } catch (error) {
    if (error instanceof CacheKeyError) throw error;
    const [what, cause] =
      error instanceof OptionFailure ? [`the option "${error.option}" failed`, error.cause] : ["they fail", error];
    throw new CacheKeyError(`No key can be made of these arguments: ${what}. See the cause.`, { cause });
  }
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
      return keyIn(plan, self, args, namespaceOf(plan, rules));
    }
  } catch (error) {
    if (error instanceof OptionFailure) guard.optionFailed(error.option, error.cause);
    else guard.optionFailed("key", error);
  }
  return countBypass(plan);
}

/** The signal of a call; `undefined` too where the option that says so fails. */
export function readSignal({ config, guard }: Plan, args: readonly unknown[]): Signal | undefined {
  try {
    return signalIn(config, args);
  } catch (error) {
    return guard.optionFailed("signalOf", error instanceof OptionFailure ? error.cause : error);
  }
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
  namespace: Namespace | undefined,
): boolean {
  if (plan.config.key !== undefined) return true;
  try {
    return keyIn(plan, self, args, namespace) === key;
  } catch {
    return false;
  }
}
