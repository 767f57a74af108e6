/** What engines on a server have in common. */

import type { AsyncEngine } from "../contract/index.js";

/** What they can do. A server evicts as its own settings say. */
export const ON_SERVER: AsyncEngine["capabilities"] = Object.freeze({
  persistent: true,
  location: "server",
  policies: Object.freeze(["fifo"] as const),
  maxSize: 0,
  unbounded: true,
  maxBytes: false,
});
