/** Engines that options give as an object, in place of a name: an engine, or a store that becomes one. */

import { type Engine, isKeyvStore, type KeyvStore } from "../contract/index.js";
import { keyvEngine } from "./keyv/index.js";
import { checkEngine } from "./registry.js";

/**
 * The engine that an object is, or that makes use of it.
 *
 * @throws ConfigurationError for what is neither.
 */
export function givenEngine(given: Engine | KeyvStore): Engine {
  if (isKeyvStore(given)) return keyvEngine(given);
  checkEngine(given);
  return given;
}

/** Options with an engine in the place of what they give as one. Others are left as they are. */
export function withEngine<T extends { readonly engine?: string | Engine | KeyvStore }>(options: T): T {
  const { engine } = options;
  return typeof engine === "object" ? { ...options, engine: givenEngine(engine) } : options;
}
