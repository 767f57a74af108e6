/** The engines `better-sqlite3` and `node-sqlite`: in a database on disk, for functions that must answer at once. */

import type { SyncEngine } from "../../contract/index.js";
import { Envelope, requirePlace, sealedSyncStore } from "../../disk/index.js";
import { connectNow } from "./connection.js";
import { betterSqlite3, type Driver, nodeSqlite } from "./driver.js";
import { SyncSqliteRecords } from "./records.js";

function syncSqliteEngine(name: string, driver: Driver): SyncEngine {
  return Object.freeze<SyncEngine>({
    name,
    kind: "sync",
    capabilities: Object.freeze({
      persistent: true,
      policies: Object.freeze(["fifo"] as const),
      maxSize: Number.POSITIVE_INFINITY,
      unbounded: true,
      maxBytes: true,
    }),
    available: () => driver.available(),
    open(options) {
      const place = requirePlace(options);
      const { folderName, cacheDir, secure, id, label } = place;
      // A database for each of the packages: two of them in one process drop each other's locks.
      const connection = connectNow({ folderName, cacheDir, secure, file: `${name}.db` }, driver);
      return sealedSyncStore(
        options,
        new Envelope(place, false),
        new SyncSqliteRecords(connection, id, label, options),
      );
    },
  });
}

/** On the package better-sqlite3, an optional peer. */
export const betterSqlite3Engine: SyncEngine = syncSqliteEngine("better-sqlite3", betterSqlite3);

/** On the module `node:sqlite` of newer versions of Node. */
export const nodeSqliteEngine: SyncEngine = syncSqliteEngine("node-sqlite", nodeSqlite);
