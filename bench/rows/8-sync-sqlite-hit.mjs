/** Hits in SQLite that are answered at once, a small object each. */

import { join } from "node:path";
import { temporaryFolder } from "../folder.mjs";

const inputs = Array.from({ length: 64 }, (_, i) => `user:${i}`);
const value = { id: 7, name: "Ada Lovelace", tags: ["a", "b"], address: { street: "St James’s Square", number: 12 } };
const ours = "../../dist/index.js";

export const row = {
  title: "Hit in SQLite, synchronous",
  anchor: "better-sqlite3 with JSON, by hand",
  inputs,
  subjects: {
    "better-sqlite3 with JSON, by hand": {
      async make() {
        const { default: Database } = await import("better-sqlite3");
        const database = new Database(join(temporaryFolder(), "hand.db"));
        database.pragma("journal_mode = WAL");
        database.pragma("synchronous = NORMAL");
        database.exec("CREATE TABLE cache (key TEXT PRIMARY KEY, value TEXT)");
        const get = database.prepare("SELECT value FROM cache WHERE key = ?");
        const set = database.prepare("INSERT OR REPLACE INTO cache VALUES (?, ?)");
        for (const input of inputs) set.run(input, JSON.stringify(value));
        return (key) => JSON.parse(get.get(key).value);
      },
    },
    "twat-cache bcache, sync": {
      ours: true,
      limit: 1.5,
      async make() {
        const { bcache } = await import(ours);
        const options = { name: "bench", cacheDir: temporaryFolder(), folderName: "bench", sync: true };
        const fn = bcache((_key) => value, options);
        return fn;
      },
    },
  },
};
