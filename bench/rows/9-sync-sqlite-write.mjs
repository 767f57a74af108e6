/** Writes to SQLite that are answered at once, a small object each. */

import { join } from "node:path";
import { temporaryFolder } from "../folder.mjs";

const inputs = Array.from({ length: 64 }, (_, i) => `user:${i}`);
/** Another entry each time: a cache writes what it did not have. */
let n = 0;
const value = () => ({
  n: ++n,
  id: 7,
  name: "Ada Lovelace",
  tags: ["a", "b"],
  address: { street: "St James’s Square", number: 12 },
});
const ours = "../../dist/index.js";

export const row = {
  title: "Write to SQLite, synchronous",
  anchor: "better-sqlite3 with JSON, by hand",
  inputs,
  sustained: true,
  subjects: {
    "better-sqlite3 with JSON, by hand": {
      async make() {
        const { default: Database } = await import("better-sqlite3");
        const database = new Database(join(temporaryFolder(), "hand.db"));
        database.pragma("journal_mode = WAL");
        database.pragma("synchronous = NORMAL");
        database.exec("CREATE TABLE cache (key TEXT PRIMARY KEY, value TEXT)");
        const set = database.prepare("INSERT OR REPLACE INTO cache VALUES (?, ?)");
        return (key) => set.run(`${key}:${n}`, JSON.stringify(value()));
      },
    },
    "twat-cache bcache, sync": {
      ours: true,
      limit: 1.5,
      async make() {
        const { bcache } = await import(ours);
        const options = { name: "bench", cacheDir: temporaryFolder(), folderName: "bench", sync: true };
        const fn = bcache((_key) => value(), options);
        return (key) => fn.cache.set([`${key}:${n}`], value());
      },
    },
  },
};
