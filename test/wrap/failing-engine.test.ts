import { describe, expect, it } from "vitest";
import type { SyncEngine } from "../../src/contract/index.js";
import { CacheOperationError, mcache } from "../../src/index.js";
import { type ChaosOptions, chaosEngine, type Fault } from "../../src/testing/index.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

const lines = collectLog();
const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("a synchronous engine that fails costs speed only", () => {
  it.each<Fault>(["throw", "throw-after", "garbage", "foreign", "drop"])("always, by %s", (fault) => {
    let runs = 0;
    const square = mcache((n: number) => ++runs && n * n, {
      ...open,
      engine: chaosEngine(thirdPartySync, { faults: [fault] }),
    });
    for (let round = 0; round < 3; round += 1) {
      for (let n = 1; n <= 5; n += 1) expect(square(n)).toBe(n * n);
    }
    const { hits, misses, loads } = square.cache.stats();
    expect(hits + misses).toBe(15);
    expect(loads).toBe(runs);
    expect(loads).toBe(misses);
  });

  it("says so at most once a minute for each operation, and counts each time", () => {
    const heard: string[] = [];
    const square = mcache((n: number) => n * n, {
      ...open,
      engine: chaosEngine(thirdPartySync),
      onError: ({ operation }) => void heard.push(operation),
    });
    for (let n = 1; n <= 50; n += 1) square(n);
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringContaining("failed to get"),
      expect.stringContaining("failed to set"),
    ]);
    expect(square.cache.stats().engineFailures).toBe(100);
    expect(heard.filter((operation) => operation === "get")).toHaveLength(50);
  });

  it(`never a wrong value, whatever fails, and when (SEED=${seed})`, () => {
    const random = createRandom(seed);
    const faults: readonly Fault[] = ["throw", "throw-after", "garbage", "foreign", "drop"];
    const chaos: ChaosOptions = { faults, random };
    let version = 0;
    const read = mcache((n: number) => `${n} v${version}`, { ...open, engine: chaosEngine(thirdPartySync, chaos) });
    const oldest = new Map<number, number>();
    for (let step = 0; step < 20_000; step += 1) {
      chaos.probability = random() < 0.5 ? 0 : random();
      const n = 1 + Math.floor(random() * 6);
      const dice = random();
      if (dice < 0.1) {
        version += 1;
        try {
          read.cache.delete(n);
        } catch (error) {
          expect(error).toBeInstanceOf(CacheOperationError);
        }
        // Acknowledged or not: what was there before is not served from here any more.
        oldest.set(n, version);
      } else if (dice < 0.12) {
        version += 1;
        try {
          read.cache.clear();
        } catch (error) {
          expect(error).toBeInstanceOf(CacheOperationError);
        }
        for (let i = 1; i <= 6; i += 1) oldest.set(i, version);
      } else {
        const [key, found] = read(n).split(" v");
        expect(Number(key)).toBe(n);
        expect(Number(found)).toBeGreaterThanOrEqual(oldest.get(n) ?? 0);
      }
    }
    expect(read.cache.stats().hits).toBeGreaterThan(1_000);
  });

  it("an invalidation that failed is reported, and made up for as soon as the engine works again", () => {
    const chaos: ChaosOptions = { probability: 0, operations: ["delete", "clear"] };
    let version = 1;
    const read = mcache((n: number) => `${n} v${version}`, { ...open, engine: chaosEngine(thirdPartySync, chaos) });
    expect([read(1), read(2)]).toEqual(["1 v1", "2 v1"]);
    version = 2;
    chaos.probability = 1;
    expect(() => read.cache.delete(1)).toThrow(CacheOperationError);
    expect([read(1), read(2)]).toEqual(["1 v2", "2 v1"]);
    expect(() => read.cache.clear()).toThrow(CacheOperationError);
    version = 3;
    expect([read(1), read(2), read(2)]).toEqual(["1 v3", "2 v3", "2 v3"]);
    chaos.probability = 0;
    expect([read(1), read(2)]).toEqual(["1 v3", "2 v3"]);
    const { hits } = read.cache.stats();
    expect([read(1), read(2)]).toEqual(["1 v3", "2 v3"]);
    expect(read.cache.stats().hits).toBe(hits + 2);
  });

  it("an engine that cannot open gives way to the next, and says so once", () => {
    const square = mcache((n: number) => n * n, {
      engine: chaosEngine(thirdPartySync, { operations: ["open"] }),
      ...open,
      policy: "lru",
    });
    expect([square(2), square(2), square.cache.stats().hits]).toEqual([4, 4, 1]);
    expect(square.cache.engine).toBe("map");
    expect(lines).toHaveLength(1);
    const failing = mcache((n: number) => n * n, {
      engine: chaosEngine(thirdPartySync, { operations: ["open"] }),
      ...open,
    });
    expect([failing(2), failing(2), failing.cache.engine]).toEqual([4, 4, "map"]);
    expect(lines.at(-1)?.message).toMatch(
      /uses the engine "map", since "chaos-third-party" cannot be used: it failed: chaos in open/,
    );
  });

  it("a set that only claims success does not bring back what a removal failed to remove", () => {
    const chaos: ChaosOptions = { probability: 1, operations: ["delete"] };
    const store = chaosEngine(thirdPartySync, chaos);
    let version = 1;
    const read = mcache((n: number) => `${n} v${version}`, { ...open, engine: store });
    expect(read(1)).toBe("1 v1");
    expect(() => read.cache.delete(1)).toThrow(CacheOperationError);
    version = 2;
    // The next call's removal works, its write is dropped.
    chaos.faults = ["drop"];
    chaos.operations = ["set"];
    read.cache.set([1], "1 v2");
    expect(read(1)).toBe("1 v2");
  });

  it.each(["delete", "clear", "set", "refresh"] as const)("%s also where looking for the hook fails", (operation) => {
    const broken = new Set<string>();
    const engine: SyncEngine = {
      ...thirdPartySync,
      open(options) {
        const store = thirdPartySync.open(options);
        const check = (name: string): void => {
          if (broken.has(name)) throw new Error(`${name} fails`);
        };
        return {
          ...store,
          get(key) {
            check("get");
            return store.get(key);
          },
          keys() {
            check("keys");
            return store.keys();
          },
        };
      },
    };
    let version = 1;
    const f = mcache((_n: number) => `v${version}`, { ...open, engine, onEvict() {} });
    for (const failing of ["get", "keys"]) {
      version = 1;
      f.cache.delete(1);
      f(1);
      version = 2;
      broken.add(failing);
      if (operation === "set") f.cache.set([1], "v2");
      else if (operation === "clear") f.cache.clear();
      else f.cache[operation](1);
      broken.clear();
      expect(f(1)).toBe("v2");
    }
  });

  it("a failing close is reported", () => {
    const engine: SyncEngine = {
      ...thirdPartySync,
      open: (options) => ({
        ...thirdPartySync.open(options),
        close() {
          throw new Error("stuck");
        },
        size() {
          throw new Error("stuck");
        },
      }),
    };
    const square = mcache((n: number) => n * n, { ...open, engine });
    square(2);
    expect(square.cache.stats().size).toBeUndefined();
    expect(() => square.cache.close()).toThrow(CacheOperationError);
    expect(square(2)).toBe(4);
  });
});
