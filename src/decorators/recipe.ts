/** What makes one decorator differ from another. */

import type { CheckedOptions, OptionSet, ResolvedConfig } from "../config/index.js";
import { chainFor, INSTANCE_CHAIN, type Routing } from "../select/index.js";

/** A decorator, as data: everything else is common to all. */
export interface Recipe {
  /** Its name, for messages. */
  readonly name: string;
  /** The options that it takes. */
  readonly options: OptionSet;
  /** The engines that it tries for results in memory, best first. */
  readonly chain: readonly string[];
  /** The same for methods with a cache for each instance: engines whose stores begin small. */
  readonly instanceChain: readonly string[];
  /** The engines that it tries for results on disk, best first. */
  readonly diskChain: readonly string[];
  /** Results are kept on disk: always, or where the options ask for it. */
  readonly disk: "always" | "asked";
  /** The function returns promises, whatever the original does: always, never, or where its results are on disk. */
  readonly promises: "always" | "never" | "disk";
  /**
   * Where each result has its own engine: what the options say of that, and those that are left for the disk. Default: all
   * results have the same.
   *
   * @param label - How messages call what is decorated.
   * @throws ConfigurationError for options that cannot work.
   */
  route?(options: CheckedOptions, label: string): Routed;
}

/** See {@link Recipe.route}. */
export interface Routed {
  readonly options: CheckedOptions;
  readonly routing: Routing;
  /** Lifetimes of results by where they go, over that of the cache. Default: they have that. */
  readonly lifetimes?: (general: ResolvedConfig["ttl"]) => ResolvedConfig["ttl"];
}

/** What decorators for results in memory have in common. */
export const inMemory: Pick<Recipe, "options" | "chain" | "instanceChain" | "diskChain" | "disk"> = {
  options: "cache",
  chain: chainFor("memory"),
  instanceChain: INSTANCE_CHAIN,
  diskChain: chainFor("database"),
  disk: "asked",
};
