/** The engine `sqlite`: in a database on disk, on Keyv's adapter @keyv/sqlite. */

import type { AsyncEngine, Availability } from "../../contract/index.js";
import { Envelope, reasonOf, requirePlace, sealedStore } from "../../disk/index.js";
import { requirePackage } from "../../node/require.js";

const PACKAGE = "@keyv/sqlite";

/**
 * Whether the package works. It is not imported before that is known: where its native part is broken, some versions of
 * Node 20 end the program for it, although the error is caught.
 */
function available(): Availability {
  try {
    requirePackage(PACKAGE);
    return true;
  } catch (error) {
    return reasonOf(PACKAGE, error);
  }
}

/** In a database on disk; entries leave in the order of their last write. */
export const sqliteEngine: AsyncEngine = Object.freeze<AsyncEngine>({
  name: "sqlite",
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
    const [{ KeyvSqlite }, { connect }, { SqliteRecords }] = await Promise.all([
      import("@keyv/sqlite"),
      import("./connection.js"),
      import("./records.js"),
    ]);
    const { folderName, cacheDir, secure, id, label } = place;
    const connection = connect({ folderName, cacheDir, secure, file: "sqlite.db" }, KeyvSqlite);
    // Counted as part of the opening, and not against the first call.
    await connection.warmUp();
    const records = new SqliteRecords(connection, id, label, options);
    return sealedStore(options, new Envelope(place, false), records);
  },
});
