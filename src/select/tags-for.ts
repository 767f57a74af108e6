/** Which invalidations concern the entries of a cached function. */

import type { Place } from "../contract/index.js";
import { folderInvalidations } from "../disk/index.js";
import { serverInvalidations } from "../engines/index.js";
import type { Invalidations, Tags } from "../tags/index.js";

let owners = 0;

/**
 * The tags of a function with entries in a place; `undefined`: in this process alone.
 *
 * @param inMemory - The invalidations that concern entries in this process.
 */
export function tagsFor(place: Place | undefined, inMemory: Invalidations): Tags {
  if (place?.server !== undefined) return { invalidations: serverInvalidations(place.server), owner: place.id };
  if (place !== undefined) return { invalidations: folderInvalidations(place), owner: place.id };
  owners += 1;
  return { invalidations: inMemory, owner: String(owners) };
}
