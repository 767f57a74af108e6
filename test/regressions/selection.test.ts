/** Defects of the library that this one is a port of, in the choice of engines; each test is named after one. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AccessPattern,
  closeCaches,
  detectResultBackend,
  estimateDataSize,
  hybridCache,
  selectBackendForData,
  smartCache,
} from "../../src/index.js";

let cacheDir = "";
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-selection-"));
});
afterEach(async () => {
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});
const at = () => ({ cacheDir, folderName: "test", version: 1, engineTimeout: "30s" }) as const;

describe("D34: only the first candidate counted, once a type was known", () => {
  it("size matters, whatever the type", () => {
    expect(selectBackendForData({ data: "x".repeat(2_000_000) }).engine).toBe("file");
    expect(selectBackendForData({ data: Array.from({ length: 5_000 }, (_, i) => i) }).engine).toBe("sqlite");
    expect(selectBackendForData({ data: "short" }).engine).toBe("lru");
  });

  it("what cannot be otherwise matters, whatever the type and the size", () => {
    expect(selectBackendForData({ data: 42, concurrency: "distributed" }).engine).toBe("redis");
    expect(selectBackendForData({ data: 42, concurrency: "multi_process" }).engine).toBe("sqlite");
    expect(selectBackendForData({ data: 42, persistence: "long_term" }).engine).toBe("sqlite");
    const all = { persistence: "ephemeral", concurrency: "distributed", size: "small" } as const;
    expect(selectBackendForData({ ...all, engine: "file" }).engine).toBe("file");
    expect(selectBackendForData(all).engine).toBe("redis");
    expect(selectBackendForData({ persistence: "ephemeral", size: "very_large" }).engine).toBe("lru");
  });

  it("an engine that was settled had no policy, whatever the data is used for", () => {
    const policies = (accessPattern: AccessPattern) =>
      ["map", "lru", "sqlite"].map((engine) => selectBackendForData({ engine, accessPattern }).policy);
    expect(policies("frequency")).toEqual(["lfu", undefined, undefined]);
    expect(policies("temporal")).toEqual(["lru", "lru", undefined]);
    expect(policies("balanced")).toEqual([undefined, undefined, undefined]);
  });

  it("results to come are not plain objects", () => {
    expect(detectResultBackend(Promise.resolve(1))).toBe("lru");
    expect(selectBackendForData({ dataType: "Promise" }).reason).toMatch(/results to come/);
  });

  it("what lies deep counts, and is looked at once", () => {
    const nested = { a: { b: { c: ["x".repeat(15_000)] } } };
    expect(estimateDataSize(nested)).toBe("medium");
    const cycle: { self?: unknown; text: string } = { text: "x".repeat(4_000) };
    cycle.self = [cycle, cycle, cycle];
    expect(estimateDataSize(cycle)).toBe("small");
  });

  it("bytes and null have a type", () => {
    expect([Buffer.from("a"), null].map(detectResultBackend)).toEqual(["file", "lru"]);
  });
});

describe("D35: smart_cache ran the function on every call, and again inside a fresh cache", () => {
  it.each([1, 50_000, 3_000_000])("two calls for a result of %i bytes run it once", async (bytes) => {
    let runs = 0;
    const fn = smartCache((n: number) => ++runs && "x".repeat(n), { ...at(), name: "smart" });
    await fn(bytes);
    await fn(bytes);
    expect(runs).toBe(1);
  });
});

describe("D36: hybrid_cache", () => {
  it("built a new cache for each call, so that its memory never had anything", async () => {
    let runs = 0;
    const fn = hybridCache((n: number) => ++runs && n, { ...at(), name: "hybrid" });
    await fn(1);
    await fn(1);
    expect([runs, fn.cache.stats().hits]).toEqual([1, 1]);
  });

  it("took the size of the first result for that of all, for as long as the process lived", async () => {
    const make = () => hybridCache((n: number) => "x".repeat(n), { ...at(), name: "each", threshold: 1_000 });
    const fn = make();
    for (const n of [1, 5_000, 2]) await fn(n);
    await fn.cache.close();
    const after = make();
    expect(await Promise.all([1, 5_000, 2].map((n) => after.cache.has(n)))).toEqual([false, true, false]);
  });

  it("had stored a large result among the small ones before it looked at it", async () => {
    const told: string[] = [];
    const small = { maxSize: 1 };
    const fn = hybridCache((n: number) => "x".repeat(n), {
      ...at(),
      name: "once",
      threshold: 1_000,
      small,
      onEvict: ({ reason }) => void told.push(reason),
    });
    for (const n of [1, 5_000, 6_000]) await fn(n);
    // The one small result is where it was: nothing large has taken its place.
    expect([await fn.cache.has(1), told]).toEqual([true, []]);
  });
});
