/** What `explain` says of caches that choose the engine for each result. */

import { afterEach, describe, expect, it } from "vitest";
import { closeCaches, hybridCache, smartCache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { collectLog } from "../support/log.js";
import { temporaryDirectories } from "../support/temporary.js";

collectLog();
const temporary = temporaryDirectories();
afterEach(() => closeCaches());

function place(): { folderName: string; cacheDir: string; version: number; engineTimeout: "30s" } {
  const cacheDir = temporary();
  return { folderName: "routed", cacheDir, version: 1, engineTimeout: "30s" };
}

const text = async (length: number): Promise<string> => "x".repeat(length);

describe("a cache of two", () => {
  it("has small results in memory, and large ones behind it", async () => {
    const clock = createFakeClock();
    const f = hybridCache(text, {
      ...place(),
      name: "two",
      threshold: "1KB",
      large: { engine: "sqlite" },
      ttl: 100,
      staleIfError: 100,
      clock,
      trace: 20,
    });
    await f(10);
    await f(5_000);
    const small = await f.cache.explain(10);
    expect(small).toMatchObject({ outcome: "hit", engine: { name: "lru+sqlite", state: "open" } });
    expect(small.engine.why).toBe("Each result is in the one of lru, sqlite that suits it.");
    expect(small.tiers.map(({ name, state }) => [name, state])).toEqual([
      ["lru", "fresh"],
      ["sqlite", "absent"],
    ]);
    for (let i = 0; i < 2; i += 1) {
      const large = await f.cache.explain(5_000);
      expect(large.outcome).toBe("hit");
      expect(large.tiers.map(({ name, state }) => [name, state])).toEqual([
        ["lru", "absent"],
        ["sqlite", "fresh"],
      ]);
    }
    clock.advance(150);
    for (const length of [10, 5_000]) {
      expect(await f.cache.explain(length)).toMatchObject({ outcome: "miss", reason: "expired", hasFallback: true });
    }
    await f.cache.delete(10);
    expect(await f.cache.explain(10)).toMatchObject({ outcome: "miss", reason: "deleted" });
  });

  it("stays as it is: as many entries, in the same places, with the same figures", async () => {
    const f = hybridCache(text, { ...place(), name: "still", threshold: "1KB", large: { engine: "file" } });
    for (const length of [1, 2, 5_000]) await f(length);
    const before = f.cache.stats();
    for (const length of [1, 2, 3, 5_000]) await f.cache.explain(length);
    expect(f.cache.stats()).toEqual(before);
    expect([await f(1), await f(5_000)].map(({ length }) => length)).toEqual([1, 5_000]);
    expect(f.cache.stats().hits).toBe(before.hits + 2);
  });
});

it("a cache of three says which of them has the result", async () => {
  const f = smartCache(text, { ...place(), name: "three" });
  await f(10);
  const found = await f.cache.explain(10);
  expect(found.outcome).toBe("hit");
  expect(found.tiers.filter(({ state }) => state === "fresh").map(({ name }) => name)).toEqual(["lru"]);
  await f(200_000);
  const large = await f.cache.explain(200_000);
  expect(large.outcome).toBe("hit");
  expect(large.tiers.filter(({ state }) => state === "fresh")).toHaveLength(1);
  expect(large.tiers.map(({ name }) => name)).toEqual(expect.arrayContaining(["lru", "sqlite"]));
});
