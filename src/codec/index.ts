/** From values to bytes and back, exactly. */

export { codecOf, isOurs } from "./choice.js";
export type { Codec } from "./codec.js";
export { exactCodec } from "./exact.js";
export { jsonCodec } from "./json.js";
export { isSame } from "./same.js";
