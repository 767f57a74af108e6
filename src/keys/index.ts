/** Keys of calls: typed, injective, cheap. */

export { cacheKey } from "./hook.js";
export { type Identify, identityOf, inProcess } from "./identity.js";
export { EMPTY_KEY, isEncoded, type Key, keyOf, keysWithin, keyWithin } from "./key.js";
export { type ReadableKey, readableKey } from "./readable.js";
