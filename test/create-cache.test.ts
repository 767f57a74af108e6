/** Worlds of caches that have nothing in common. */

import { afterEach, describe, expect, it } from "vitest";
import {
  type Cached,
  type CacheWorld,
  ConfigurationError,
  cacheOf,
  clearCache,
  closeCaches,
  createCache,
  EngineError,
  EngineNotAvailableError,
  getEffectiveConfig,
  getOrCreateEngine,
  getStats,
  invalidateNamespaces,
  invalidateTags,
  listCaches,
  listEngines,
  mcache,
  registerEngine,
  setLogger,
  withCache,
} from "../src/index.js";
import { createFakeClock } from "../src/testing/index.js";
import { thirdPartyAsync, thirdPartySync } from "./support/engines.js";
import { collectLog } from "./support/log.js";
import { temporaryDirectories } from "./support/temporary.js";

const lines = collectLog();
const temporary = temporaryDirectories();
const worlds: CacheWorld[] = [];
afterEach(async () => {
  await closeCaches();
  for (const world of worlds.splice(0)) await world.closeCaches();
});
function create(defaults: Parameters<typeof createCache>[0] = {}): CacheWorld {
  const world = createCache(defaults);
  worlds.push(world);
  return world;
}
const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("a world of caches", () => {
  it("has all that the program has, bound", async () => {
    const world = create();
    expect(Object.keys(world).sort()).toEqual(
      [
        ...["mcache", "acache", "bcache", "fcache", "ucache", "batch", "smartCache", "hybridCache"],
        ...["withCache", "withCacheSync", "engineContext", "getOrCreateEngine"],
        ...["getStats", "listCaches", "clearCache", "closeCaches", "registerCache", "unregisterCache"],
        ...["invalidateTags", "invalidateNamespaces", "setLogger", "getEffectiveConfig"],
        ...["registerEngine", "getEngine", "listEngines", "isEngineAvailable", "getAvailableEngines"],
      ].sort(),
    );
    expect(Object.isFrozen(world)).toBe(true);
    const { mcache: wrap, getStats: figures, withCacheSync } = world;
    const square = wrap((n: number) => n * n, { name: "square" });
    expect([square(3), square(3), figures("square")?.hits, cacheOf(square).has(3)]).toEqual([9, 9, 1, true]);
    expect(withCacheSync({}, (cache) => cache.getOrSet("k", () => 1))).toBe(1);
  });

  it("wraps in every call form", async () => {
    const world = create({ maxSize: 7 });
    const cached = [
      world.mcache((n: number) => n),
      world.mcache({ ttl: "1m" })((n: number) => n),
      world.acache((n: number) => n),
      world.ucache((n: number) => n),
      world.batch((ns: number[]) => ns),
    ];
    for (const one of cached) {
      await one(1);
      expect(one.cache.stats()).toMatchObject({ maxSize: 7, misses: 1 });
    }
    class Repository {
      find(n: number): number {
        return n;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(
      Repository.prototype,
      "find",
    ) as TypedPropertyDescriptor<unknown>;
    Object.defineProperty(Repository.prototype, "find", world.mcache(Repository.prototype, "find", descriptor));
    const one = new Repository();
    one.find(1);
    expect(cacheOf(one, "find").stats()).toMatchObject({ maxSize: 7, misses: 1 });
    expect(world.listCaches()).toHaveLength(6);
  });

  it("is not listed, counted, cleared or closed by the program's functions, nor by another world's", async () => {
    const [one, two] = [create(), create()];
    const make = (wrap: typeof mcache): Cached<(n: number) => number> => wrap((n: number) => n, { name: "same-name" });
    const [ours, first, second] = [make(mcache), make(one.mcache), make(two.mcache)];
    for (const cached of [ours, first, second]) [cached(1), cached(1)];
    expect([ours, first, second].map(({ cache }) => cache.name)).toEqual(Array(3).fill("same-name"));
    expect([one.listCaches(), two.listCaches()]).toEqual([["same-name"], ["same-name"]]);
    expect([one.getStats(), two.getStats()].map(({ hits, totalCaches }) => [hits, totalCaches])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    await clearCache();
    expect([ours, first, second].map(({ cache }) => cache.has(1))).toEqual([false, true, true]);
    await one.clearCache("same-name");
    expect([first, second].map(({ cache }) => cache.has(1))).toEqual([false, true]);
    const before = getStats();
    await one.withCache({}, async (cache) => {
      await cache.set("k", 1);
      expect([one.listCaches().length, listCaches().includes(cache.name)]).toEqual([2, listCaches().includes("block")]);
    });
    expect(getStats().hits).toBe(before.hits);
    await closeCaches();
    await one.closeCaches();
    expect([ours(5), first(5), second(5), second(5)]).toEqual([5, 5, 5, 5]);
    expect([first.cache.has(5), second.cache.has(5)]).toEqual([false, true]);
  });

  it("has tags and name spaces of its own", async () => {
    const [one, two] = [create(), create()];
    const tagged = { tags: ["all"], namespace: "n" };
    let runs = 0;
    const cached = [mcache, one.mcache, two.mcache].map((wrap) => wrap(() => ++runs, tagged));
    const read = (): number[] => cached.map((fn) => fn());
    expect(read()).toEqual([1, 2, 3]);
    await invalidateTags("all");
    expect(read()).toEqual([4, 2, 3]);
    await one.invalidateTags("all");
    expect(read()).toEqual([4, 5, 3]);
    await two.invalidateNamespaces("n");
    expect(read()).toEqual([4, 5, 6]);
    await invalidateNamespaces("n");
    expect(read()).toEqual([7, 5, 6]);
    // In a request too.
    await one.withCache({ scope: "request" }, async () => {
      expect(read()).toEqual([8, 9, 10]);
      await one.invalidateTags("all");
      expect(read()).toEqual([8, 11, 10]);
    });
  });

  it("has engines of its own", async () => {
    const [one, two] = [create(), create()];
    const engine = { ...thirdPartySync, name: "of-one-world" };
    one.registerEngine(engine);
    expect([one, two].map((world) => world.listEngines().includes(engine.name))).toEqual([true, false]);
    expect([listEngines().includes(engine.name), one.getEngine(engine.name)]).toEqual([false, engine]);
    expect([await one.isEngineAvailable(engine.name), await two.isEngineAvailable(engine.name)]).toEqual([true, false]);
    const options = { engine: engine.name, ...unbounded };
    const cached = [one, two].map((world) => world.mcache((n: number) => n, options));
    for (const fn of cached) fn(1);
    expect(cached.map(({ cache }) => cache.engine)).toEqual([engine.name, "map"]);
    expect(one.withCacheSync(options, (cache) => cache.engine)).toBe(engine.name);
    expect(() => two.withCacheSync(options, () => 1)).toThrow(EngineError);
    // What the program registers is the program's; a name that ucache knows is one of the world's.
    registerEngine({ ...thirdPartySync, name: "of-the-program" });
    expect(one.listEngines()).not.toContain("of-the-program");
    const sync = one.ucache((n: number) => n, { engine: engine.name, maxSize: Number.POSITIVE_INFINITY } as object);
    expect(sync(3)).toBe(3);
  });

  it("has a logger of its own, and speaks through the program's until it is given one", () => {
    const [one, two] = [create(), create()];
    const heard: string[] = [];
    const write = (_fields: object, message: string): void => void heard.push(message);
    one.setLogger({ debug: () => undefined, info: write, warn: write, error: write });
    const fail = (world: Pick<CacheWorld, "mcache">, name: string): void => {
      world.mcache((n: number) => n, { name, engine: "nosuch" })(1);
    };
    fail(one, "heard");
    fail(two, "not-heard");
    fail({ mcache }, "not-heard");
    expect(heard.map((message) => message.slice(0, 25))).toEqual(['The cache "heard" uses th']);
    // The same name in two worlds is two causes.
    expect(lines.filter(({ message }) => message.includes('"not-heard"'))).toHaveLength(2);
    one.setLogger(undefined);
    fail(one, "heard-by-the-program");
    expect([heard.length, lines.some(({ message }) => message.includes("heard-by-the-program"))]).toEqual([1, true]);
    setLogger(undefined);
  });

  it("shares its caches by options with itself alone", async () => {
    const [one, two] = [create(), create()];
    const caches = [one, one, two].map((world) => world.getOrCreateEngine({ maxSize: 5 }));
    expect([caches[0] === caches[1], caches[0] === caches[2], getOrCreateEngine({ maxSize: 5 }) === caches[0]]).toEqual(
      [true, false, false],
    );
  });
});

describe("defaults", () => {
  it("stand just below written options, and above those of blocks and the environment", async () => {
    process.env.TWAT_CACHE_MAXSIZE = "11";
    try {
      const world = create({ maxSize: 22 });
      await withCache({ maxSize: 33, clone: "freeze" }, () => {
        const made = world.mcache(() => ({}));
        expect([Object.isFrozen(made()), made.cache.stats().maxSize]).toEqual([true, 22]);
        const own = world.mcache(() => ({}), { maxSize: 44 });
        own();
        expect(own.cache.stats().maxSize).toBe(44);
      });
      await world.withCache({}, (cache) => expect(cache.stats().maxSize).toBe(22));
      await world.withCache({ maxSize: 55 }, (cache) => expect(cache.stats().maxSize).toBe(55));
    } finally {
      delete process.env.TWAT_CACHE_MAXSIZE;
    }
  });

  it("are told by the effective configuration, as those of the world", () => {
    const world = create({ maxSize: 22, idle: "1m" });
    const [read, kept] = [
      world.mcache((n: number) => n, { name: "told", ttl: "1h" }),
      mcache(() => 1, { name: "told" }),
    ];
    const { options } = world.getEffectiveConfig(read);
    expect([options.maxSize, options.ttl]).toEqual([
      { value: 22, from: "world" },
      { value: "1h", from: "option" },
    ]);
    expect([world.getEffectiveConfig("told")?.options.maxSize, getEffectiveConfig("told")?.options.maxSize]).toEqual([
      { value: 22, from: "world" },
      { value: 1_000, from: "built-in" },
    ]);
    expect(getEffectiveConfig(kept).options.maxSize?.from).toBe("built-in");
    const onDisk = world.bcache((n: number) => n, { name: "kept" });
    expect(getEffectiveConfig(onDisk).options.idle?.from).toBe("built-in");
  });

  it("may be hooks, lifetimes, tags, and what is served after them", async () => {
    const clock = createFakeClock();
    const heard: string[] = [];
    let fails = false;
    const world = create({
      onMiss: ({ name }) => heard.push(name),
      tags: ["library"],
      ttl: "1m",
      staleIfError: "1h",
      clock,
    });
    const read = world.acache(
      async () => {
        if (fails) throw new Error("down");
        return "value";
      },
      { name: "read" },
    );
    await read();
    fails = true;
    clock.advance("1m");
    expect([await read(), heard]).toEqual(["value", ["read", "read"]]);
    await world.invalidateTags("library");
    await expect(read()).rejects.toThrow("down");
    // A block's cache takes those that blocks have.
    expect(await world.withCache({}, (cache) => cache.getOrSet("k", () => 1))).toBe(1);
  });

  it("do not change what a function returns: a folder is for what is on disk by its decorator or its own options", async () => {
    const cacheDir = temporary();
    const world = create({ folderName: "of-the-library", cacheDir, compress: true, engine: "sqlite" });
    const sync = world.mcache((n: number) => n);
    const either = world.ucache((n: number) => n);
    const same: number = sync(1) + either(2);
    expect([same, sync.cache.engine, either.cache.engine]).toEqual([3, "lru", "lru"]);
    const kept = world.bcache((n: number) => n, { name: "kept", version: 1 });
    expect([await kept(1), kept.cache.engine]).toEqual([1, "sqlite"]);
    const stays = world.bcache((n: number) => n, { name: "stays", version: 1, sync: true });
    expect([stays(1), stays.cache.engine]).toEqual([1, "better-sqlite3"]);
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(cacheDir)).toEqual(["of-the-library"]);
    const later = create({ engine: thirdPartyAsync, ...unbounded });
    expect([
      later.mcache((n: number) => n)(5),
      lines.some(({ message }) => message.includes("answers with promises")),
    ]).toEqual([5, true]);
  });

  it("that only memories have are not for caches on disk", async () => {
    const world = create({ idle: "1m", policy: "lfu", folderName: "f", cacheDir: temporary() });
    const kept = world.bcache((n: number) => n, { name: "kept", version: 1 });
    await kept(1);
    expect(kept.cache.engine).toBe("sqlite");
    expect(world.mcache((n: number) => n)(1)).toBe(1);
  });

  it("may forbid stand-ins", () => {
    const world = create({ fallback: false });
    expect(() => world.mcache((n: number) => n, { engine: "nosuch" })).toThrow(EngineNotAvailableError);
    expect(world.mcache((n: number) => n, { engine: "nosuch", fallback: true })(1)).toBe(1);
  });

  it.each([
    ["name", "x"],
    ["version", 1],
    ["deps", []],
    ["key", () => 1],
    ["thisKey", () => 1],
    ["scope", "shared"],
    ["sync", true],
    ["useSql", true],
  ])("%s is refused, with a reason", (option, value) => {
    expect(() => createCache({ [option]: value })).toThrow(ConfigurationError);
    expect(() => createCache({ [option]: value })).toThrow(
      new RegExp(`createCache:\n  ${option}: expected none, since`),
    );
  });

  it("are judged at once", () => {
    expect(() => createCache({ maxSize: 0 })).toThrow(ConfigurationError);
    expect(() => createCache({ maxsize: 5 } as object)).toThrow(/did you mean "maxSize"/);
    expect(() => createCache({ engine: {} as never })).toThrow(ConfigurationError);
    expect(() => createCache(5 as never)).toThrow(/createCache: expected an object with options; got 5/);
  });
});

describe("worlds on one disk", () => {
  it("share what lies in one folder under one name, and its tags; those in folders of their own do not", async () => {
    const cacheDir = temporary();
    const options = { name: "report", version: 1, tags: ["all"] } as const;
    let runs = 0;
    const make = (folderName: string): [CacheWorld, (n: number) => Promise<string>] => {
      const world = create({ folderName, cacheDir });
      return [world, world.bcache((n: number) => `${n} ${++runs}`, options)];
    };
    const [[one, first], [, second], [, other]] = [make("shared"), make("shared"), make("own")];
    expect([await first(1), await second(1), await other(1)]).toEqual(["1 1", "1 1", "1 2"]);
    await one.invalidateTags("all");
    expect([await second(1), await first(1), await other(1)]).toEqual(["1 3", "1 3", "1 2"]);
  });

  it("two functions of one source and name in one folder are told apart from each other in two worlds, too", async () => {
    const cacheDir = temporary();
    const make = (world: CacheWorld, factor: number): ((n: number) => Promise<number>) =>
      world.bcache((n: number) => n * factor, { name: "times" });
    const [one, two] = [0, 1].map(() => create({ folderName: "f", cacheDir }));
    const [double, triple] = [make(one as CacheWorld, 2), make(two as CacheWorld, 3)];
    expect([await double(2), await triple(2)]).toEqual([4, 6]);
  });
});
