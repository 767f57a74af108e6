/** Which way a decorated function goes: what can be told from the decorator and from the options at the call alone. */

import type { CheckedOptions, DiskCacheOptions } from "../config/index.js";
import type { Engine, KeyvStore } from "../contract/index.js";
import { type EngineRegistry, givenEngine } from "../engines/index.js";
import {
  asksForDisk,
  asksForServer,
  chainFor,
  engineOf,
  FILES_FIRST,
  type Routing,
  SYNC_DISK_CHAIN,
} from "../select/index.js";
import type { Recipe } from "./recipe.js";

/** See above. */
export interface Way {
  /** The results are to outlive the process. */
  readonly isPersistent: boolean;
  /** The function returns promises, whatever the original does. */
  readonly promises: boolean;
  /** Its engine may answer with promises. */
  readonly asynchronous: boolean;
  readonly chain: readonly string[];
  readonly instanceChain: readonly string[];
  /** How each result finds an engine of its own; `undefined`: all have the first of the chain. */
  readonly routing?: Routing | undefined;
}

/**
 * The way of a function with this decorator and these options.
 *
 * @param engines - The engines that options can name.
 */
export function wayOf(recipe: Recipe, checked: CheckedOptions, engines: EngineRegistry): Way {
  const options = checked as DiskCacheOptions;
  const isPersistent = recipe.disk === "always" || asksForDisk(options, engines);
  const staysSync =
    (options.sync as boolean | undefined) === true ||
    (recipe.promises === "disk" && engineOf(options.engine, engines)?.kind === "sync");
  const promises = !staysSync && (recipe.promises === "always" || (recipe.promises === "disk" && isPersistent));
  const asynchronous = promises && (isPersistent || mayAnswerWithPromises(options.engine));
  const { instanceChain } = recipe;
  if (!isPersistent || isGivenServer(options)) {
    return { isPersistent, promises, asynchronous, chain: recipe.chain, instanceChain };
  }
  const chain = asynchronous ? diskChainOf(recipe, options) : SYNC_DISK_CHAIN;
  return { isPersistent, promises, asynchronous, chain, instanceChain: chain };
}

/** Whether they give an engine on a server. A disk does not stand in for that. */
function isGivenServer({ engine }: DiskCacheOptions): boolean {
  return typeof engine === "object" && givenEngine(engine).capabilities.location === "server";
}

function diskChainOf(recipe: Recipe, options: DiskCacheOptions): readonly string[] {
  const { useSql, compress, folderName } = options;
  // A disk stands in for a server only where it was named.
  if (asksForServer(options)) return folderName === undefined ? chainFor("server") : ["redis", ...recipe.diskChain];
  if (useSql === true) return ["sqlite", ...FILES_FIRST.filter((name) => name !== "sqlite")];
  const isForLarge = recipe.disk === "asked" && compress !== undefined && compress !== false;
  return isForLarge || useSql === false ? chainFor("files") : recipe.diskChain;
}

/** Whether an engine, as it is written in the options, is of the kind that answers with promises. */
function mayAnswerWithPromises(engine: string | Engine | KeyvStore | undefined): boolean {
  if (typeof engine === "object") return givenEngine(engine).kind !== "sync";
  return engine !== undefined && engine !== "lru" && engine !== "map";
}
