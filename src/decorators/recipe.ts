/** What makes one decorator differ from another. */

import type { OptionSet } from "../config/index.js";

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
}

/** Engines in memory, best first. */
const MEMORY = ["lru", "map"] as const;

/** What decorators for results in memory have in common. */
export const inMemory: Pick<Recipe, "options" | "chain" | "instanceChain" | "diskChain" | "disk"> = {
  options: "cache",
  chain: MEMORY,
  // One cache for each of many objects: `map` begins small.
  instanceChain: ["map", "lru"],
  diskChain: ["sqlite", "file", ...MEMORY],
  disk: "asked",
};

/** The chain for large values. */
export const FILES_FIRST: readonly string[] = ["file", "sqlite", ...MEMORY];

/** The chain for functions that must answer at once, with results on disk. */
export const SYNC_DISK_CHAIN: readonly string[] = ["better-sqlite3", "node-sqlite", ...MEMORY];
