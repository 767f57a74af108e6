/** Hits on disk by size: what each engine takes, against a plain read of as many bytes. Nothing to reach: a table. */

import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../folder.mjs";

const ours = "../../dist/index.js";
const SIZES = { "100 B": 100, "10 KB": 10_240, "1 MB": 1_048_576, "16 MB": 16_777_216, "64 MB": 67_108_864 };

function engines(title, size) {
  const options = () => ({ name: "bench", cacheDir: temporaryFolder(), folderName: "bench", engineTimeout: "10s" });
  return {
    [`${title}: fs.readFile, unverified`]: {
      async make() {
        const path = join(temporaryFolder(), "file");
        await writeFile(path, randomBytes(size));
        return () => readFile(path);
      },
    },
    [`${title}: twat-cache bcache`]: {
      ours: true,
      async make() {
        const { bcache } = await import(ours);
        return bcache(() => randomBytes(size), options());
      },
    },
    [`${title}: twat-cache fcache`]: {
      ours: true,
      async make() {
        const { fcache } = await import(ours);
        return fcache(() => randomBytes(size), options());
      },
    },
  };
}

export const row = {
  title: "Hits on disk by size",
  anchor: "100 B: fs.readFile, unverified",
  inputs: ["key"],
  asynchronous: true,
  subjects: Object.assign({}, ...Object.entries(SIZES).map(([title, size]) => engines(title, size))),
};
