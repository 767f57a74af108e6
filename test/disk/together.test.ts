/** Many lookups at once are one question to the engine. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gathering } from "../../src/disk/index.js";
import { Connection } from "../../src/engines/sqlite/connection.js";
import { batch, bcache, closeCaches } from "../../src/index.js";
import { defer, settle } from "../support/deferred.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-together-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** The statements that look for records, among those of chores. */
const lookupsIn = (calls: readonly (readonly unknown[])[]): number =>
  calls.filter(([sql]) => /^SELECT .*record\b.* WHERE id (=|IN) /s.test(String(sql))).length;
const lists = (count: number, from = 0): [number][] => Array.from({ length: count }, (_, n) => [from + n]);

describe("in a database", () => {
  it("a list of calls asks once, for what is there and what is not", async () => {
    const options = {
      name: "many",
      version: 1,
      cacheDir,
      folderName: "many",
      engine: "sqlite",
      engineTimeout: "30s",
    } as const;
    let runs = 0;
    const fn = bcache(
      async (n: number) => {
        runs += 1;
        return { n };
      },
      { ...options, fallback: false } as const,
    );
    await fn.cache.many(lists(80));
    const run = vi.spyOn(Connection.prototype, "run");
    expect(await fn.cache.many(lists(80))).toEqual(lists(80).map(([n]) => ({ n })));
    expect([lookupsIn(run.mock.calls), runs]).toEqual([1, 80]);
    // A hundred are there but for twenty: one lookup, and a write for each.
    run.mockClear();
    expect(await fn.cache.many(lists(100))).toEqual(lists(100).map(([n]) => ({ n })));
    expect([lookupsIn(run.mock.calls), runs]).toEqual([1, 100]);
    expect(fn.cache.stats()).toMatchObject({ hits: 160, misses: 100, engineFailures: 0 });
  });

  it("a batch asks once, and so does its function", async () => {
    const asked: number[][] = [];
    const options = {
      name: "batch",
      version: 1,
      cacheDir,
      folderName: "batch",
      engine: "sqlite",
      engineTimeout: "30s",
    } as const;
    const fn = batch(
      async (ns: number[]) => {
        asked.push([...ns].sort((one, other) => one - other));
        return ns.map((n) => n * 2);
      },
      { ...options, fallback: false } as const,
    );
    await Promise.all([fn(1), fn(2)]);
    const run = vi.spyOn(Connection.prototype, "run");
    expect(await Promise.all([fn(1), fn(3), fn(2), fn(4)])).toEqual([2, 6, 4, 8]);
    expect(asked).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(lookupsIn(run.mock.calls)).toBe(1);
  });
});

describe.runIf(hasRedis)("on a server", () => {
  it("a list of calls asks once", async () => {
    const server = await RedisServer.start();
    try {
      const options = { redis: server.url, name: "many", version: 1, engineTimeout: "30s" } as const;
      const fn = bcache(async (n: number) => ({ n }), options);
      await fn.cache.many(lists(50));
      await server.command("CONFIG", "RESETSTAT");
      expect(await fn.cache.many(lists(60))).toEqual(lists(60).map(([n]) => ({ n })));
      const [figures = ""] = await server.command("INFO", "commandstats");
      expect(figures).toMatch(/cmdstat_mget:calls=1,/);
      // What is new is stored by one script, too.
      expect(figures).toMatch(/cmdstat_evalsha:calls=1,/);
      expect(fn.cache.stats()).toMatchObject({ hits: 50, misses: 60, engineFailures: 0 });
    } finally {
      await closeCaches();
      await server.remove();
    }
  });

  it("of entries that are stored together, those are refused that others have removed meanwhile", async () => {
    const server = await RedisServer.start();
    try {
      const held = defer<void>();
      let runs = 0;
      const load = async (n: number): Promise<number> => {
        runs += 1;
        await held.promise;
        return n;
      };
      const options = { redis: server.url, name: "together", version: 1, engineTimeout: "30s" } as const;
      const [fn, other] = [bcache(load, options), bcache(load, options)];
      await other.cache.set([9], 9);
      const all = fn.cache.many(lists(5));
      while (runs < 5) await settle();
      await other.cache.delete(3);
      await server.command("CONFIG", "RESETSTAT");
      held.resolve();
      expect(await all).toEqual([0, 1, 2, 3, 4]);
      const [figures = ""] = await server.command("INFO", "commandstats");
      expect(figures).toMatch(/cmdstat_evalsha:calls=1,/);
      expect(await Promise.all(lists(5).map(([n]) => other.cache.has(n)))).toEqual([true, true, true, false, true]);
      await other.cache.clear();
      expect(await Promise.all(lists(5).map(([n]) => fn.cache.has(n)))).toEqual(Array(5).fill(false));
    } finally {
      await closeCaches();
      await server.remove();
    }
  });
});

describe("gathered questions", () => {
  it("of more weight than is asked at once are asked in parts, in their order, the heaviest alone", async () => {
    const asked: number[][] = [];
    const gathering = new Gathering<number, string>(
      async (numbers) => {
        asked.push([...numbers]);
        return numbers.map(String);
      },
      { most: 10, weigh: (number) => number },
    );
    const numbers = [4, 6, 1, 50, 3, 3, 3, 3];
    expect(await Promise.all(numbers.map((number) => gathering.ask(number)))).toEqual(numbers.map(String));
    expect(asked).toEqual([[4, 6], [1], [50], [3, 3, 3], [3]]);
  });

  it("are asked together in a turn, apart in others, each with its own answer", async () => {
    const asked: string[][] = [];
    const gathering = new Gathering<string, string>(async (ids) => {
      asked.push([...ids]);
      return ids.map((id) => id.toUpperCase());
    });
    expect(await Promise.all(["a", "b", "a"].map((id) => gathering.ask(id)))).toEqual(["A", "B", "A"]);
    expect(await gathering.ask("c")).toBe("C");
    expect(asked).toEqual([["a", "b", "a"], ["c"]]);
  });

  it("whose answer makes no sense fail", async () => {
    const gathering = new Gathering<string, string>(async () => undefined as never);
    await expect(gathering.ask("a")).rejects.toThrow(TypeError);
  });

  it("fail together, and the next ones do not", async () => {
    let fails = true;
    const gathering = new Gathering<string, string>((ids) => {
      if (fails) throw new Error("no");
      return Promise.resolve(ids);
    });
    const outcomes = await Promise.allSettled([gathering.ask("a"), gathering.ask("b")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    fails = false;
    expect(await gathering.ask("a")).toBe("a");
  });

  it("beyond a number are several questions", async () => {
    const sizes: number[] = [];
    const gathering = new Gathering<string, string>(async (ids) => {
      sizes.push(ids.length);
      return ids;
    });
    const ids = Array.from({ length: 1_200 }, (_, n) => String(n));
    expect(await Promise.all(ids.map((id) => gathering.ask(id)))).toEqual(ids);
    expect(sizes).toEqual([500, 500, 200]);
  });
});
