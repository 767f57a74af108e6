/** 100,000 values of all kinds and sizes find their sides, and are read back as they were. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { closeCaches, estimateBytes, hybridCache, smartCache } from "../../src/index.js";
import { createRandom, seed } from "../support/random.js";

let cacheDir = "";
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-property-"));
});
afterEach(async () => {
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** One value in so many is large. */
const LARGE_IN = 250;
const THRESHOLD = 1_000;

/** The value of that number: the same each time. */
function valueAt(i: number, large: number): unknown {
  const random = createRandom(seed * 1_000_003 + i);
  const below = (n: number): number => Math.floor(random() * n);
  const length = random() < 1 / LARGE_IN ? below(large) : below(8);
  const kinds: readonly (() => unknown)[] = [
    () => i,
    () => -random(),
    () => BigInt(i) ** 3n,
    () => [undefined, null, true, Number.NaN, -0][below(5)],
    () => String.fromCharCode(97 + below(26)).repeat(length),
    () => Array.from({ length }, (_, n) => n * i),
    () => Uint8Array.from({ length: length * 4 }, () => below(256)),
    () => new Float64Array(length).fill(random()),
    () => Object.fromEntries(Array.from({ length }, (_, n) => [`k${n}`, [n, `${i}`]])),
    () => new Map(Array.from({ length }, (_, n) => [n, { n }])),
    () => new Set(Array.from({ length }, (_, n) => `${n}`)),
    () => new Date(i * 1_000),
    () => ({ nested: { deeper: [{ text: "y".repeat(length) }, i] } }),
  ];
  return (kinds[below(kinds.length)] as () => unknown)();
}

/** Calls for each number, many at a time. */
async function each(count: number, call: (i: number) => Promise<unknown>): Promise<void> {
  // Of more writes at a time than a thousand, some would be left out.
  const AT_A_TIME = 500;
  for (let from = 0; from < count; from += AT_A_TIME) {
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count - from) }, (_, n) => call(from + n)));
  }
}

async function readBack(count: number, large: number, fn: (i: number) => Promise<unknown>): Promise<number[]> {
  const wrong: number[] = [];
  await each(count, async (i) => {
    if (!isDeepStrictEqual(await fn(i), valueAt(i, large))) wrong.push(i);
  });
  return wrong;
}

const common = { folderName: "property", version: 1, engineTimeout: "60s" } as const;

it("hybridCache: 97,000 values", { timeout: 120_000 }, async () => {
  const COUNT = 97_000;
  const LARGE = 2_000;
  let runs = 0;
  const make = () =>
    hybridCache(
      async (i: number) => {
        runs += 1;
        return valueAt(i, LARGE);
      },
      { ...common, cacheDir, name: "hybrid", threshold: THRESHOLD, small: { maxSize: COUNT, maxBytes: "1GB" } },
    );
  const fn = make();
  await each(COUNT, fn);
  expect(await readBack(COUNT, LARGE, fn)).toEqual([]);
  expect(runs).toBe(COUNT);
  expect(fn.cache.stats()).toMatchObject({ hits: COUNT, misses: COUNT, refusals: 0, engineFailures: 0 });
  await fn.cache.close();
  // After a restart, those are there that are large, and no others.
  const after = make();
  const isLarge = (i: number): boolean => estimateBytes(valueAt(i, LARGE), THRESHOLD) > THRESHOLD;
  const large = Array.from({ length: COUNT }, (_, i) => i).filter(isLarge);
  expect(large.length).toBeGreaterThan(50);
  expect(await Promise.all(large.map((i) => after.cache.has(i)))).toEqual(large.map(() => true));
  const some = Array.from({ length: 2_000 }, (_, i) => i);
  expect(await Promise.all(some.map((i) => after.cache.has(i)))).toEqual(some.map(isLarge));
});

it("smartCache: 3,000 values, of all sizes", { timeout: 120_000 }, async () => {
  const COUNT = 3_000;
  const LARGE = 60_000;
  let runs = 0;
  const fn = smartCache(
    async (i: number) => {
      runs += 1;
      return valueAt(i, LARGE);
    },
    { ...common, cacheDir, name: "smart", small: { maxSize: COUNT, maxBytes: "1GB" } },
  );
  await each(COUNT, fn);
  expect(await readBack(COUNT, LARGE, fn)).toEqual([]);
  expect(runs).toBe(COUNT);
  expect(fn.cache.engine).toBe("lru+sqlite+file");
});
