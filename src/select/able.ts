/** Whether an engine can do what a configuration asks. */

import type { ResolvedConfig } from "../config/index.js";
import type { Availability, Engine } from "../contract/index.js";

/** `true`, or the first thing that the engine cannot do, as a phrase. */
export function isAble(engine: Engine, config: ResolvedConfig): Availability {
  const { capabilities } = engine;
  const { disk } = config;
  if (capabilities.persistent && disk === undefined) {
    return "it keeps entries on disk, and this cache is one in memory; use bcache, fcache, or name the engine in the options";
  }
  // What stands in for an engine of the chain is another matter.
  const isAsked = config.engine === engine || config.engine === engine.name;
  if (!capabilities.persistent && disk !== undefined && isAsked && !config.isEngineOwn) {
    return "it keeps entries in memory, and this cache is one on disk; use mcache, acache, or name the engine in the options";
  }
  // One that was given as an object knows it by itself.
  const knows = config.engine === engine || disk?.server?.connection !== undefined;
  if (capabilities.location === "server" && !knows) {
    return "nothing says where the server is; give the option redis, or set TWAT_CACHE_REDIS_URL";
  }
  if (config.lifetimes?.idle !== undefined && capabilities.idle !== true) {
    return "it cannot put off the end of an entry that is asked for";
  }
  return isLargeEnough(capabilities, config);
}

/** The same, of the bounds and of what happens there. */
function isLargeEnough(capabilities: Engine["capabilities"], config: ResolvedConfig): Availability {
  // A server has bounds of its own, and no option may say others.
  if (capabilities.location === "server") return true;
  const { disk } = config;
  const { maxSize, maxBytes } = capabilities.persistent && disk !== undefined ? disk : config;
  const { policy } = config;
  if (!capabilities.persistent && !capabilities.policies.includes(policy)) {
    return `it cannot evict by "${policy}" (it can by ${capabilities.policies.join(", ") || "nothing"})`;
  }
  if (maxSize === Number.POSITIVE_INFINITY && !capabilities.unbounded)
    return "it needs a bound on the number of entries";
  if (maxSize !== Number.POSITIVE_INFINITY && maxSize > capabilities.maxSize) {
    return capabilities.maxSize === 0
      ? "it cannot bound the number of its entries; write maxSize: Infinity to use it without a bound"
      : `it can hold ${capabilities.maxSize} entries at most`;
  }
  if (maxBytes !== Number.POSITIVE_INFINITY && !capabilities.maxBytes)
    return "it cannot bound the bytes of its entries";
  return true;
}
