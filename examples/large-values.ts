/** Large values: fcache keeps each in a file of its own. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fcache } from "twat-cache";

const cacheDir = mkdtempSync(join(tmpdir(), "large-values-"));
const MEGABYTE = 1_048_576;

// Buffers and typed arrays come back as what they are, byte by byte.
let renders = 0;
async function tile(zoom: number): Promise<Buffer> {
  renders += 1;
  return Buffer.alloc(MEGABYTE, zoom);
}
const cached = fcache(tile, { cacheDir, folderName: "tiles" });
const made = await cached(7);
const found = await cached(7);
console.log(renders, Buffer.isBuffer(found), found.equals(made), cached.cache.engine); // => 1 true true file

// Each hit is a value of its own. Do with it as you like.
found.fill(0);
console.log((await cached(7))[0]); // => 7

const wave = fcache(async (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i)), {
  name: "wave",
  cacheDir,
  folderName: "waves",
});
await wave(100_000);
console.log((await wave(100_000)) instanceof Float64Array, wave.cache.stats().hits); // => true 1

// Compressed, text takes a fraction of its size, and more of it is within the bound.
const text = fcache(async (lines: number) => "The same line again.\n".repeat(lines), {
  name: "text",
  cacheDir,
  folderName: "texts",
  compress: { algorithm: "brotli" },
  maxBytes: "100KB",
});
await text(50_000);
console.log(((await text(50_000)).length / MEGABYTE).toFixed(1), text.cache.stats().hits); // => 1.0 1

// What was written longest ago leaves when there is no more room; what is too large for all of it is not kept.
const noise = fcache(async (megabytes: number) => Buffer.alloc(megabytes * MEGABYTE), {
  name: "noise",
  cacheDir,
  folderName: "noise",
  maxBytes: "3MB",
});
for (const megabytes of [1, 1.5, 0.5, 0.75, 4]) await noise(megabytes);
const kept = await Promise.all([1, 1.5, 0.5, 0.75, 4].map((megabytes) => noise.cache.has(megabytes)));
console.log(kept.join(), noise.cache.stats().evictions, noise.cache.stats().refusals); // => false,true,true,true,false 1 1

await Promise.all([cached, wave, text, noise].map((fn) => fn.cache.close()));
rmSync(cacheDir, { recursive: true });
