/**
 * What the tests of the Python library assert of the choice of engines. Each test is named after its origin; where
 * upstream contradicts itself or could not hold, its intent is tested.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  AccessPattern,
  analyzeFunctionReturnType,
  bcache,
  ConcurrencyLevel,
  ConfigurationError,
  closeCaches,
  configureForImages,
  configureForJson,
  configureForNumpy,
  configureForPandas,
  configureForTabular,
  configureForType,
  configureForTypedArrays,
  DataPersistence,
  DataSize,
  detectResultBackend,
  detectResultType,
  estimateBytes,
  estimateDataSize,
  fcache,
  getAvailableBackend,
  getTypeBasedBackend,
  hybridCache,
  hybridCacheConfig,
  isBackendAvailable,
  listEngines,
  mcache,
  selectBackendForData,
  smartCache,
  smartCacheConfig,
  ucache,
} from "../../src/index.js";

const MEMORY = ["lru", "map"];
const DISK = ["sqlite", "file"];

let cacheDir = "";
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-upstream-"));
});
afterEach(async () => {
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});

class CustomClass {
  constructor(readonly value: number) {}
}
/** What libraries call their tables. */
class DataFrame {
  constructor(readonly columns: Record<string, number[]>) {}
}
class Series {}

const list = (length: number): number[] => Array.from({ length }, (_, i) => i);
const records = (rows: number, columns: number): object[] =>
  list(rows).map((row) => Object.fromEntries(list(columns).map((column) => [`c${column}`, row])));

