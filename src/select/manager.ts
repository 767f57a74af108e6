/** The engines, for programs that add their own or want to know which there are. */

import type { AsyncEngine, Engine, SyncEngine } from "../contract/index.js";
import { type EngineRegistry, engines } from "../engines/index.js";
import { availability } from "./wish.js";

/** All that can be done with engines, in one object. */
export interface EngineManager {
  /** See {@link registerEngine}. */
  registerEngine(engine: SyncEngine | AsyncEngine): void;
  /** The engine of that name. */
  getEngine(name: string): Engine | undefined;
  /** The names of all engines, whether they can be used here or not. */
  listEngines(): readonly string[];
  /** Whether an engine of that name is there and can be used here. */
  isEngineAvailable(name: string): Promise<boolean>;
  /** The names of the engines that can be used here. */
  getAvailableEngines(): Promise<readonly string[]>;
}

/** The manager of a list of engines. */
export function createEngineManager(registry: EngineRegistry): EngineManager {
  async function isEngineAvailable(name: string): Promise<boolean> {
    const engine = registry.named(name);
    return engine !== undefined && (await availability(engine)) === true;
  }
  return Object.freeze({
    registerEngine: (engine: Engine) => registry.register(engine),
    getEngine: (name: string) => registry.named(name),
    listEngines: () => registry.names(),
    isEngineAvailable,
    async getAvailableEngines() {
      const names = registry.names();
      const usable = await Promise.all(names.map(isEngineAvailable));
      return names.filter((_name, i) => usable[i]);
    },
  });
}

const manager: EngineManager = createEngineManager(engines);

/**
 * Adds an engine, which can then be named in options. An engine of the same name is replaced, with a warning. Register
 * engines before the first call of the functions that use them.
 *
 * @throws ConfigurationError when something is missing, and for a name that stands for another engine.
 *
 * @example
 * ```ts
 * import { getEngineManager, mcache, registerEngine } from "twat-cache";
 * const map = getEngineManager().getEngine("map");
 * if (map?.kind === "sync") registerEngine({ ...map, name: "mine" });
 * const double = mcache((n: number) => 2 * n, { engine: "mine" });
 * console.log(double(4), double.cache.engine); // => 8 mine
 * ```
 */
export const registerEngine: EngineManager["registerEngine"] = manager.registerEngine;

/** The names of all engines, whether they can be used here or not. */
export const listEngines: EngineManager["listEngines"] = manager.listEngines;

/** Whether an engine of that name is there and can be used here. */
export const isEngineAvailable: EngineManager["isEngineAvailable"] = manager.isEngineAvailable;

/** The names of the engines that can be used here. */
export const getAvailableEngines: EngineManager["getAvailableEngines"] = manager.getAvailableEngines;

/** The one engine manager of the program. */
export function getEngineManager(): EngineManager {
  return manager;
}
