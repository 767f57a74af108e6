/** Caches that are shared by everyone who asks for the same options. */

import { type BlockOptions, checkOptions } from "../config/index.js";
import { type Key, keyOf } from "../keys/index.js";
import { BlockCache } from "./block-cache.js";

/** A cache, and how many have asked for it and not closed it yet. */
interface Shared {
  readonly cache: BlockCache;
  users: number;
}

const shared = new Map<Key, Shared>();

/** Whether nobody is left who uses the cache; then it is not given out any more. */
function leave(key: Key): boolean {
  const entry = shared.get(key);
  if (entry === undefined) return true;
  entry.users -= 1;
  return entry.users === 0 && shared.delete(key);
}

/**
 * A cache with these options: the one that is open already, or a new one. Each caller closes it once; it closes when the
 * last one has.
 *
 * @throws ConfigurationError for options that cannot work; EngineError for an engine that does not exist.
 *
 * @example
 * ```ts
 * import { getOrCreateEngine } from "twat-cache";
 * const one = getOrCreateEngine({ maxSize: 10 });
 * const two = getOrCreateEngine({ maxSize: 10 });
 * console.log(one === two); // => true
 * await one.close();
 * await two.close();
 * ```
 */
export function getOrCreateEngine(options: BlockOptions = {}): BlockCache {
  const key = keyOf([checkOptions("block", options, "getOrCreateEngine")]);
  const open = shared.get(key);
  const entry = open?.cache.closed === false ? open : { cache: new BlockCache(options, () => leave(key)), users: 0 };
  shared.set(key, entry);
  entry.users += 1;
  return entry.cache;
}
