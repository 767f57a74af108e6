/** Which engine serves a cache. */

export { asksForDisk, asksForServer, engineOf } from "./asks.js";
export {
  analyzeFunctionReturnType,
  detectResultBackend,
  getAvailableBackend,
  getTypeBasedBackend,
  isBackendAvailable,
} from "./backends.js";
export { type DataDescription, type DataSelection, selectBackendForData } from "./by-data.js";
export { byData, bySize, type Routing, selectByResult, selectByResultSync } from "./by-result.js";
export { requireEngine, type Selection, selectAsync, selectSync } from "./chain.js";
export {
  chainFor,
  DISK_CHAIN,
  FILES_FIRST,
  INSTANCE_CHAIN,
  MEMORY_CHAIN,
  SERVER_CHAIN,
  SYNC_DISK_CHAIN,
} from "./chains.js";
export { DataSize, estimateDataSize } from "./data-size.js";
export { detectResultType, type TypeReference, typeNameOf } from "./data-type.js";
export { AccessPattern, ConcurrencyLevel, DataPersistence } from "./data-use.js";
export {
  createEngineManager,
  type EngineManager,
  getAvailableEngines,
  getEngineManager,
  isEngineAvailable,
  listEngines,
  registerEngine,
} from "./manager.js";
export type { NearBounds } from "./near.js";
export type { Surroundings } from "./surroundings.js";
export { tagsFor } from "./tags-for.js";
