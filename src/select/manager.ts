/** The engines, for programs that add their own or want to know which there are. */

import type { AsyncEngine, Engine, SyncEngine } from "../contract/index.js";
import { engines } from "../engines/index.js";
import { availability } from "./wish.js";

/**
 * Adds an engine, which can then be named in options. An engine of the same name is replaced, with a warning. Register
 * engines before the first call of the functions that use them.
 *
 * @throws ConfigurationError when something is missing.
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
export function registerEngine(engine: SyncEngine | AsyncEngine): void {
  engines.register(engine);
}

/** The names of all engines, whether they can be used here or not. */
export function listEngines(): readonly string[] {
  return engines.names();
}

/** Whether an engine of that name is there and can be used here. */
export async function isEngineAvailable(name: string): Promise<boolean> {
  const engine = engines.named(name);
  return engine !== undefined && (await availability(engine)) === true;
}

/** The names of the engines that can be used here. */
export async function getAvailableEngines(): Promise<readonly string[]> {
  const names = engines.names();
  const usable = await Promise.all(names.map(isEngineAvailable));
  return names.filter((_name, i) => usable[i]);
}

/** All that can be done with engines, in one object. */
export interface EngineManager {
  registerEngine(engine: Engine): void;
  /** The engine of that name. */
  getEngine(name: string): Engine | undefined;
  listEngines(): readonly string[];
  isEngineAvailable(name: string): Promise<boolean>;
  getAvailableEngines(): Promise<readonly string[]>;
}

const manager: EngineManager = Object.freeze({
  registerEngine,
  getEngine: (name: string) => engines.named(name),
  listEngines,
  isEngineAvailable,
  getAvailableEngines,
});

/** The one engine manager of the process. */
export function getEngineManager(): EngineManager {
  return manager;
}
