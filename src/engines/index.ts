/** The engines that come with the library. The one list: a new engine is a new file and a line here. */

import { programVoice, type Voice } from "../logging.js";
import { fileEngine } from "./file/index.js";
import { lruEngine } from "./lru.js";
import { mapEngine } from "./map.js";
import { redisEngine } from "./redis/index.js";
import { type EngineRegistry, createRegistry as registryOf } from "./registry.js";
import { sqliteEngine } from "./sqlite/index.js";
import { betterSqlite3Engine, nodeSqliteEngine } from "./sync-sqlite/index.js";

export { givenEngine, withEngine } from "./given.js";
export { lruEngine } from "./lru.js";
export { serverInvalidations } from "./redis/invalidations.js";
export type { EngineRegistry } from "./registry.js";
export { checkEngine } from "./registry.js";

/** Every engine that comes with the library. */
const builtin = [
  mapEngine,
  lruEngine,
  sqliteEngine,
  fileEngine,
  redisEngine,
  betterSqlite3Engine,
  nodeSqliteEngine,
] as const;

/** A list of engines that can be chosen by name, which others can be added to. */
export function createRegistry(voice: Voice): EngineRegistry {
  return registryOf(builtin, voice);
}

/** Those of the program. */
export const engines: EngineRegistry = createRegistry(programVoice);
