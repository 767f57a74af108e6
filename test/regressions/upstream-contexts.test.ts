/** What the Python library gets wrong about engines and contexts, each by the number that it has in our list of defects. */

import { afterEach, describe, expect, it } from "vitest";
import {
  CacheContext,
  closeCaches,
  EngineError,
  engineContext,
  getAvailableEngines,
  getEngineManager,
  getOrCreateEngine,
  isEngineAvailable,
  mcache,
  type SyncBlockOptions,
  withCache,
  withCacheSync,
} from "../../src/index.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

collectLog();
afterEach(() => closeCaches());
const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("D1: two functions on one engine return each other's values", () => {
  const times = (factor: number): ((n: number) => number) => {
    return (n) => factor * n;
  };

  it("one decorator, used twice", () => {
    const cached = mcache();
    const [double, triple] = [cached(times(2)), cached(times(3))];
    expect([double(2), triple(2), double(2), triple(2)]).toEqual([4, 6, 4, 6]);
  });

  it.each(["lru", "map", thirdPartySync])("one context: %s", async (engine) => {
    const options = typeof engine === "string" ? { engine } : { engine, ...unbounded };
    await withCache(options, async (cache) => {
      const [double, triple] = [cache.wrap(times(2)), cache.wrap(times(3))];
      await cache.set(2, "put in");
      expect([await double(2), await triple(2), await double(2), await triple(2)]).toEqual([4, 6, 4, 6]);
      expect(await cache.get(2)).toBe("put in");
    });
    withCacheSync(options as SyncBlockOptions, (cache) => {
      const [double, triple] = [cache.wrap(times(2)), cache.wrap(times(3))];
      cache.set(2, "put in");
      expect([double(2), triple(2), double(2), triple(2), cache.get(2)]).toEqual([4, 6, 4, 6, "put in"]);
    });
  });

  it("one engine that everybody shares", async () => {
    const [one, two] = [getOrCreateEngine({ maxSize: 12 }), getOrCreateEngine({ maxSize: 12 })];
    const [double, triple] = [one.wrap(times(2)), two.wrap(times(3))];
    expect([await double(2), await triple(2)]).toEqual([4, 6]);
    await Promise.all([one.close(), two.close()]);
  });
});

describe("D23: an engine that is empty counts as one that was not opened", () => {
  it.each(["lru", "map", thirdPartySync])("%s", async (engine) => {
    const options = typeof engine === "string" ? { engine } : { engine, ...unbounded };
    await using cache = engineContext(options);
    expect([await cache.get("k"), await cache.has("k"), await cache.delete("k"), await cache.keys()]).toEqual([
      undefined,
      false,
      false,
      [],
    ]);
    await cache.clear();
    await cache.set("k", 1);
    await cache.delete("k");
    await cache.set("k", 0);
    expect(await cache.get("k")).toBe(0);
    withCacheSync(options as SyncBlockOptions, (empty) => {
      expect([empty.get("k"), empty.has("k"), empty.keys(), empty.getOrSet("k", () => "")]).toEqual([
        undefined,
        false,
        [],
        "",
      ]);
      expect(empty.has("k")).toBe(true);
    });
  });
});

describe("D24: an engine's availability is asked for in two ways, one of which is always false", () => {
  it("there is one, and contexts go by it", async () => {
    let asked = 0;
    const engine = {
      ...thirdPartySync,
      name: "asked-once",
      available: () => {
        asked += 1;
        return true as const;
      },
    };
    expect(await withCache({ engine, ...unbounded }, async (cache) => cache.getOrSet("k", () => 1))).toBe(1);
    expect([withCacheSync({ engine, ...unbounded }, ({ engine: used }) => used), asked]).toEqual(["asked-once", 2]);
    expect(await getAvailableEngines()).toEqual(expect.arrayContaining(["lru", "map"]));
    expect(await isEngineAvailable("lru")).toBe(true);
  });
});

describe("D38: contexts do not influence decorators, and what is to be shared is not", () => {
  it("cached functions follow the context, and nested ones inherit", async () => {
    let runs = 0;
    const read = mcache(() => ++runs);
    read();
    await new CacheContext({ bypass: true }).run(async () => {
      expect(read()).toBe(2);
      await withCache({}, () => expect(read()).toBe(3));
      const made = mcache((n: number) => n);
      await new CacheContext({ maxSize: 4 }).run((cache) => expect(cache.stats().maxSize).toBe(4));
      expect(made(1)).toBe(1);
    });
    expect(read()).toBe(1);
  });

  it("get or create gets what was created", async () => {
    const [one, two] = [getOrCreateEngine({ maxSize: 13 }), getOrCreateEngine({ maxSize: 13 })];
    expect(one).toBe(two);
    await one.close();
    expect([two.closed, getOrCreateEngine({ maxSize: 13 }) === two]).toEqual([false, true]);
  });

  it("there is one manager, and the engine by default is the best one, not the first one registered", async () => {
    expect(getEngineManager()).toBe(getEngineManager());
    expect(getEngineManager().listEngines()[0]).toBe("map");
    await withCache({}, ({ engine }) => expect(engine).toBe("lru"));
    withCacheSync({}, ({ engine }) => expect(engine).toBe("lru"));
  });

  it("an engine that does not exist is an error, and is not swapped for another one", async () => {
    const options = { engine: "nosuch" };
    expect(() => new CacheContext(options).enter()).toThrow(EngineError);
    await expect(new CacheContext(options).run(() => 1)).rejects.toThrow(EngineError);
    await expect(withCache(options, () => 1)).rejects.toThrow(EngineError);
    expect(() => withCacheSync(options, () => 1)).toThrow(EngineError);
    expect(() => getOrCreateEngine(options)).toThrow(EngineError);
  });
});
