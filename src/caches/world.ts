/** Worlds: caches that have things in common, and nothing with those of other worlds. */

import { createRegistry, type EngineRegistry, engines } from "../engines/index.js";
import { programVoice, Voice } from "../logging.js";
import { CacheRegistry } from "./registry.js";

/** What the caches of a program have in common, or those of a library that keeps to itself. */
export interface World {
  /** The caches that there are. */
  readonly caches: CacheRegistry;
  /** The engines that options can name. */
  readonly engines: EngineRegistry;
  /** Who is told what happens to the caches. */
  readonly voice: Voice;
  /** Defaults of the caches' options, just below those that are written where a cache is made. */
  readonly defaults: object;
}

/** The world of all caches that are in no other. */
export const program: World = { caches: new CacheRegistry(), engines, voice: programVoice, defaults: {} };

/** A new world, with the library's own engines. What it has to say, the program hears unless told otherwise. */
export function createWorld(defaults: object): World {
  const voice = new Voice(programVoice);
  return { caches: new CacheRegistry(), engines: createRegistry(voice), voice, defaults };
}
