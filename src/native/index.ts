/** What the language and its host have built in. */

export { errorTypes, typedArrayTypes } from "./classes.js";
export { isProxy } from "./proxy.js";
export { hasExtras, isIndex } from "./view.js";