describe("test_backend_selector", () => {
  it("small_data", () => {
    const dictionary = Object.fromEntries(list(50).map((i) => [`key${i}`, i]));
    for (const data of ["small string", list(100), dictionary]) expect(estimateDataSize(data)).toBe(DataSize.SMALL);
  });

  it("medium_data", () => {
    for (const data of ["a".repeat(15_000), list(5_000), list(50_000)]) {
      expect(estimateDataSize(data)).toBe(DataSize.MEDIUM);
    }
  });

  it("large_data", () => {
    expect(estimateDataSize("a".repeat(2_000_000))).toBe(DataSize.LARGE);
    expect(estimateDataSize(new Uint8Array(200_000_000))).toBe(DataSize.VERY_LARGE);
  });

  it("large_data: the thresholds are strictly below 10 KB, 1 MB and 100 MB", () => {
    const own = estimateBytes(new Uint8Array(0));
    const sizes = [10_240, 1_048_576, 104_857_600].flatMap((bytes) => [
      estimateDataSize(new Uint8Array(bytes - own - 1)),
      estimateDataSize(new Uint8Array(bytes - own)),
    ]);
    expect(sizes).toEqual(["small", "medium", "medium", "large", "large", "very_large"]);
    const unlooked = new Proxy({}, { ownKeys: () => Promise.reject as never });
    expect(estimateDataSize(unlooked)).toBe("medium");
  });

  it("large_data: the estimate stops early, and is not led in circles", () => {
    const wide = list(2_000_000);
    const started = performance.now();
    for (let i = 0; i < 100; i += 1) expect(estimateBytes(wide, 1_000)).toBeGreaterThan(1_000);
    expect(performance.now() - started).toBeLessThan(1_000);
    const ring: unknown[] = [];
    ring.push(ring, new Map([[ring, ring]]), new Set([ring]));
    expect(estimateBytes(ring)).toBeLessThan(1_000);
  });

  it("numpy_array_size", () => {
    expect(estimateDataSize(new Float64Array(10 * 10))).toBe(DataSize.SMALL);
    expect([DataSize.MEDIUM, DataSize.LARGE]).toContain(estimateDataSize(new Float64Array(500 * 500)));
  });

  it("pandas_dataframe_size", () => {
    expect(estimateDataSize(records(100, 2))).toBe(DataSize.SMALL);
    expect([DataSize.SMALL, DataSize.MEDIUM]).toContain(estimateDataSize(records(1_000, 10)));
  });

  it("primitive_types", () => {
    for (const type of [Number, String, Boolean, BigInt, "number", "string", "boolean", "undefined", "null"]) {
      expect(MEMORY).toContain(getTypeBasedBackend(type));
    }
    for (const value of [42, 4.2, true, 42n, null, undefined]) expect(MEMORY).toContain(getTypeBasedBackend(value));
  });

  it("container_types", () => {
    for (const type of [Array, Object, Map, Set]) expect([...MEMORY, ...DISK]).toContain(getTypeBasedBackend(type));
    class Rows extends Array {}
    expect([getTypeBasedBackend(Rows), detectResultBackend(new Rows())]).toEqual(["lru", "lru"]);
  });

  it("numpy_types", () => {
    class Pixels extends Uint8Array {}
    for (const type of [Float64Array, Uint8Array, ArrayBuffer, Buffer, DataView, Pixels, "ndarray", "Tensor"]) {
      expect(DISK).toContain(getTypeBasedBackend(type));
    }
    for (const value of [new Float64Array(3), new Pixels(1), Buffer.from("a")]) {
      expect(detectResultBackend(value)).toBe("file");
    }
  });

  it("pandas_types", () => {
    for (const type of [DataFrame, Series, "DataFrame", "Table"]) expect(DISK).toContain(getTypeBasedBackend(type));
  });

  it("custom_types", () => {
    expect([getTypeBasedBackend(CustomClass), getTypeBasedBackend(new CustomClass(1))]).toEqual(["sqlite", "sqlite"]);
    expect(detectResultBackend(new Date())).toBe("sqlite");
  });

  it("is_backend_available", async () => {
    for (const name of ["lru", "map", "sqlite", "file"]) expect(await isBackendAvailable(name)).toBe(true);
    for (const name of ["diskcache", "cachetools", "klepto", "joblib", "functools"]) {
      expect(await isBackendAvailable(name)).toBe(true);
    }
    expect(await isBackendAvailable("nonexistent_backend")).toBe(false);
  });

  it("get_available_backend", async () => {
    for (const name of ["map", "file"]) expect(await getAvailableBackend(name)).toBe(name);
    expect([await getAvailableBackend("joblib"), await getAvailableBackend("diskcache")]).toEqual(["file", "sqlite"]);
    expect(listEngines()).toContain(await getAvailableBackend("nonexistent_backend"));
    expect([...MEMORY, ...DISK]).toContain(await getAvailableBackend("no-such-thing"));
  });

  it("select_with_data_instance", () => {
    expect(MEMORY).toContain(selectBackendForData({ data: 42 }).engine);
    expect(DISK).toContain(selectBackendForData({ data: list(5_000) }).engine);
    expect(DISK).toContain(selectBackendForData({ data: new Float64Array(100 * 100) }).engine);
    expect(DISK).toContain(selectBackendForData({ data: new DataFrame({ a: list(5_000) }) }).engine);
  });

  it("select_with_explicit_parameters", () => {
    const small = selectBackendForData({
      size: DataSize.SMALL,
      persistence: DataPersistence.EPHEMERAL,
      accessPattern: AccessPattern.READ_HEAVY,
    });
    expect(MEMORY).toContain(small.engine);
    expect(small.policy).toBe("lru");
    const { LARGE } = DataSize;
    const large = { size: LARGE, persistence: DataPersistence.LONG_TERM, accessPattern: AccessPattern.BALANCED };
    expect(DISK).toContain(selectBackendForData(large).engine);
    const shared = { size: DataSize.MEDIUM, concurrency: ConcurrencyLevel.MULTI_PROCESS };
    expect(DISK).toContain(selectBackendForData(shared).engine);
  });

  it("select_with_explicit_parameters: each answer says what decided, and why", () => {
    const rows: [Parameters<typeof selectBackendForData>[0], engine: string, by: string, reason: RegExp][] = [
      [{ engine: "file", concurrency: "distributed" }, "file", "engine", /asked for/],
      [{ concurrency: "distributed", persistence: "ephemeral" }, "redis", "concurrency", /many machines/],
      [{ concurrency: "multi_process", persistence: "ephemeral" }, "sqlite", "concurrency", /many processes/],
      [{ concurrency: "multi_process", size: "very_large" }, "file", "concurrency", /it is very large/],
      [{ persistence: "session", dataType: Float32Array }, "file", "persistence", /bytes suit files/],
      [{ persistence: "ephemeral", size: "large" }, "lru", "persistence", /need not outlive/],
      [{ size: "small", dataType: Float32Array }, "lru", "size", /small/],
      [{ size: "medium", dataType: Float32Array }, "file", "type", /medium size, and bytes/],
      [{ size: "medium", dataType: "string" }, "sqlite", "size", /medium/],
      [{ size: "large", dataType: "number" }, "file", "size", /large/],
      [{ dataType: CustomClass, accessPattern: "read_heavy" }, "sqlite", "type", /CustomClass: instances/],
      [{ accessPattern: "balanced" }, "sqlite", "access", /as often/],
      [{ accessPattern: "write_heavy" }, "lru", "access", /write_heavy/],
      [{ accessPattern: "temporal", size: "small" }, "lru", "size", /small/],
      [{ accessPattern: "frequency", size: "small" }, "map", "size", /small; map evicts by how often/],
      [{ concurrency: "multi_thread", data: undefined }, "lru", "size", /small/],
      [{}, "lru", "nothing", /nothing is known/],
    ];
    for (const [description, engine, decidedBy, reason] of rows) {
      const selection = selectBackendForData(description);
      expect(selection, JSON.stringify(description)).toMatchObject({ engine, decidedBy });
      expect(selection.reason).toMatch(reason);
      expect(selection.alternatives).not.toContain(engine);
    }
    expect(selectBackendForData({ accessPattern: "frequency" }).policy).toBe("lfu");
    expect(selectBackendForData({ accessPattern: "frequency", size: "large" }).policy).toBeUndefined();
  });

  it("select_with_config", () => {
    expect(selectBackendForData({ data: 42, engine: "sqlite" }).engine).toBe("sqlite");
    expect(selectBackendForData({ data: 42, engine: "diskcache" }).engine).toBe("sqlite");
    // There the type of a cache; here the decorator, or what the options ask for.
    expect(MEMORY).toContain(mcache((n: number) => n).cache.engine);
    expect(MEMORY).toContain(ucache((n: number) => n).cache.engine);
    expect(DISK).toContain(ucache(async (n: number) => n, { name: "n", useSql: true, cacheDir }).cache.engine);
    expect(() => selectBackendForData({ engine: "sqlit" })).toThrow(/did you mean "sqlite"/);
    expect(() => selectBackendForData({ size: "huge" as "large" })).toThrow(ConfigurationError);
    expect(() => selectBackendForData({ persistence: 5 as never })).toThrow(/persistence: expected one of "ephemeral"/);
  });

  it("configure_for_type", async () => {
    expect(configureForType("number")).toEqual({ engine: "lru", maxSize: 128, policy: "lru" });
    expect(ucache((n: number) => n, configureForType(Number)).cache.engine).toBe("lru");
    expect([...MEMORY, ...DISK]).toContain(configureForType(Array).engine);
    expect(DISK).toContain(configureForType(Float64Array).engine);
    expect(configureForType(CustomClass)).toEqual({
      engine: "sqlite",
      folderName: "customclass_cache",
      compress: true,
    });
    expect(configureForType("../é").folderName).toBe("data_cache");
    expect(configureForType("number", { maxSize: 5, ttl: "1m" })).toMatchObject({ maxSize: 5, ttl: "1m" });
    // As they are, they are options.
    const fn = ucache(
      async (n: number) => new Float64Array(n),
      configureForType(Float64Array, { cacheDir, name: "f" }),
    );
    expect([(await fn(3)).length, fn.cache.engine]).toEqual([3, "file"]);
  });

  it.each([
    ["numpy", configureForNumpy, "typed_array_cache"],
    ["pandas", configureForPandas, "tabular_cache"],
    ["images", configureForImages, "image_cache"],
    ["json", configureForJson, "json_cache"],
  ])("configure_for_%s", async (_name, configure, folderName) => {
    expect(configure()).toMatchObject({ folderName, compress: true });
    expect(DISK).toContain(configure().engine);
    expect(configure({ folderName: "mine", compress: false })).toMatchObject({ folderName: "mine", compress: false });
    expect(configure({ sync: true })).toEqual({ folderName, compress: true, sync: true });
    const options = configure({ cacheDir, name: "configured", engineTimeout: "30s" });
    for (const [cache, name] of [
      [ucache, "u"],
      [bcache, "b"],
      [fcache, "f"],
    ] as const) {
      const fn = (cache as typeof bcache)(async (n: number) => "x".repeat(n), { ...options, name });
      expect([(await fn(2_000)).length, fn.cache.engine]).toEqual([2_000, configure().engine]);
    }
  });

  it("configure_for_numpy: the names of this library, too", () => {
    expect([configureForTypedArrays, configureForTabular]).toEqual([configureForNumpy, configureForPandas]);
  });

  it("hybrid_cache_config", async () => {
    expect(hybridCacheConfig()).toEqual({
      threshold: 1_048_576,
      small: { engine: "lru" },
      large: { engine: "sqlite" },
    });
    const custom = hybridCacheConfig({
      small: { engine: "map" },
      large: { engine: "file" },
      threshold: 2_048,
      cacheDir,
    });
    expect(custom).toEqual({ small: { engine: "map" }, large: { engine: "file" }, threshold: 2_048, cacheDir });
    const fn = hybridCache(async (n: number) => "x".repeat(n), { ...custom, name: "custom" });
    await fn(5_000);
    expect(fn.cache.engine).toBe("map+file");
    // The engines by the names that they have there.
    const named = hybridCacheConfig({ small: { engine: "functools" }, large: { engine: "klepto" }, threshold: 2_048 });
    expect(named).toEqual({ small: { engine: "functools" }, large: { engine: "klepto" }, threshold: 2_048 });
    const theirs = hybridCache(async (n: number) => n, { ...named, cacheDir, name: "named" });
    await theirs(1);
    expect(theirs.cache.engine).toBe("map+sqlite");
    expect(() => hybridCache(async () => 1, { small_result_config: {}, analyze_every_call: true } as object)).toThrow(
      /small_result_config: .*did you mean "small"[\s\S]*analyze_every_call: .*each result is looked at/,
    );
    expect(hybridCacheConfig({ sizeThreshold: "1KB", sync: true })).toEqual({
      threshold: "1KB",
      small: { engine: "lru" },
      large: {},
      sync: true,
    });
  });

  it("analyze_function_return_type", () => {
    const fn = (): unknown => 1;
    expect([Number, Array, Float64Array, "Record"].map((returns) => analyzeFunctionReturnType(fn, returns))).toEqual([
      "number",
      "Array",
      "Float64Array",
      "Record",
    ]);
    expect(analyzeFunctionReturnType(async () => 1)).toBe("Promise");
    expect(analyzeFunctionReturnType(fn)).toBeUndefined();
  });

  it("smart_cache_config", () => {
    expect(smartCacheConfig({ returns: Number })).toMatchObject({ engine: "lru" });
    expect(DISK).toContain(smartCacheConfig({ returns: Float64Array }).engine);
    expect(smartCacheConfig({ returns: "string", maxSize: 50, ttl: "5m" })).toMatchObject({ maxSize: 50, ttl: "5m" });
    expect(smartCacheConfig({ maxSize: 50 })).toEqual({ maxSize: 50 });
  });

  it("detect_result_type", () => {
    const values: [unknown, string][] = [
      [42, "number"],
      [4.2, "number"],
      [42n, "bigint"],
      ["text", "string"],
      [true, "boolean"],
      [null, "null"],
      [undefined, "undefined"],
      [Symbol("s"), "symbol"],
      [() => 1, "function"],
      [[1], "Array"],
      [{ a: 1 }, "Object"],
      [Object.create(null), "Object"],
      [new Map(), "Map"],
      [new Set(), "Set"],
      [new Float64Array(1), "Float64Array"],
      [Buffer.from("a"), "Buffer"],
      [Promise.resolve(), "Promise"],
      [new DataFrame({}), "DataFrame"],
      [new Series(), "Series"],
      [new CustomClass(1), "CustomClass"],
      [new Proxy(new Map(), {}), "Object"],
      [new (class {})(), "Object"],
    ];
    for (const [value, name] of values) expect(detectResultType(value), name).toBe(name);
  });

  it("detect_result_type: images are known by how they begin", () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...list(100)]);
    const { reason } = selectBackendForData({ data: png, size: "medium" });
    expect(reason).toMatch(/images suit files/);
    expect(selectBackendForData({ data: Buffer.from("text"), size: "medium" }).reason).toMatch(/bytes suit files/);
  });

  it("smart_cache: what it chooses is what selectBackendForData says", async () => {
    const fn = smartCache(async (data: unknown) => data, { cacheDir, name: "chosen", version: 1 });
    const values = [42, list(5_000), new Float64Array(10_000), "x".repeat(2_000_000)];
    for (const value of values) await fn(value);
    await fn.cache.close();
    const after = smartCache(async (data: unknown) => data, { cacheDir, name: "chosen", version: 1 });
    const isThere = await Promise.all(values.map((value) => after.cache.has(value)));
    expect(isThere).toEqual(values.map((data) => DISK.includes(selectBackendForData({ data }).engine)));
  });
});
