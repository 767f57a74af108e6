/** Results that outlive the process: bcache. This program runs itself a second time, as after a restart. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bcache } from "twat-cache";

const [, script = "", given] = process.argv;
const cacheDir = given ?? mkdtempSync(join(tmpdir(), "persist-"));
const at = { cacheDir, folderName: "persist" };

// A named function is found again by its name and its source. Its results are kept exactly.
let runs = 0;
async function forecast(city: string): Promise<Map<string, { readonly at: Date; readonly degrees: number }>> {
  runs += 1;
  return new Map([[city, { at: new Date(0), degrees: -0 }]]);
}
const cached = bcache(forecast, { ...at, ttl: "1h" });
const oslo = (await cached("Oslo")).get("Oslo");
await cached.cache.close();

if (given === undefined) {
  console.log(`the first process ran it ${runs} time`); // => the first process ran it 1 time
  execFileSync(process.execPath, [...process.execArgv, script, cacheDir], { stdio: "inherit" });
} else {
  console.log(`the second one ran it ${runs} times`, oslo); // => the second one ran it 0 times { at: 1970-01-01T00:00:00.000Z, degrees: -0 }
  process.exit();
}

// Changed code makes new results, since the source is a part of who a function is. With a version, it is the version.
const first = bcache((n: number) => n + 1, { ...at, name: "next", version: 1 });
console.log(await first(1)); // => 2
await first.cache.close();
const refactored = bcache((n: number) => 1 + n, { ...at, name: "next", version: 1 });
console.log(await refactored(1), refactored.cache.stats().hits); // => 2 1
const mended = bcache((n: number) => n + 10, { ...at, name: "next", version: 2 });
console.log(await mended(1), mended.cache.stats().hits); // => 11 0

// Captured variables are no arguments. What results depend on besides these is said in deps.
const converter = (rate: number) => bcache((amount: number) => amount * rate, { ...at, name: "convert", deps: [rate] });
const [euros, dollars] = [converter(2), converter(3)];
console.log(await euros(10), await dollars(10)); // => 20 30

// A synchronous function stays one, where a synchronous engine is installed.
const square = bcache((n: number) => n * n, { ...at, name: "square", sync: true });
console.log(square(4) + square(4), square.cache.stats().hits); // => 32 1

await Promise.all([refactored, mended, euros, dollars, square].map((fn) => fn.cache.close()));
rmSync(cacheDir, { recursive: true });
