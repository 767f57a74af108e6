/** Where results are kept: found out by hand, by presets, and for each result. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  configureForJson,
  configureForType,
  configureForTypedArrays,
  hybridCache,
  selectBackendForData,
  smartCache,
  ucache,
} from "twat-cache";

const cacheDir = mkdtempSync(join(tmpdir(), "choosing-"));
const common = { cacheDir, folderName: "choosing", engineTimeout: "5s" } as const;

// By hand: which engine suits, and why.
const samples = [42, { rows: Array.from({ length: 5_000 }, (_, id) => id) }, new Float64Array(200_000)];
for (const data of samples) {
  const { engine, reason } = selectBackendForData({ data });
  console.log(`${engine}: ${reason}`);
}
// => lru: it is small
// => sqlite: it is of medium size
// => file: it is large
console.log(selectBackendForData({ data: 42, concurrency: "distributed" }).reason); // => many machines share it, which takes a server

// Presets: options for kinds of data.
const squares = ucache((n: number) => n * n, configureForType("number"));
const page = ucache(
  async (n: number) => ({ n, words: "lorem ".repeat(n) }),
  configureForJson({ cacheDir, name: "page" }),
);
const wave = ucache(
  async (n: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(i)),
  configureForTypedArrays({ cacheDir, name: "wave", ttl: "1h" }),
);
squares(3);
await Promise.all([page(1_000), wave(1_000)]);
console.log([squares, page, wave].map((fn) => fn.cache.engine).join()); // => lru,sqlite,file

// Small results in memory, large ones on disk: one function, one key space.
let renders = 0;
const render = hybridCache(
  async (width: number) => {
    renders += 1;
    return new Uint8Array(width * width);
  },
  { ...common, name: "render", threshold: "100KB", small: { maxSize: 500 }, large: { engine: "file" } },
);
for (const width of [16, 1_024, 16, 1_024]) await render(width);
console.log(renders, render.cache.stats().hits, render.cache.engine); // => 2 2 lru+file

// What removes a result reaches both sides.
await Promise.all([render.cache.delete(16), render.cache.delete(1_024)]);
console.log(await render.cache.has(16), await render.cache.has(1_024)); // => false false

// Each result where it fits. The function runs once for each, and is never asked again to find that out.
let queries = 0;
const query = smartCache(
  async (rows: number) => {
    queries += 1;
    return Array.from({ length: rows }, (_, id) => ({ id, name: `row ${id}` }));
  },
  { ...common, name: "query", ttl: "1h" },
);
for (const rows of [3, 1_000, 50_000, 3, 1_000, 50_000]) await query(rows);
console.log(queries, query.cache.stats().hits, query.cache.engine); // => 3 3 lru+sqlite+file

await Promise.all([page, wave, render, query].map((fn) => fn.cache.close()));
rmSync(cacheDir, { recursive: true });
