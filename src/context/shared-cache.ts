/** Caches that are shared by everyone who asks for the same options. */

import { program, type World } from "../caches/index.js";
import { type BlockOptions, checkOptions } from "../config/index.js";
import { withEngine } from "../engines/index.js";
import { type Key, keyOf } from "../keys/index.js";
import { scope } from "../scope.js";
import { BlockCache } from "./block-cache.js";

/** A cache, and how many have asked for it and not closed it yet. */
interface Shared {
  readonly cache: BlockCache;
  users: number;
}

/** The type of {@link getOrCreateEngine}. */
export type GetOrCreateEngine = (options?: BlockOptions) => BlockCache;

/** The same for caches that belong to a world, which has those of its own. */
export function createGetOrCreateEngine(world: World): GetOrCreateEngine {
  const shared = new Map<Key, Shared>();

  /** Whether nobody is left who uses the cache; then it is not given out any more. */
  function leave(key: Key): boolean {
    const entry = shared.get(key);
    if (entry === undefined) return true;
    entry.users -= 1;
    return entry.users === 0 && shared.delete(key);
  }

  return (options = {}) => {
    const checked = withEngine(checkOptions("block", options, "getOrCreateEngine"));
    const around = scope.read?.();
    // What else blocks say of caches that are made in them is part of what it is.
    const key = keyOf([checked, around?.namespace, around?.ttl, around?.defaults]);
    const open = shared.get(key);
    const isOpen = open?.cache.closed === false;
    const entry = isOpen ? open : { cache: new BlockCache(options, world, () => leave(key)), users: 0 };
    shared.set(key, entry);
    entry.users += 1;
    return entry.cache;
  };
}

/**
 * A cache with these options: the one that is open already, or a new one. Each caller closes it once; it closes when the
 * last one has. What blocks around say of caches that are made in them is part of the options.
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
export const getOrCreateEngine: GetOrCreateEngine = createGetOrCreateEngine(program);
