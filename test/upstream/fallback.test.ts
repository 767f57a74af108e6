/** What upstream's test_decorators and test_fallback assert: one test a row, by its name there. */

import { describe, expect, it } from "vitest";
import {
  acache,
  bcache,
  EngineNotAvailableError,
  fcache,
  getAvailableEngines,
  isEngineAvailable,
  listEngines,
  mcache,
  ucache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { ABSENT, withoutEngines } from "../support/absent-engines.js";
import { patient, useCacheDir } from "../support/cache-dir.js";
import { collectLog } from "../support/log.js";

useCacheDir();
const lines = collectLog();
const folder = { folderName: "test", ...patient } as const;

/** Calls a cached square twice: the results, how often it was computed, and the engine. */
async function twice(
  decorate: (fn: (n: number) => number) => ((n: number) => unknown) & { readonly cache: { readonly engine: string } },
): Promise<readonly [unknown, unknown, number, string]> {
  let runs = 0;
  const square = decorate((n) => {
    runs += 1;
    return n * n;
  });
  return [await square(5), await square(5), runs, square.cache.engine];
}

const onDisk = <T extends object>(options: T) => ({ ...folder, name: "square", ...options });

describe("test_decorators", () => {
  it("basic_memory_cache: bcache without options computes once", async () => {
    expect(await twice((fn) => bcache(fn, { name: "square", ...patient }))).toEqual([25, 25, 1, "sqlite"]);
  });

  it("cachebox_memory: on the fast engine in memory, which is lru here", async () => {
    expect(await twice((fn) => mcache(fn, { engine: "cachebox" }))).toEqual([25, 25, 1, "lru"]);
  });

  it("cachetools_memory: on the flexible engine in memory, which is lru here, or map by policies that lru cannot", async () => {
    expect(await twice((fn) => mcache(fn, { engine: "cachetools" }))).toEqual([25, 25, 1, "lru"]);
    expect(await twice((fn) => mcache(fn, { policy: "lfu" }))).toEqual([25, 25, 1, "map"]);
  });

  it("diskcache_basic: in a database", async () => {
    expect(await twice((fn) => bcache(fn, onDisk({ engine: "diskcache" })))).toEqual([25, 25, 1, "sqlite"]);
  });

  it("klepto_sql: in a database that was asked for", async () => {
    expect(await twice((fn) => fcache(fn, onDisk({ useSql: true })))).toEqual([25, 25, 1, "sqlite"]);
  });

  it("joblib_file: in files", async () => {
    expect(await twice((fn) => bcache(fn, onDisk({ engine: "joblib" })))).toEqual([25, 25, 1, "file"]);
  });

  it("klepto_file: in files that were asked for", async () => {
    expect(await twice((fn) => bcache(fn, onDisk({ useSql: false })))).toEqual([25, 25, 1, "file"]);
  });

  it("aiocache_memory: an asynchronous function, awaited, runs once", async () => {
    let runs = 0;
    const square = ucache(async (n: number) => ++runs && n * n, { engine: "aiocache" });
    expect([await square(5), await square(5), runs, square.cache.engine]).toEqual([25, 25, 1, "lru"]);
  });

  it("memory_cache_cachebox: with two places, a third input evicts the oldest, which is computed again", () => {
    const runs: number[] = [];
    const square = mcache((n: number) => runs.push(n) && n * n, { maxSize: 2 });
    for (const n of [1, 2, 1, 2, 3, 1]) expect(square(n)).toBe(n * n);
    expect(runs).toEqual([1, 2, 3, 1]);
  });

  it("memory_cache_cachetools: mcache computes once", async () => {
    expect(await twice((fn) => mcache(fn, { maxSize: 100 }))).toEqual([25, 25, 1, "lru"]);
  });

  it("basic_disk_cache: bcache with a folder computes once", async () => {
    expect(await twice((fn) => bcache(fn, onDisk({})))).toEqual([25, 25, 1, "sqlite"]);
  });

  it("basic_disk_cache_sql: bcache in a database computes once", async () => {
    expect(await twice((fn) => bcache(fn, onDisk({ useSql: true })))).toEqual([25, 25, 1, "sqlite"]);
  });

  it("file_cache_joblib: fcache computes once", async () => {
    expect(await twice((fn) => fcache(fn, onDisk({})))).toEqual([25, 25, 1, "file"]);
  });

  it("file_cache_klepto: fcache that compresses computes once", async () => {
    expect(await twice((fn) => fcache(fn, onDisk({ compress: true })))).toEqual([25, 25, 1, "file"]);
  });

  it("universal_cache: ucache computes once, in memory and with a folder", async () => {
    expect(await twice((fn) => ucache(fn))).toEqual([25, 25, 1, "lru"]);
    expect(await twice((fn) => ucache(fn, onDisk({})))).toEqual([25, 25, 1, "sqlite"]);
  });

  it("async_cache: acache runs once for two awaits, of a synchronous function too", async () => {
    let runs = 0;
    const asynchronous = acache(async (n: number) => ++runs && n * n);
    expect([await asynchronous(5), await asynchronous(5), runs]).toEqual([25, 25, 1]);
    const synchronous = acache((n: number) => ++runs && n * n);
    expect(synchronous(5)).toBeInstanceOf(Promise);
    expect([await synchronous(5), await synchronous(5), runs]).toEqual([25, 25, 2]);
  });

  it("key_generation: a text, a truth and a number are three keys", () => {
    let runs = 0;
    const echo = mcache((value: unknown) => ++runs && value);
    for (const value of ["test_key", true, 123, "test_key", true, 123]) expect(echo(value)).toBe(value);
    expect(runs).toBe(3);
  });

  it("ttl_cache: computed again after its time", () => {
    const clock = createFakeClock();
    let runs = 0;
    const square = mcache((n: number) => ++runs && n * n, { ttl: "1s", clock });
    square(5);
    clock.advance(999);
    square(5);
    expect(runs).toBe(1);
    clock.advance(1);
    square(5);
    expect(runs).toBe(2);
  });
});

describe("test_fallback", () => {
  it("backend_availability: the engine that needs no package can always be used", async () => {
    expect(await isEngineAvailable("map")).toBe(true);
    expect(await getAvailableEngines()).toEqual(expect.arrayContaining(["map", "lru"]));
    expect(await isEngineAvailable("nosuch")).toBe(false);
    await withoutEngines(["sqlite"], async () => {
      expect(await isEngineAvailable("sqlite")).toBe(false);
      expect([await getAvailableEngines(), listEngines()]).toEqual([
        expect.not.arrayContaining(["sqlite"]),
        expect.arrayContaining(["sqlite"]),
      ]);
    });
  });

  it("backend_selection_preferred: honoured; one that does not exist gives way to the chain, and that is said", async () => {
    expect(await twice((fn) => ucache(fn, { engine: "functools" }))).toEqual([25, 25, 1, "map"]);
    expect(lines).toEqual([]);
    expect(await twice((fn) => ucache(fn, { engine: "unknown-backend" }))).toEqual([25, 25, 1, "lru"]);
    expect(lines.map(({ level, message }) => [level, message.includes('"unknown-backend"')])).toEqual([["warn", true]]);
  });

  it("backend_selection_async: the best engine in memory, and the next one without it; a promise in any case", async () => {
    const decorate = (fn: (n: number) => number) => acache(fn);
    expect(await twice(decorate)).toEqual([25, 25, 1, "lru"]);
    await withoutEngines(["lru"], async () => {
      expect(decorate((n) => n)(1)).toBeInstanceOf(Promise);
      expect(await twice(decorate)).toEqual([25, 25, 1, "map"]);
    });
  });

  it("backend_selection_disk: sqlite, file, lru, map, as one after the other disappears", async () => {
    const chain = ["sqlite", "file", "lru", "map"];
    for (const [i, engine] of chain.entries()) {
      const decorate = (fn: (n: number) => number) => bcache(fn, onDisk({ name: `square${i}` }));
      expect(await withoutEngines(chain.slice(0, i), () => twice(decorate))).toEqual([25, 25, 1, engine]);
    }
  });

  it("memory_cache_fallback: right, once computed, and said once, when the preferred engine is missing", async () => {
    const outcome = await withoutEngines(["lru"], () => twice((fn) => mcache(fn, { name: "falls back" })));
    expect(outcome).toEqual([25, 25, 1, "map"]);
    const said = lines.filter(({ message }) => message.includes("falls back")).map(({ message }) => message);
    expect(said).toEqual([`The cache "falls back" uses the engine "map", since "lru" cannot be used: ${ABSENT}.`]);
  });

  it("disk_cache_fallback: in memory when there is nothing to keep results on disk with, and that is said", async () => {
    const outcome = await withoutEngines(["sqlite", "file"], () => twice((fn) => bcache(fn, onDisk({}))));
    expect(outcome).toEqual([25, 25, 1, "lru"]);
    const said = lines.filter(({ message }) => message.includes("uses the engine"));
    expect(said).toHaveLength(1);
    expect(said[0]?.message).toMatch(/"sqlite".*"file"/);
  });

  it("async_cache_fallback: acache has no library to miss; an engine that is insisted on is an error", async () => {
    await withoutEngines(["lru"], async () => {
      expect(await twice((fn) => acache(fn))).toEqual([25, 25, 1, "map"]);
      expect(() => acache((n: number) => n, { engine: "lru", fallback: false })).toThrow(EngineNotAvailableError);
    });
  });

  it("universal_cache_fallback: right, and computed once, when the engine asked for is missing", async () => {
    await withoutEngines(["lru", "sqlite"], async () => {
      expect(await twice((fn) => ucache(fn, { engine: "lru" }))).toEqual([25, 25, 1, "map"]);
      expect(await twice((fn) => ucache(fn, onDisk({ engine: "sqlite" })))).toEqual([25, 25, 1, "file"]);
    });
  });

  it("backend_selection_priority: lru before map, sqlite before file; with fcache the other way round", async () => {
    const engines = await Promise.all([
      twice((fn) => mcache(fn)),
      twice((fn) => bcache(fn, onDisk({ name: "b" }))),
      twice((fn) => fcache(fn, onDisk({ name: "f" }))),
    ]);
    expect(engines.map((outcome) => outcome[3])).toEqual(["lru", "sqlite", "file"]);
  });

  it("backend_selection_requirements: what must outlive the process goes to disk, asynchronous or not; else to memory", () => {
    const asynchronous = async (n: number): Promise<number> => n;
    const synchronous = (n: number): number => n;
    const chosen = [
      ucache(asynchronous),
      ucache(asynchronous, onDisk({ name: "a" })),
      ucache(synchronous),
      ucache(synchronous, onDisk({ name: "s" })),
      ucache(synchronous, onDisk({ name: "c", compress: true })),
      ucache(synchronous, { policy: "lfu" }),
      ucache(synchronous, { maxSize: Number.POSITIVE_INFINITY }),
    ].map((cached) => cached.cache.engine);
    expect(chosen).toEqual(["lru", "sqlite", "lru", "sqlite", "file", "map", "map"]);
    expect(lines, "a choice is no fallback").toEqual([]);
  });
});
