/** The engine `sqlite`: in a database on disk, on Keyv's adapter @keyv/sqlite. */

import { createRequire } from "node:module";
import type { AsyncEngine } from "../../contract/index.js";
import { Envelope, reasonOf, requirePlace, sealedStore } from "../../disk/index.js";

const PACKAGE = "@keyv/sqlite";

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
  async available() {
    try {
      await import("@keyv/sqlite");
      return true;
    } catch (error) {
      return reasonOf(PACKAGE, error);
    }
  },
  availableNow() {
    try {
      createRequire(import.meta.url)(PACKAGE);
      return true;
    } catch (error) {
      return reasonOf(PACKAGE, error);
    }
  },
  async open(options) {
    const place = requirePlace(options);
    const [{ KeyvSqlite }, { connect }, { SqliteRecords }] = await Promise.all([
      import("@keyv/sqlite"),
      import("./connection.js"),
      import("./records.js"),
    ]);
    const { folderName, cacheDir, secure, id, label } = place;
    const connection = connect({ folderName, cacheDir, secure, file: "sqlite.db" }, KeyvSqlite);
    const records = new SqliteRecords(connection, id, label, options);
    return sealedStore(options, new Envelope(place, false), records);
  },
});
