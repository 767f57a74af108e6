/** The engines that there are: the library's own, and those that a program adds. */

import { engineNamed, isAlias } from "../config/index.js";
import type { Engine } from "../contract/index.js";
import { ConfigurationError } from "../errors.js";
import type { Voice } from "../logging.js";

/** A list of engines by name. */
export interface EngineRegistry {
  /**
   * Adds an engine, or replaces the one of that name.
   *
   * @throws ConfigurationError for what is no engine, and for a name that stands for another engine.
   */
  register(engine: Engine): void;
  /** The engine of that name, or of one that stands for it. */
  named(name: string): Engine | undefined;
  /** The names, the library's own engines first. */
  names(): readonly string[];
  /** Whether this very engine came with the library, whose stores need no watching. */
  isBuiltin(engine: Engine): boolean;
}

/**
 * A registry that begins with these engines.
 *
 * @param voice - Tells of engines that are replaced.
 */
export function createRegistry(builtin: readonly Engine[], voice: Voice): EngineRegistry {
  const engines = new Map(builtin.map((engine) => [engine.name, engine]));
  return {
    register(engine) {
      checkEngine(engine);
      if (isAlias(engine.name)) {
        const own = engineNamed(engine.name);
        throw new ConfigurationError(
          `The name "${engine.name}" stands for the engine "${own}". Give yours another one.`,
        );
      }
      if (engines.has(engine.name)) {
        voice.log("warn", `The engine "${engine.name}" was registered before; the later one is used from now on.`);
      }
      engines.set(engine.name, engine);
    },
    named: (name) => engines.get(engineNamed(name)),
    names: () => [...engines.keys()],
    isBuiltin: (engine) => builtin.includes(engine),
  };
}

/** Refuses what is not an engine, where it is given and not at some later call. */
export function checkEngine(engine: unknown): asserts engine is Engine {
  const { name, kind, capabilities, available, open } = (engine ?? {}) as Partial<Engine>;
  const problems: string[] = [];
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name)) {
    problems.push(`"name" must be lower case letters, digits and dashes, got ${JSON.stringify(name)}`);
  }
  if (kind !== "sync" && kind !== "async") problems.push('"kind" must be "sync" or "async"');
  if (typeof available !== "function") problems.push('"available" must be a function');
  if (typeof open !== "function") problems.push('"open" must be a function');
  const { policies, maxSize, unbounded, maxBytes, persistent } = capabilities ?? {};
  if (!Array.isArray(policies) || typeof maxSize !== "number")
    problems.push('"capabilities" lacks policies or maxSize');
  if ([unbounded, maxBytes, persistent].some((flag) => typeof flag !== "boolean")) {
    problems.push('"capabilities" lacks unbounded, maxBytes or persistent');
  }
  if (problems.length > 0)
    throw new ConfigurationError(
      `This is not a cache engine: ${problems.join("; ")}. Nor is it a store of Keyv, which has get, set, delete and clear.`,
    );
}
