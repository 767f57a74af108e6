/** The engines that come with the library. The one list: a new engine is a new file and a line here. */

import { fileEngine } from "./file/index.js";
import { lruEngine } from "./lru.js";
import { mapEngine } from "./map.js";
import { createRegistry, type EngineRegistry } from "./registry.js";
import { sqliteEngine } from "./sqlite/index.js";
import { betterSqlite3Engine, nodeSqliteEngine } from "./sync-sqlite/index.js";

export { lruEngine } from "./lru.js";
export { checkEngine } from "./registry.js";

/** Every engine that can be chosen by name. */
export const engines: EngineRegistry = createRegistry([
  mapEngine,
  lruEngine,
  sqliteEngine,
  fileEngine,
  betterSqlite3Engine,
  nodeSqliteEngine,
]);
