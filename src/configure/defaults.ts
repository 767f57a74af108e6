/** What a program says for all its caches. */

import { type CacheConfig, checkOptions, replaceDefaults } from "../config/index.js";
import { withEngine } from "../engines/index.js";

/** Options for all caches: not those about one function, and none that says whether it stays synchronous. */
export type DefaultOptions = Omit<CacheConfig, "name" | "deps" | "sync" | "useSql">;

/**
 * Says options for all caches: they hold where neither the call, the block around it, the environment nor the config file
 * says anything. They are checked at once, and reach the caches that have not been used yet. A second call puts others in
 * their place; `setDefaults({})` takes them back.
 *
 * They choose among engines of the same kind: whether a function returns promises, and whether its results are to be on
 * disk, is for the decorator and the options at the call alone.
 *
 * @throws ConfigurationError that lists everything that is wrong.
 *
 * @example
 * ```ts
 * import { mcache, setDefaults } from "twat-cache";
 * const square = mcache((n: number) => n * n);
 * setDefaults({ maxSize: 2 });
 * for (const n of [1, 2, 3]) square(n);
 * console.log(square.cache.stats().size); // => 2
 * ```
 */
export function setDefaults(options: DefaultOptions): void {
  replaceDefaults({ ...withEngine(checkOptions("default", options, "setDefaults")) });
}
