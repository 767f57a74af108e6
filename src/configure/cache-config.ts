/** A configuration, checked where it is written. */

import { type CacheConfig, judgeOptions } from "../config/index.js";
import { withEngine } from "../engines/index.js";

/** A configuration that is right and does not change; what is written in it keeps its type. */
export type CheckedConfig<T> = Readonly<T>;

/** Options whose values are the user's own objects, which are used as they are. */
const FOREIGN = new Set(["engine", "clock", "codec", "redis"]);

/**
 * Checks options once, for any number of caches: a frozen copy, which every decorator takes as its options. Options that
 * a decorator does not have are refused by that decorator.
 *
 * @throws ConfigurationError that lists everything that is wrong.
 *
 * @example
 * ```ts
 * import { createCacheConfig, mcache } from "twat-cache";
 * const short = createCacheConfig({ maxSize: 100, ttl: "5m" });
 * const area = mcache((width: number, height: number) => width * height, short);
 * console.log(area(2, 3), Object.isFrozen(short)); // => 6 true
 * ```
 */
export function createCacheConfig<const T extends CacheConfig>(
  options: T & Readonly<Record<Exclude<keyof T, keyof CacheConfig>, never>>,
): CheckedConfig<T> {
  return checkedConfig(options, "createCacheConfig") as unknown as CheckedConfig<T>;
}

/** The same, whoever it is for. */
export function checkedConfig(options: object, subject: string): object {
  const judged = judgeOptions("disk", options, subject);
  // Throws for what is no engine.
  withEngine(judged as Pick<CacheConfig, "engine">);
  const copied = Object.entries(judged).map(([option, value]: [string, unknown]) => [
    option,
    FOREIGN.has(option) ? value : frozenCopy(value),
  ]);
  return Object.freeze(Object.fromEntries(copied));
}

/** What the options themselves are made of, so that a later change to what was given has no effect. */
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze([...(value as unknown[])]);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.freeze({ ...value }) : value;
}
