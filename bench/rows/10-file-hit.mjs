/** Hits in files: 16 MB of bytes that do not compress. */

import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../folder.mjs";

const SIZE = 16 * 1_048_576;
const ours = "../../dist/index.js";

const cacache = (algorithm) => async () => {
  const { default: cache } = await import("cacache");
  const folder = temporaryFolder();
  await cache.put(folder, "key", randomBytes(SIZE), { algorithms: [algorithm] });
  return async (key) => (await cache.get(folder, key)).data;
};

export const row = {
  title: "Hit in a file of 16 MB",
  anchor: "cacache, sha256",
  inputs: ["key"],
  asynchronous: true,
  subjects: {
    "cacache, sha256": { make: cacache("sha256") },
    "cacache, sha512": { make: cacache("sha512") },
    "fs.readFile, unverified": {
      async make() {
        const path = join(temporaryFolder(), "file");
        await writeFile(path, randomBytes(SIZE));
        return () => readFile(path);
      },
    },
    "twat-cache fcache, Buffer": {
      ours: true,
      limit: 1.2,
      async make() {
        const { fcache } = await import(ours);
        return fcache(() => randomBytes(SIZE), { name: "bench", cacheDir: temporaryFolder(), folderName: "bench" });
      },
    },
    "twat-cache fcache, Float64Array": {
      ours: true,
      // Before Node 21 memory cannot be handed on to an array that is a little shorter.
      ...("transfer" in ArrayBuffer.prototype && { limit: 1.2 }),
      async make() {
        const { fcache } = await import(ours);
        const make = () => new Float64Array(new Uint8Array(randomBytes(SIZE)).buffer);
        return fcache(make, { name: "bench", cacheDir: temporaryFolder(), folderName: "bench" });
      },
    },
  },
};
