/** Runs the rows, or those whose names are given: `npm run bench -- sync-hit`. Fails when a figure is missed. */

import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { race } from "./harness.mjs";
import { startRedis } from "./redis.mjs";

const wanted = process.argv.slice(2);
const folder = new URL("rows/", import.meta.url);
const files = readdirSync(folder).filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)));
console.log(
  `Node ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}. Lower is better; × is against the anchor of the row.`,
);
const missed = [];
for (const file of files.sort()) {
  const url = new URL(file, folder).href;
  const { row } = await import(url);
  const stop = row.needsRedis ? await startRedis() : () => undefined;
  if (stop === undefined) console.log(`\n${row.title}: skipped, as there is no redis-server on the path.`);
  else {
    try {
      missed.push(...race(row, url));
    } finally {
      stop();
    }
  }
}
console.log(missed.length === 0 ? "\nAll figures are met." : `\nMissed:\n  ${missed.join("\n  ")}`);
process.exitCode = missed.length === 0 ? 0 : 1;
