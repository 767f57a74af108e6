/** Writes to SQLite, a small object each, acknowledged one after the other. */

import { openKeyv, temporaryFolder } from "../folder.mjs";

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

const keyv = (tuned) => async () => {
  const cache = await openKeyv(tuned);
  return (key) => cache.set(`${key}:${n}`, value());
};

export const row = {
  title: "Write to SQLite, asynchronous, awaited",
  anchor: "Keyv on @keyv/sqlite, tuned",
  inputs,
  sustained: true,
  asynchronous: true,
  subjects: {
    "Keyv on @keyv/sqlite, tuned": { make: keyv(true) },
    "Keyv on @keyv/sqlite": { make: keyv(false) },
    "twat-cache bcache": {
      ours: true,
      limit: 1.15,
      async make() {
        const { bcache } = await import(ours);
        const fn = bcache((_key) => value(), { name: "bench", cacheDir: temporaryFolder(), folderName: "bench" });
        return (key) => fn.cache.set([`${key}:${n}`], value());
      },
    },
  },
};
