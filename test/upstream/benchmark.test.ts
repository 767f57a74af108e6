/**
 * What upstream's test_benchmark asserts, which are numbers of results and of runs, and what its conftest sets up: one
 * test a row, by its name there. How long things take is measured in bench/.
 */

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acache, bcache, clearCache, fcache, getCacheDir, mcache, ucache, withCache } from "../../src/index.js";
import { withoutEngines } from "../support/absent-engines.js";
import { patient, useCacheDir } from "../support/cache-dir.js";
import { createRandom, seed } from "../support/random.js";

const cacheDir = useCacheDir();

interface Row {
  readonly id: number;
  readonly name: string;
  readonly values: readonly number[];
}

/** The data of a run: as many rows as were asked for. */
function rows(count: number): Row[] {
  return Array.from({ length: count }, (_, id) => ({ id, name: `item_${id}`, values: [id, id * 2, id * 3] }));
}

/** 50 calls over 10 inputs. */
const FIFTY: readonly number[] = Array.from({ length: 50 }, (_, i) => i % 10);

describe("test_benchmark", () => {
  it("memory_cache_performance: 50 calls over 10 inputs are 50 results and 10 runs", () => {
    const process = mcache((id: number) => rows(100)[id], { maxSize: 100 });
    expect(FIFTY.map((id) => process(id)?.id)).toEqual(FIFTY);
    expect(process.cache.stats()).toMatchObject({ loads: 10, hits: 40 });
  });

  it("disk_cache_performance: the same on disk", async () => {
    const process = bcache((id: number) => rows(100)[id], { folderName: "bench", name: "process", ...patient });
    const results: (number | undefined)[] = [];
    for (const id of FIFTY) results.push((await process(id))?.id);
    expect(results).toEqual(FIFTY);
    expect(process.cache.stats()).toMatchObject({ loads: 10, hits: 40 });
  });

  it("async_cache_performance: the same of an asynchronous function, all at once", async () => {
    const process = acache(async (id: number) => rows(100)[id]);
    expect((await Promise.all(FIFTY.map((id) => process(id)))).map((row) => row?.id)).toEqual(FIFTY);
    expect(process.cache.stats().loads).toBe(10);
  });

  it("cache_context_performance: the same by keys, in a block", async () => {
    let loads = 0;
    const results = await withCache({ engine: "map" }, async (cache) => {
      const found: number[] = [];
      for (const id of FIFTY) found.push(await cache.getOrSet(`key_${id}`, () => ++loads && id));
      return found;
    });
    expect([results, loads]).toEqual([FIFTY, 10]);
  });

  it("different_data_sizes: a text, a list and a table, small and large, as they were", () => {
    const small = mcache((id: number) => `small_${id}`);
    const medium = mcache((id: number) => Array.from({ length: 1_000 }, (_, i) => i + id));
    const large = mcache((id: number) => rows(2_000 + id));
    const results = Array.from({ length: 100 }, (_, i) => [small(i % 10), medium(i % 5), large(i % 3)] as const);
    expect(results).toHaveLength(100);
    expect(results.at(-1)?.map(({ length }) => length)).toEqual([7, 1_000, 2_000]);
    expect([small, medium, large].map((one) => one.cache.stats().loads)).toEqual([10, 5, 3]);
  });

  it("numpy_array_caching: 20 calls for typed arrays of 5 sizes, in files", async () => {
    const create = fcache((size: number) => new Float64Array(size).fill(size), {
      folderName: "arrays",
      name: "create",
      ...patient,
    });
    const results: Float64Array[] = [];
    for (let i = 0; i < 20; i += 1) results.push(await create(100 * (1 + (i % 5))));
    expect([results.length, create.cache.stats().loads]).toEqual([20, 5]);
    expect(results.every((array) => array instanceof Float64Array && array.at(-1) === array.length)).toBe(true);
  });

  it("concurrent_cache_access: 5 workers with 20 calls each are 100 results", async () => {
    const process = acache(async (id: number) => rows(50)[id]);
    const worker = (n: number): Promise<unknown>[] => Array.from({ length: 20 }, (_, i) => process((n * 4 + i) % 30));
    expect((await Promise.all([0, 1, 2, 3, 4].flatMap(worker))).length).toBe(100);
    expect(process.cache.stats().loads).toBeLessThanOrEqual(30);
  });

  it("cache_hit_ratio: of 200 calls, most of them for a few inputs, far fewer than 200 run", () => {
    const random = createRandom(seed);
    const compute = mcache((n: number) => n * n, { maxSize: 100 });
    const calls = Array.from({ length: 200 }, () => Math.floor(random() < 0.8 ? random() * 20 : random() * 100));
    expect(calls.map((n) => compute(n))).toEqual(calls.map((n) => n * n));
    expect(compute.cache.stats().loads).toBe(new Set(calls).size);
    expect(compute.cache.stats().hitRatio).toBeGreaterThan(0.5);
  });

  it("cache_serialization_performance: 50 calls for nested values on disk", async () => {
    const process = bcache((id: number) => ({ id, nested: { rows: rows(20), map: new Map([[id, new Date(id)]]) } }), {
      folderName: "bench",
      name: "complex",
      ...patient,
    });
    const results: unknown[] = [];
    for (const id of FIFTY) results.push(await process(id));
    expect(results).toHaveLength(50);
    expect(results[49]).toEqual({ id: 9, nested: { rows: rows(20), map: new Map([[9, new Date(9)]]) } });
    expect(process.cache.stats().loads).toBe(10);
  });

  it("engine_comparison: 100 results each from every engine", async () => {
    for (const engine of ["map", "lru", "sqlite", "file"]) {
      const compute = ucache((n: number) => n ** 2, { engine, folderName: "bench", name: engine, ...patient });
      const results: number[] = [];
      for (let i = 0; i < 100; i += 1) results.push(await compute(i % 10));
      expect([compute.cache.engine, results.length, results[99]]).toEqual([engine, 100, 81]);
      expect(compute.cache.stats()).toMatchObject({ loads: 10, hits: 90 });
    }
  });

  it("cache_overhead: 1,000 calls give the same with a cache and without", () => {
    const direct = (n: number): number => n * n + 1;
    const cached = mcache(direct, { maxSize: 1_000 });
    const inputs = Array.from({ length: 1_000 }, (_, i) => i % 100);
    expect(inputs.map((n) => cached(n))).toEqual(inputs.map(direct));
  });

  it("memory_usage_stability: 1,000 results of 1,000 characters in 100 places; no more than those are kept", () => {
    const make = mcache((n: number) => String(n).padStart(1_000, "x"), { maxSize: 100 });
    const lengths = Array.from({ length: 1_000 }, (_, n) => make(n).length);
    expect([lengths.length, lengths.every((length) => length === 1_000)]).toEqual([1_000, true]);
    expect(make.cache.stats()).toMatchObject({ size: 100, evictions: 900 });
    const bounded = mcache((n: number) => "x".repeat(1_000) + n, { maxBytes: "50KB" });
    for (let n = 0; n < 1_000; n += 1) bounded(n);
    expect(bounded.cache.stats().size).toBeLessThan(50);
  });
});

describe("conftest", () => {
  it("fixtures: clearing everything around a test leaves the files of others, and each test has a directory of its own", async () => {
    expect(getCacheDir()).toBe(cacheDir());
    expect(readdirSync(cacheDir())).toEqual([]);
    const theirs = join(cacheDir(), "theirs.txt");
    writeFileSync(theirs, "precious");
    const square = mcache((n: number) => n * n);
    square(5);
    expect(await clearCache()).toBe(true);
    expect([square.cache.stats().size, existsSync(theirs)]).toEqual([0, true]);
  });

  it("markers: what an optional engine is needed for is tried without it as well", async () => {
    await withoutEngines(["sqlite"], async () => {
      const square = bcache((n: number) => n * n, { folderName: "test", name: "square", engine: "sqlite", ...patient });
      expect([await square(5), await square(5), square.cache.engine]).toEqual([25, 25, "file"]);
    });
  });
});
