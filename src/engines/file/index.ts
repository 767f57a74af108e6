/** The engine `file`: in files on disk, named by their contents, on the package cacache. */

import type { AsyncEngine, Availability } from "../../contract/index.js";
import { Envelope, reasonOf, requirePlace, sealedStore } from "../../disk/index.js";
import { requirePackage } from "../../node/require.js";
import { loadCacache } from "./cacache.js";

/** Whether the package works; for `sqlite` it matters that this is no import, and here it is the same. */
function available(): Availability {
  try {
    requirePackage("cacache");
    return true;
  } catch (error) {
    return reasonOf("cacache", error);
  }
}

/** In files on disk, for large values; entries leave in the order of their last write. */
export const fileEngine: AsyncEngine = Object.freeze<AsyncEngine>({
  name: "file",
  kind: "async",
  capabilities: Object.freeze({
    persistent: true,
    policies: Object.freeze(["fifo"] as const),
    maxSize: Number.POSITIVE_INFINITY,
    unbounded: true,
    maxBytes: true,
  }),
  available,
  availableNow: available,
  async open(options) {
    const place = requirePlace(options);
    const [cacache, { FileRecords }] = await Promise.all([loadCacache(), import("./records.js")]);
    // The package checks the contents of files by their digest, which need not be done twice.
    return sealedStore(options, new Envelope(place, true), new FileRecords(options, cacache));
  },
});
