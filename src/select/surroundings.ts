/** What is around a cache when its engine is chosen. */

import type { EngineRegistry } from "../engines/index.js";
import type { Voice } from "../logging.js";

/** See above. */
export interface Surroundings {
  /** The engines that can be named. */
  readonly engines: EngineRegistry;
  /** Tells of engines that cannot be used. */
  readonly voice: Voice;
}
