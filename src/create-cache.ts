/** `createCache`: everything, once more, for those who keep to themselves. */

import {
  type CacheOperations,
  createWorld,
  effectiveConfigIn,
  type GetEffectiveConfig,
  operationsOn,
} from "./caches/index.js";
import { type AsyncCacheOptions, checkOptions, type PlaceOptions } from "./config/index.js";
import {
  createEngineContext,
  createGetOrCreateEngine,
  createWithCache,
  createWithCacheSync,
  type EngineContext,
  type GetOrCreateEngine,
  type WithCache,
  type WithCacheSync,
} from "./context/index.js";
import { createDecorators, type Decorators } from "./decorators/index.js";
import { withEngine } from "./engines/index.js";
import { ConfigurationError, type ConfigurationIssue } from "./errors.js";
import type { CacheLogger } from "./logging.js";
import { createEngineManager, type EngineManager } from "./select/index.js";

/** Options that are about one function. */
type OfOneFunction = "name" | "version" | "deps" | "key" | "thisKey" | "scope";

/** Defaults of a world of caches: options that are not about one function, and do not change what functions return. */
export interface CacheDefaults extends Omit<AsyncCacheOptions, OfOneFunction>, Omit<PlaceOptions, OfOneFunction> {}

/** What {@link createCache} makes. Each is what the function of that name is for the program. */
export interface CacheWorld extends Decorators, CacheOperations, EngineManager {
  /** See {@link getEffectiveConfig}. */
  readonly getEffectiveConfig: GetEffectiveConfig;
  /** See {@link withCache}. */
  readonly withCache: WithCache;
  /** See {@link withCacheSync}. */
  readonly withCacheSync: WithCacheSync;
  /** See {@link engineContext}. */
  readonly engineContext: EngineContext;
  /** See {@link getOrCreateEngine}. */
  readonly getOrCreateEngine: GetOrCreateEngine;
  /**
   * Sends the lines about these caches to a logger of yours; `undefined` goes back to that of the program. What is said of
   * folders and servers, which all worlds share, is said by the program's logger.
   */
  setLogger(logger: CacheLogger | undefined): void;
}

const ONE_FUNCTION = "none, since it says who one function is";
const KIND = "none, since it would change what functions return; write it where a function is wrapped";

/** Options that no default can be, and why. */
const refused: Readonly<Record<string, string>> = {
  name: ONE_FUNCTION,
  version: ONE_FUNCTION,
  deps: ONE_FUNCTION,
  key: ONE_FUNCTION,
  thisKey: ONE_FUNCTION,
  scope: ONE_FUNCTION,
  sync: KIND,
  useSql: "none, since it chooses the engine of one function; use the option engine",
};

/**
 * Makes a world of caches that has nothing in common with the program's, or another one's: for
 * libraries, whose caches are nobody else's business. It has a list of caches of its own (`getStats`, `listCaches`,
 * `clearCache`, `closeCaches` reach no others, and are reached by none), engines of its own beside those of this library,
 * tags and name spaces of its own in memory, a logger of its own, and defaults.
 *
 * Defaults stand just below the options that are written at a function, and above all others. What a wrapped function
 * returns they do not change: a folder, a server, an engine, compression are for those functions that are kept on disk, or
 * return promises, by their decorator and by what is written at them.
 *
 * Folders and servers are shared by whoever uses them: give `folderName`. Blocks have their caches in the world that they
 * are of; what they say reaches all cached functions that are called inside, of any world.
 *
 * @throws ConfigurationError for options that cannot work, or that are about one function.
 *
 * @example
 * ```ts
 * import { createCache, getStats, listCaches } from "twat-cache";
 * const library = createCache({ maxSize: 100, ttl: "5m", folderName: "my-library" });
 * const slug = library.mcache((title: string) => title.toLowerCase().replaceAll(" ", "-"), { name: "slug" });
 * slug("Hello world");
 * console.log(library.getStats().misses, library.listCaches().join(), slug.cache.stats().maxSize); // => 1 slug 100
 * console.log(getStats().misses, listCaches().length); // => 0 0
 * ```
 */
export function createCache(defaults: CacheDefaults = {}): CacheWorld {
  refuse(defaults);
  const world = createWorld(withEngine(checkOptions("default", defaults, "createCache")));
  return Object.freeze({
    ...createDecorators(world),
    ...operationsOn(world.caches),
    getEffectiveConfig: effectiveConfigIn(world.caches),
    ...createEngineManager(world.engines),
    withCache: createWithCache(world),
    withCacheSync: createWithCacheSync(world),
    engineContext: createEngineContext(world),
    getOrCreateEngine: createGetOrCreateEngine(world),
    setLogger: (logger: CacheLogger | undefined) => world.voice.setLogger(logger),
  });
}

function refuse(defaults: object): void {
  const given = Object.entries(defaults ?? {}).filter(([option, value]) => value !== undefined && option in refused);
  if (given.length === 0) return;
  const issues: ConfigurationIssue[] = given.map(([option]) => {
    return { option, expected: refused[option] as string, received: "one" };
  });
  const lines = issues.map(({ option, expected }) => `  ${option}: expected ${expected}`);
  throw new ConfigurationError(`createCache:\n${lines.join("\n")}`, issues);
}
