/** Which engine serves a cache. */

export { asksForDisk, engineOf } from "./asks.js";
export { requireEngine, type Selection, selectAsync, selectSync } from "./chain.js";
export {
  type EngineManager,
  getAvailableEngines,
  getEngineManager,
  isEngineAvailable,
  listEngines,
  registerEngine,
} from "./manager.js";
