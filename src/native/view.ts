/** Own properties of typed arrays beyond their elements. */

import { nodeUtil } from "./node-util.js";

const { subarray } = Uint8Array.prototype;

/** Whether a property's name is that of an element. */
export function isIndex(name: PropertyKey): boolean {
  return typeof name === "string" && /^(?:0|[1-9]\d*)$/.test(name);
}

/**
 * Whether a typed array has properties besides its elements. Listing them would list every element too; Node can compare
 * a view with a bare one of the same memory without that. Properties hidden from enumeration are not found this way.
 */
export function hasExtras(view: object): boolean {
  try {
    if (nodeUtil?.isDeepStrictEqual(view, subarray.call(view as Uint8Array, 0)) === true) return false;
  } catch {
    // Something about it is out of the ordinary: look closely.
  }
  return Reflect.ownKeys(view).some((name) => !isIndex(name));
}
