/** The patterns that the documents of the Python library show, as they are written here. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { acache, bcache, CacheContext, closeCaches, fcache, mcache, ucache } from "twat-cache";

const cacheDir = mkdtempSync(join(tmpdir(), "patterns-"));
/** A folder of this program's own; more time for a disk that is busy than the 100 ms that a call has. */
const at = { cacheDir, engineTimeout: "5s" } as const;

// A lookup, bounded in size and in time.
let queries = 0;
const user = mcache((id: number) => ({ id, name: `user ${id}`, query: ++queries }), { maxSize: 100, ttl: "5m" });
console.log(user(7).name, user(7).name, queries); // => user 7 user 7 1

// Data for a report, on disk for an hour.
const report = bcache((month: string) => ({ month, total: month.length }), {
  ...at,
  folderName: "reports",
  name: "report",
  ttl: "1h",
});
console.log((await report("May")).total, (await report("May")).total, report.cache.stats().hits); // => 3 3 1

// A large array, in a file, compressed.
const grid = fcache((size: number) => new Float64Array(size * size), {
  ...at,
  folderName: "grids",
  name: "grid",
  compress: true,
});
console.log((await grid(500)).length, (await grid(500)) instanceof Float64Array); // => 250000 true

// What is fetched, for five minutes; calls at the same time share one request.
let requests = 0;
const page = acache(
  async (url: string) => {
    requests += 1;
    return `the page at ${url}`;
  },
  { ttl: "5m" },
);
await Promise.all(["/a", "/b", "/a"].map((url) => page(url)));
console.log(requests); // => 2

// The engine that suits: here one on disk, with values that are made smaller.
const archive = ucache((text: string) => gunzipSync(gzipSync(text)).toString(), {
  ...at,
  folderName: "archive",
  name: "archive",
  compress: { algorithm: "gzip", level: 9 },
});
console.log(await archive("text"), archive.cache.engine); // => text file

// A cache for a session, which is opened and closed.
const context = new CacheContext({ maxSize: 1_000, ttl: "30m" });
await context.run(async (session) => {
  await session.set("user", { id: 7, roles: new Set(["admin"]) });
  console.log(await session.get("user")); // => { id: 7, roles: Set(1) { 'admin' } }
});
console.log(context.engine); // => null

// A short memory in front of a longer cache on disk: upstream stacks two decorators, here it is an option.
const quote = bcache((symbol: string) => `${symbol}: 100`, {
  ...at,
  folderName: "quotes",
  name: "quote",
  ttl: "1h",
  memory: { ttl: "1m", maxSize: 100 },
});
await quote("ABC");
// Two decorators can be stacked all the same, with any functions.
const inner = bcache(async (symbol: string) => `${symbol}: 200`, {
  ...at,
  folderName: "quotes",
  name: "inner",
  ttl: "1h",
});
const stacked = mcache((symbol: string) => inner(symbol), { ttl: "1m", name: "outer" });
await stacked("ABC");
console.log(await stacked("ABC"), stacked.cache.stats().hits, inner.cache.stats().misses); // => ABC: 200 1 1

// A recursive function calls its cached self.
let additions = 0;
const fibonacci = mcache((n: number): number => {
  additions += 1;
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
});
console.log(fibonacci(50), additions); // => 12586269025 51

await closeCaches();
rmSync(cacheDir, { recursive: true });
