/** Whether an engine can do what a configuration asks. */

import type { ResolvedConfig } from "../config/index.js";
import type { Availability, Engine } from "../contract/index.js";

/** `true`, or the first thing that the engine cannot do, as a phrase. */
export function isAble({ capabilities }: Engine, config: ResolvedConfig): Availability {
  const { disk } = config;
  if (capabilities.persistent && disk === undefined) {
    return "it keeps entries on disk, and this cache is one in memory; use bcache, fcache, or name the engine in the options";
  }
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
