/** Protection of cached values from the hands of callers. */

export { copyExactly } from "./copy.js";
export { freezeDeeply } from "./freeze.js";
export { type Copy, copierFor, quickCopierFor } from "./ordinary.js";
