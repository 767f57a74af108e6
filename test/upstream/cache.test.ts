/** What upstream's test_cache asserts: one test a row, by its name there. */

import { mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  bcache,
  ConfigurationError,
  clearCacheDir,
  ensureCacheDir,
  fcache,
  getCacheDir,
  getStats,
  mcache,
  ucache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { patient, useCacheDir } from "../support/cache-dir.js";

const cacheDir = useCacheDir();
const folder = { folderName: "test", name: "f", ...patient } as const;
const isPosix = process.platform !== "win32";

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** The square, and how often it was computed. */
function counted(): { square(n: number): number; readonly runs: number } {
  let runs = 0;
  return {
    square(n) {
      runs += 1;
      return n * n;
    },
    get runs() {
      return runs;
    },
  };
}

/** The decorators of upstream's table, each around a function of its own. */
const decorators = [
  ["mcache", (fn: (n: number) => number) => mcache(fn)],
  ["bcache", (fn: (n: number) => number) => bcache(fn, { ...folder, name: "bcache" })],
  ["fcache", (fn: (n: number) => number) => fcache(fn, { ...folder, name: "fcache" })],
] as const;

describe("test_cache", () => {
  it("config_validation: a size is kept; negative sizes and times are refused", () => {
    const cached = mcache((n: number) => n, { maxSize: 100 });
    cached(1);
    expect(cached.cache.stats().maxSize).toBe(100);
    const bad: readonly { maxSize?: number; ttl?: number }[] = [{ maxSize: -1 }, { ttl: -1 }];
    for (const options of bad) {
      expect(() => mcache((n: number) => n, options)).toThrow(ConfigurationError);
      expect(() => ucache((n: number) => n, options)).toThrow(ConfigurationError);
      expect(() => bcache((n: number) => n, { ...folder, ...options })).toThrow(ConfigurationError);
    }
  });

  it("cache_path: the directory by default, and a folder in another one", () => {
    expect(ensureCacheDir()).toBe(getCacheDir());
    expect(statSync(getCacheDir()).isDirectory()).toBe(true);
    const elsewhere = join(cacheDir(), "elsewhere");
    const path = ensureCacheDir("test", { cacheDir: elsewhere });
    expect([dirname(path), basename(path), statSync(path).isDirectory()]).toEqual([
      realpathSync(elsewhere),
      "test",
      true,
    ]);
  });

  it("cache_clear (1): clearCacheDir removes the files of that folder, and nothing beside it", async () => {
    const path = ensureCacheDir("test");
    writeFileSync(join(path, "entry"), "x");
    writeFileSync(join(dirname(path), "theirs.txt"), "precious");
    mkdirSync(join(dirname(path), "theirs"));
    expect(await clearCacheDir("test")).toBe(1);
    expect(readdirSync(dirname(path)).sort()).toEqual(["theirs", "theirs.txt"]);
  });

  it("cache_stats (1): hits and misses of a function that takes a list, among those of all", () => {
    const before = getStats();
    const total = ucache((list: number[]) => list.reduce((a, b) => a + b, 0));
    expect([total([1, 2, 3, 4, 5]), total([1, 2, 3, 4, 5])]).toEqual([15, 15]);
    expect([getStats().hits - before.hits, getStats().misses - before.misses]).toEqual([1, 1]);
  });

  it.runIf(isPosix)("cache_security: directories are for their owner alone, and so are files", async () => {
    for (const [, decorate] of decorators) await decorate(counted().square)(1);
    const path = getCacheDir("test");
    const isStaged = (name: string): boolean => /staging\/[^/]+\/./.test(name);
    const names = readdirSync(path, { recursive: true, encoding: "utf8" });
    // What cacache makes while it writes has modes of its own, in a directory that nobody else can enter.
    const inside = names.filter((name) => !isStaged(name)).map((name) => join(path, name));
    const modes = inside.map((one) => [statSync(one).isDirectory() ? "directory" : "file", modeOf(one)]);
    expect(modeOf(path)).toBe("700");
    expect(new Set(modes.map((one) => one.join(" ")))).toEqual(new Set(["directory 700", "file 600"]));
  });

  it("cache_decorators: mcache, bcache and fcache give the result twice", async () => {
    for (const [, decorate] of decorators) {
      const square = decorate(counted().square);
      expect([await square(5), await square(5)]).toEqual([25, 25]);
    }
  });

  it("cache_basic: a second call does not compute", () => {
    const source = counted();
    const square = ucache(source.square);
    expect([square(5), square(5), source.runs]).toEqual([25, 25, 1]);
  });

  it("cache_size: 20 inputs with 10 places are 20 computations, and 10 entries", () => {
    const source = counted();
    const square = mcache(source.square, { maxSize: 10 });
    for (let i = 1; i <= 20; i += 1) square(i);
    expect([source.runs, square.cache.stats().size, square.cache.stats().evictions]).toEqual([20, 10, 10]);
    square(20);
    square(1);
    expect(source.runs).toBe(21);
  });

  it("cache_clear (2): after a clear it computes again", () => {
    const source = counted();
    const square = mcache(source.square);
    square(5);
    square.cache.clear();
    expect([square(5), source.runs]).toEqual([25, 2]);
  });

  it("cache_stats (2): a miss, then a hit", () => {
    const square = mcache(counted().square);
    square(5);
    expect(square.cache.stats()).toMatchObject({ hits: 0, misses: 1 });
    square(5);
    expect(square.cache.stats()).toMatchObject({ hits: 1, misses: 1 });
  });

  it.runIf(isPosix)("cache_permissions: the folder of bcache is for its owner alone", async () => {
    await bcache(counted().square, folder)(5);
    expect(modeOf(getCacheDir("test"))).toBe("700");
  });

  it("cache_types: the same of all three, with a folder", async () => {
    for (const [, decorate] of decorators) {
      const source = counted();
      const square = decorate(source.square);
      expect([await square(5), await square(5), source.runs]).toEqual([25, 25, 1]);
    }
  });

  it("list_processing: two calls with equal lists are one computation", () => {
    let runs = 0;
    const total = ucache((list: number[]) => {
      runs += 1;
      return list.reduce((a, b) => a + b, 0);
    });
    expect([total([1, 2, 3, 4, 5]), total([1, 2, 3, 4, 5]), runs]).toEqual([15, 15, 1]);
  });

  it("different_backends: memory, a database and files give the same", async () => {
    const total = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    const [memory, database, files] = [
      ucache(total),
      ucache(total, { ...folder, name: "database", useSql: true }),
      ucache(total, { ...folder, name: "files", useSql: false }),
    ];
    for (let round = 0; round < 2; round += 1) {
      expect(await Promise.all([memory, database, files].map((one) => one([1, 2, 3])))).toEqual([6, 6, 6]);
    }
    expect([memory, database, files].map((one) => one.cache.engine)).toEqual(["lru", "sqlite", "file"]);
  });

  it("cache_with_complex_types: a list as the argument, with a bound", () => {
    const count = mcache((list: readonly unknown[]) => list.length, { maxSize: 100 });
    expect([count([1, { a: [2] }]), count([1, { a: [2] }]), count.cache.stats().hits]).toEqual([2, 2, 1]);
  });

  it("cache_exceptions: each failing call runs the function, once, and none is kept", () => {
    let runs = 0;
    const fail = ucache(() => {
      runs += 1;
      throw new RangeError("Test error");
    });
    for (let i = 1; i <= 2; i += 1) {
      expect(fail).toThrow(RangeError);
      expect(runs).toBe(i);
    }
    const keeps = ucache(
      () => {
        runs += 1;
        throw new RangeError("Test error");
      },
      { cacheErrors: "1m" },
    );
    for (let i = 1; i <= 2; i += 1) expect(keeps).toThrow("Test error");
    expect(runs, "kept where that was asked for").toBe(3);
  });

  it("kwargs_handling: a default given or left out is one entry, another value is another", () => {
    let runs = 0;
    const scale = mcache(({ n, factor = 2 }: { n: number; factor?: number }) => ++runs && n * factor, {
      key: ({ n, factor = 2 }) => [n, factor],
    });
    expect([scale({ n: 5 }), scale({ factor: 2, n: 5 }), scale({ n: 5, factor: 3 })]).toEqual([10, 10, 15]);
    expect(runs).toBe(2);
  });

  it("ttl_caching: on disk below a path, a hit within the time, a computation after it", async () => {
    const clock = createFakeClock();
    const source = counted();
    const square = bcache(source.square, { ...folder, cacheDir: join(cacheDir(), "absolute"), ttl: 500, clock });
    expect([await square(5), await square(5), source.runs]).toEqual([25, 25, 1]);
    clock.advance(600);
    expect([await square(5), source.runs]).toEqual([25, 2]);
    expect(() => bcache(source.square, { ...folder, folderName: join(cacheDir(), "x") })).toThrow(ConfigurationError);
  });

  it.runIf(isPosix)("security_features: secure is 0700, and otherwise others may read", async () => {
    await bcache(counted().square, { ...folder, folderName: "private", secure: true })(5);
    await bcache(counted().square, { ...folder, folderName: "open", secure: false })(5);
    expect([modeOf(getCacheDir("private")), modeOf(getCacheDir("open"))]).toEqual(["700", "755"]);
  });

  it("async_caching: an asynchronous function runs once", async () => {
    let runs = 0;
    const square = ucache(async (n: number) => ++runs && n * n);
    expect([await square(5), await square(5), runs]).toEqual([25, 25, 1]);
  });

  it("specific_decorators: each of the three caches", async () => {
    for (const [name, decorate] of decorators) {
      const source = counted();
      const square = decorate(source.square);
      await square(5);
      await square(5);
      expect([name, source.runs, square.cache.stats().hits]).toEqual([name, 1, 1]);
    }
  });

  it("basic_memory_cache: without options, bcache caches in a folder of the program's own", async () => {
    const source = counted();
    const square = bcache(source.square, { name: "plain", ...patient });
    expect([await square(5), await square(5), source.runs]).toEqual([25, 25, 1]);
  });

  it("cache_clear (3): it is empty after a clear, on disk too", async () => {
    const source = counted();
    const square = bcache(source.square, folder);
    await square(5);
    await square.cache.clear();
    expect([await square.cache.has(5), await square(5), source.runs]).toEqual([false, 25, 2]);
  });
});
