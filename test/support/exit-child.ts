/** What programs of the exit tests use: the decorators, and the engines that are here. */

export { bcache, fcache } from "../../src/decorators/index.js";
export { engines } from "../../src/engines/index.js";
