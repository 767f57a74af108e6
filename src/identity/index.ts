/** Who functions, classes and programs are on disk. */

export { claim, unclaim } from "./claims.js";
export { functionId, type Identity, isNative } from "./function-id.js";
export { lasting } from "./lasting.js";
export { placeName, placeOf } from "./place.js";
