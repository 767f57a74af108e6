/** Bugs that were found in other wrappers, each named after what happened. None of them may ever be ours. */

import { describe, expect, it } from "vitest";
import { acache, mcache } from "../../src/index.js";
import { chaosEngine, createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

collectLog();
const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("bugs of other wrappers", () => {
  it("a failing store fails the caller", async () => {
    const sync = mcache((n: number) => n * n, { ...open, engine: chaosEngine(thirdPartySync) });
    const async = acache(async (n: number) => n * n, { ...open, engine: chaosEngine(thirdPartyAsync) });
    expect([sync(3), await async(3)]).toEqual([9, 9]);
  });

  it("an entry that goes between has and get makes the call return undefined, without running the function", () => {
    let runs = 0;
    let present = true;
    const engine = {
      ...thirdPartySync,
      open(options: Parameters<typeof thirdPartySync.open>[0]) {
        const store = thirdPartySync.open(options);
        return { ...store, get: (key: string | number) => (present ? store.get(key) : undefined) };
      },
    };
    const read = mcache((n: number) => ++runs && n, { ...open, engine });
    read(1);
    present = false;
    expect([read(1), runs]).toEqual([1, 2]);
  });

  it("a throwing function silently yields undefined", async () => {
    expect(() =>
      mcache(() => {
        throw new Error("mine");
      })(),
    ).toThrow("mine");
    await expect(acache(() => Promise.reject(new Error("mine")))()).rejects.toThrow("mine");
  });

  it("two anonymous functions share a key", () => {
    const [a, b] = [(n: number) => `A${n}`, (n: number) => `B${n}`].map((fn) => mcache(fn));
    expect([a?.(1), b?.(1)]).toEqual(["A1", "B1"]);
  });

  it("Map and Set arguments collide", () => {
    const read = mcache((value: Map<string, number> | Set<string>) => [...value.keys()]);
    expect([read(new Map([["a", 1]])), read(new Map([["b", 1]])), read(new Set(["a"])), read(new Set(["b"]))]).toEqual([
      ["a"],
      ["b"],
      ["a"],
      ["b"],
    ]);
    expect(read.cache.stats().misses).toBe(4);
  });

  it("two separate caches coalesce into one load, and the second stays empty", async () => {
    let runs = 0;
    const load = async (id: string): Promise<string> => {
      runs += 1;
      await settle();
      return id;
    };
    const [one, two] = [acache(load), acache(load)];
    await Promise.all([one("7"), two("7")]);
    expect([runs, one.cache.has("7"), two.cache.has("7")]).toEqual([2, true, true]);
  });

  it("undefined results are never cached", async () => {
    let runs = 0;
    const sync = mcache((): void => {
      runs += 1;
    });
    sync();
    sync();
    const async = acache(async (): Promise<void> => {
      runs += 1;
    });
    await async();
    await async();
    expect(runs).toBe(2);
  });

  it("`this` is lost", async () => {
    const self = {
      name: "self",
      sync: mcache(function (this: { name: string }) {
        return this.name;
      }),
      async: acache(async function (this: { name: string }) {
        return this.name;
      }),
    };
    expect([self.sync(), self.sync(), await self.async(), await self.async()]).toEqual(Array(4).fill("self"));
  });

  it("a documented value throws: each value of ttl that the docs name works", () => {
    for (const ttl of [0, 1, 1.5, Number.POSITIVE_INFINITY, "500ms", "30s", "5m", "1h", "7d"] as const) {
      expect(mcache((n: number) => n, { ttl })(1)).toBe(1);
    }
    expect(() => mcache((n: number) => n, { ttl: -1 })).toThrow(/ttl: expected/);
  });

  it("an expired entry is never deleted from the store", () => {
    const clock = createFakeClock();
    for (const engine of ["lru", "map", thirdPartySync] as const) {
      let down = false;
      const bounds = engine === "lru" ? {} : open;
      const read = mcache(
        (n: number) => {
          if (down) throw new Error("down");
          return n;
        },
        { ...bounds, engine, ttl: "1s", clock },
      );
      read(1);
      clock.advance("1s");
      down = true;
      expect(() => read(1)).toThrow("down");
      expect(read.cache.stats()).toMatchObject({ size: 0, expirations: 1 });
    }
  });

  it("background work starts although nobody asked, and keeps the process alive: see lifecycle.test.ts", () => {
    // Child processes prove it there; here, that wrapping and calling leave no timer behind.
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const read = mcache((n: number) => n, { ttl: "1h" });
    for (let i = 0; i < 100; i += 1) read(i % 3);
    expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBe(before);
  });

  it("an in-flight load is shared between instances", async () => {
    class Repository {
      constructor(readonly tenant: string) {}
      async find(id: number): Promise<string> {
        await settle();
        return `${this.tenant} ${id}`;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(
      Repository.prototype,
      "find",
    ) as TypedPropertyDescriptor<unknown>;
    Object.defineProperty(Repository.prototype, "find", mcache()(Repository.prototype, "find", descriptor));
    const [a, b] = [new Repository("a"), new Repository("b")];
    expect(await Promise.all([a.find(1), b.find(1), a.find(1)])).toEqual(["a 1", "b 1", "a 1"]);
  });

  it("a falsy cached value is taken for a miss", () => {
    for (const value of [0, "", false, null, undefined, Number.NaN, 0n]) {
      let runs = 0;
      const read = mcache(() => ++runs && value);
      read();
      read();
      expect(runs).toBe(1);
    }
  });
});
