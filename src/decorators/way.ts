/** Which way a decorated function goes: what can be told from the decorator and from the options at the call alone. */

import type { CheckedOptions, DiskCacheOptions } from "../config/index.js";
import type { Engine } from "../contract/index.js";
import { asksForDisk, engineOf } from "../select/index.js";
import { FILES_FIRST, type Recipe, SYNC_DISK_CHAIN } from "./recipe.js";

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
}

/** The way of a function with this decorator and these options. */
export function wayOf(recipe: Recipe, checked: CheckedOptions): Way {
  const options = checked as DiskCacheOptions;
  const isPersistent = recipe.disk === "always" || asksForDisk(options);
  const staysSync =
    (options.sync as boolean | undefined) === true ||
    (recipe.promises === "disk" && engineOf(options.engine)?.kind === "sync");
  const promises = !staysSync && (recipe.promises === "always" || (recipe.promises === "disk" && isPersistent));
  const asynchronous = promises && (isPersistent || mayAnswerWithPromises(options.engine));
  const { instanceChain } = recipe;
  if (!isPersistent) return { isPersistent, promises, asynchronous, chain: recipe.chain, instanceChain };
  const chain = asynchronous ? diskChainOf(recipe, options) : SYNC_DISK_CHAIN;
  return { isPersistent, promises, asynchronous, chain, instanceChain: chain };
}

function diskChainOf(recipe: Recipe, { useSql, compress }: DiskCacheOptions): readonly string[] {
  if (useSql === true) return ["sqlite", ...FILES_FIRST.filter((name) => name !== "sqlite")];
  const isForLarge = recipe.disk === "asked" && compress !== undefined && compress !== false;
  return isForLarge || useSql === false ? FILES_FIRST : recipe.diskChain;
}

/** Whether an engine, as it is written in the options, is of the kind that answers with promises. */
function mayAnswerWithPromises(engine: string | Engine | undefined): boolean {
  if (typeof engine === "object") return engine.kind !== "sync";
  return engine !== undefined && engine !== "lru" && engine !== "map";
}
