/** Hits in SQLite, a small object each, one after the other. */

import { openKeyv, temporaryFolder } from "../folder.mjs";

const inputs = Array.from({ length: 64 }, (_, i) => `user:${i}`);
const value = { id: 7, name: "Ada Lovelace", tags: ["a", "b"], address: { street: "St James’s Square", number: 12 } };
const ours = "../../dist/index.js";

const keyv = (tuned) => async () => {
  const cache = await openKeyv(tuned);
  for (const input of inputs) await cache.set(input, value);
  return (key) => cache.get(key);
};

export const row = {
  title: "Hit in SQLite, asynchronous, awaited",
  anchor: "Keyv on @keyv/sqlite, tuned",
  inputs,
  asynchronous: true,
  subjects: {
    "Keyv on @keyv/sqlite, tuned": { make: keyv(true) },
    "Keyv on @keyv/sqlite": { make: keyv(false) },
    "twat-cache bcache": {
      ours: true,
      limit: 1.15,
      async make() {
        const { bcache } = await import(ours);
        return bcache(() => value, { name: "bench", cacheDir: temporaryFolder(), folderName: "bench" });
      },
    },
    "twat-cache bcache, memory in front": {
      ours: true,
      async make() {
        const { bcache } = await import(ours);
        const memory = { ttl: "1h" };
        return bcache(() => value, { name: "bench", cacheDir: temporaryFolder(), folderName: "bench", memory });
      },
    },
  },
};
