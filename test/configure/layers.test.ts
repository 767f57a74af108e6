/** Who has a say about a cache, and in which order. */

import fs from "node:fs";
import { describe, expect, it, vi } from "vitest";
import {
  acache,
  bcache,
  type CacheOptions,
  type Configured,
  cacheOf,
  closeCaches,
  getEffectiveConfig,
  getOrCreateEngine,
  mcache,
  registerCache,
  registerEngine,
  setDefaults,
  ucache,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { refusal, useConfiguration } from "../support/configuration.js";
import { makeTemporary, removeTemporary } from "../support/disk-stores.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
const { set, file } = useConfiguration();
const square = (n: number): number => n * n;

describe("precedence", () => {
  it("call, block, environment, section, file, defaults, built-in", async () => {
    setDefaults({ maxSize: 1, ttl: 1, policy: "lfu", clone: "freeze", namespace: "d", jitter: 0.1 });
    file({
      maxSize: 2,
      ttl: 2,
      policy: "rr",
      clone: "structured",
      namespace: "f",
      caches: { report: { maxSize: 3, ttl: 3, policy: "fifo", clone: "none" } },
    });
    set({ MAXSIZE: "4", TTL: "4", POLICY: "lfu" });
    await withCache({ maxSize: 5, policy: "fifo" }, () => {
      const cached = mcache(square, { name: "report", maxSize: 6 });
      const { options } = getEffectiveConfig(cached);
      expect(options).toMatchObject({
        maxSize: { value: 6, from: "option" },
        policy: { value: "fifo", from: "block" },
        ttl: { value: 4, from: "environment" },
        clone: { value: "none", from: "file" },
        namespace: { value: "f", from: "file" },
        jitter: { value: 0.1, from: "defaults" },
        fallback: { value: true, from: "built-in" },
      });
    });
    expect(getEffectiveConfig(mcache(square, { name: "other" })).options).toMatchObject({
      maxSize: { value: 4, from: "environment" },
      clone: { value: "structured", from: "file" },
    });
  });

  it("a section is for the cache of that name, and for those whose name has a number", () => {
    file({ maxSize: 9, caches: { twins: { maxSize: 2 } } });
    const [one, two, other] = ["twins", "twins", "single"].map((name) => mcache(square, { name }));
    for (let n = 0; n < 20; n += 1) [one?.(n), two?.(n), other?.(n)];
    expect([one, two, other].map((fn) => fn?.cache.stats().size)).toEqual([2, 2, 9]);
    expect(two?.cache.name).toMatch(/^twins#\d/);
  });

  it("a section goes by the function's own name, and by that of a block", async () => {
    file({ caches: { square: { maxSize: 2 }, session: { maxSize: 3 } } });
    const cached = mcache(square);
    cached(1);
    expect(cached.cache.stats().maxSize).toBe(2);
    await withCache({ name: "session" }, (cache) => {
      expect(cache.stats().maxSize).toBe(3);
      expect(getEffectiveConfig(cache.name)?.options.maxSize).toEqual({ value: 3, from: "file" });
    });
  });

  it("names that every object has are no sections", () => {
    file('{ "caches": { "__proto__": { "maxSize": 2 } } }');
    const [plain, proto] = ["constructor", "__proto__"].map((name) => mcache(square, { name }));
    expect([plain?.(2), plain?.cache.stats().maxSize]).toEqual([4, 1_000]);
    expect([proto?.(2), proto?.cache.stats().maxSize]).toEqual([4, 2]);
  });

  it("a value that is undefined says nothing, in any layer", () => {
    setDefaults({ maxSize: 7, ttl: undefined } as never);
    const cached = mcache(square, { maxSize: undefined } as unknown as CacheOptions);
    expect(getEffectiveConfig(cached).options).toMatchObject({
      maxSize: { value: 7, from: "defaults" },
      ttl: { value: Number.POSITIVE_INFINITY, from: "built-in" },
    });
  });

  it("what cannot go together with a nearer layer is left out", () => {
    setDefaults({ staleIfError: "1h", softTimeout: "1s", idle: undefined } as never);
    const idle = mcache(square, { idle: "5m" });
    const { options } = getEffectiveConfig(idle);
    expect(options).toMatchObject({
      idle: { value: "5m", from: "option" },
      staleIfError: { value: undefined, from: "built-in" },
      softTimeout: { value: undefined, from: "built-in" },
    });
    expect(getEffectiveConfig(mcache(square)).options).toMatchObject({
      staleIfError: { from: "defaults" },
      softTimeout: { from: "defaults" },
    });
    expect([idle(2), idle(2), idle.cache.engine]).toEqual([4, 4, "lru"]);
  });

  it("an option of the same layer that comes later may be what an earlier one needs", () => {
    setDefaults({ softTimeout: "1s", staleIfError: "1h", thisKey: () => 1 });
    expect(getEffectiveConfig(mcache(square, { scope: "instance" })).options).toMatchObject({
      softTimeout: { value: "1s", from: "defaults" },
      staleIfError: { value: "1h", from: "defaults" },
      thisKey: { value: undefined, from: "built-in" },
    });
  });

  it("what only caches in memory have does not reach those on disk", async () => {
    setDefaults({ policy: "lfu", idle: "5m" });
    const disk = bcache(square, { name: "no-idle", folderName: "layers" });
    expect(getEffectiveConfig(disk).options).toMatchObject({
      policy: { value: "fifo", from: "built-in" },
      idle: { value: undefined, from: "built-in" },
      maxBytes: { value: "1GB", from: "built-in" },
    });
  });
});

describe("setDefaults", () => {
  it("reaches caches that have not been used, and no others; a second call takes the first one's place", () => {
    const [used, unused] = [mcache(square), mcache(square)];
    used(1);
    setDefaults({ maxSize: 3 });
    expect([getEffectiveConfig(used), getEffectiveConfig(unused)].map(({ options }) => options.maxSize)).toEqual([
      { value: 1_000, from: "built-in" },
      { value: 3, from: "defaults" },
    ]);
    setDefaults({ ttl: "1m" });
    for (let n = 0; n < 9; n += 1) unused(n);
    expect(unused.cache.stats().maxSize).toBe(1_000);
    expect(getEffectiveConfig(unused).options.ttl).toEqual({ value: "1m", from: "defaults" });
  });

  it("what is wrong is said at once, all of it, and changes nothing", () => {
    setDefaults({ maxSize: 3 });
    const { issues } = refusal(() =>
      setDefaults({ maxSize: 0, name: "x", sync: true, useSql: true, deps: [], ttl: "soon", engnie: "lru" } as never),
    );
    expect(issues.map(({ option, hint }) => `${option}: ${hint}`)).toEqual([
      "name: a name is for one cache: write it at the call",
      "sync: write it at the call, since it decides whether the function stays synchronous",
      'useSql: write it at the call, or here engine: "sqlite" or "file"',
      "deps: write it at the call, since it is about one function",
      'engnie: did you mean "engine"?',
      "maxSize: for a bound in bytes use maxBytes",
      "ttl: numbers are milliseconds",
    ]);
    expect(refusal(() => setDefaults({ engine: {} } as never)).message).toMatch(/not a cache engine/);
    expect(getEffectiveConfig(mcache(square)).options.maxSize?.value).toBe(3);
  });

  it("takes functions and engines, which a file cannot give", () => {
    const seen: unknown[] = [];
    setDefaults({
      onMiss: ({ args }) => seen.push(args[0]),
      engine: thirdPartySync,
      maxSize: Number.POSITIVE_INFINITY,
      policy: "fifo",
    });
    const cached = mcache(square);
    expect([cached(3), cached.cache.engine, seen]).toEqual([9, "third-party", [3]]);
    expect(getEffectiveConfig(cached).options.engine).toEqual({ value: "third-party", from: "defaults" });
    expect(typeof getEffectiveConfig(cached).options.onMiss?.value).toBe("function");
  });
});

describe("the config file", () => {
  it("what is wrong is named with the file, the section and what is expected, once; the rest holds", () => {
    const path = file({
      ttl: "5 minutes",
      maxSize: 4,
      on_hit: true,
      when: "always",
      engine: {},
      sync: true,
      caches: { bad: { maxsize: 3, clone: "deep", policy: "fifo" }, worse: 5, softly: { softTimeout: "1s" } },
    });
    const [good, bad] = [mcache(square, { name: "good" }), mcache(square, { name: "bad" })];
    expect([good(2), bad(2), good.cache.stats().maxSize, bad.cache.engine]).toEqual([4, 4, 4, "map"]);
    mcache(square)(1);
    expect(lines.map(({ message }) => message.split("\n"))).toEqual([
      [
        `The config file ${path} is partly ignored:`,
        '  on_hit: expected an option that exists; got an unknown one (did you mean "onHit"? it is a function, and a file holds data: write it at the call, or in setDefaults)',
        "  when: expected an option that exists; got an unknown one (it is a function, and a file holds data: write it at the call, or in setDefaults)",
        "  sync: expected an option that exists; got an unknown one (write it at the call, since it decides whether the function stays synchronous)",
        '  ttl: expected milliseconds (0 or more), or a string such as "500ms", "30s", "5m", "1h", "7d", or Infinity; got "5 minutes" (numbers are milliseconds)',
        "  engine: expected the name of an engine; got an object (an engine object is given at the call, or to setDefaults)",
        '  caches.bad.maxsize: expected an option that exists; got an unknown one (did you mean "maxSize"?)',
        '  caches.bad.clone: expected one of "none", "structured", "freeze"; got "deep"',
        "  caches.worse: expected an object with options; got 5",
        "  caches.softly.softTimeout: expected to stand beside staleIfError; got no staleIfError (for an error use hardTimeout)",
      ],
    ]);
  });

  it.each([
    ["no JSON", "{", /expected JSON/],
    ["a list", "[]", /expected a JSON object/],
    ["sections that are none", { caches: [] }, /caches: expected an object with a section for each cache/],
  ])("%s", (_what, content, message) => {
    file(content);
    expect(mcache(square)(3)).toBe(9);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.message).toMatch(message);
  });

  it("one that is named and missing is reported, one that is not named is not missed", () => {
    expect([mcache(square)(3), lines.length]).toEqual([9, 0]);
    set({ CONFIG: "/nowhere/at/all.json" });
    expect([mcache(square)(3), lines.length]).toEqual([9, 1]);
    expect(lines[0]?.message).toBe("The config file /nowhere/at/all.json is ignored.");
  });

  it("may begin with a mark of the order of bytes", () => {
    file('\uFEFF{ "maxSize": 3 }');
    expect(getEffectiveConfig(mcache(square)).options.maxSize).toEqual({ value: 3, from: "file" });
  });

  it("JSON has no Infinity: the word stands for it", () => {
    file({ maxSize: "Infinity", ttl: "Infinity" });
    expect(getEffectiveConfig(mcache(square)).options).toMatchObject({
      maxSize: { value: Number.POSITIVE_INFINITY, from: "file" },
      ttl: { value: Number.POSITIVE_INFINITY, from: "file" },
    });
    expect(lines).toEqual([]);
  });

  it("a section may need what stands above it, and may take the place of tiers", () => {
    file({
      staleIfError: "1h",
      tiers: [{ engine: "memory", ttl: "1s" }, { engine: "diskcache" }],
      caches: { soft: { softTimeout: "1s" }, plain: { engine: "file", memory: false } },
    });
    const [soft, plain] = ["soft", "plain"].map((name) =>
      getEffectiveConfig(bcache(square, { name, folderName: "l" })),
    );
    expect(soft?.options).toMatchObject({ engine: { value: "sqlite" }, softTimeout: { value: "1s" } });
    expect(plain?.options).toMatchObject({ engine: { value: "file" }, memory: { value: false } });
    expect(lines).toEqual([]);
  });
});

describe("sync stays sync, whatever the layers say", () => {
  const everyLayer: readonly (readonly [name: string, say: (engine: string) => void])[] = [
    [
      "defaults",
      (engine) =>
        setDefaults({
          engine,
          folderName: "layers",
          compress: true,
          memory: true,
          lock: true,
          staleWhileRevalidate: "1h",
        }),
    ],
    [
      "file",
      (engine) =>
        void file({ engine, folderName: "layers", compress: true, memory: true, lock: true, refreshAhead: 0.5 }),
    ],
    [
      "section",
      (engine) => void file({ caches: { s: { engine, folderName: "layers", cacheDir: "x", hardTimeout: "1s" } } }),
    ],
    [
      "environment",
      (engine) => set({ ENGINE: engine, FOLDER: "layers", COMPRESS: "yes", REDIS_URL: "redis://127.0.0.1:1" }),
    ],
  ];
  it.each(
    everyLayer.flatMap(([name, say]) => ["sqlite", "file", "redis", "klepto"].map((engine) => ({ name, say, engine }))),
  )("$name, $engine", async ({ say, engine }) => {
    say(engine);
    for (const cache of [mcache, ucache] as (typeof mcache)[]) {
      const cached = cache(square, { name: "s" });
      expect([cached(3), cached(3), cached.cache.engine, cached.cache.stats().hits]).toEqual([9, 9, "lru", 1]);
    }
    const promised = acache(square, { name: "s" });
    expect(await promised(3)).toBe(9);
    expect(promised.cache.has(3)).toBe(true);
    expect(lines.some(({ message }) => /cannot be used: /.test(message))).toBe(true);
  });

  it.each(everyLayer.flatMap(([name, say]) => ["lru", "map", "functools"].map((engine) => ({ name, say, engine }))))(
    "$name, $engine: a farther layer put into memory what the call has on disk, without a word",
    async ({ say, engine }) => {
      say(engine);
      const cacheDir = makeTemporary();
      try {
        const cached = bcache(square, { name: "s", cacheDir });
        const atOnce = bcache(square, { name: "now", cacheDir, sync: true });
        expect([await cached(3), atOnce(3)]).toEqual([9, 9]);
        expect([cached.cache.engine, atOnce.cache.engine]).toEqual(["sqlite", expect.stringMatching(/sqlite/)]);
        expect(lines[0]?.message).toMatch(/cannot be used: it keeps entries in memory, and this cache is one on disk/);
        const named = bcache(square, { name: "named", cacheDir, engine: "lru" });
        expect([await named(3), named.cache.engine]).toEqual([9, "lru"]);
      } finally {
        await closeCaches();
        removeTemporary(cacheDir);
      }
    },
  );

  it("an engine object that answers with promises is refused with a reason", () => {
    setDefaults({ engine: thirdPartyAsync, maxSize: Number.POSITIVE_INFINITY });
    const cached = mcache(square);
    expect([cached(3), cached.cache.engine]).toEqual([9, "map"]);
    expect(lines[0]?.message).toMatch(/"third-party-async" cannot be used: it answers with promises/);
  });
});

describe("reading", () => {
  it("happens once a cache, and not at a hit", () => {
    const read: string[] = [];
    const env = process.env;
    const reads = vi.spyOn(fs, "readFileSync");
    file({ maxSize: 50 });
    process.env = new Proxy(env, {
      get(target, name) {
        read.push(String(name));
        return Reflect.get(target, name) as unknown;
      },
      ownKeys(target) {
        read.push("all");
        return Reflect.ownKeys(target);
      },
    });
    try {
      const cached = mcache(square);
      expect([read.length, reads.mock.calls.length], "nothing at decoration").toEqual([0, 0]);
      cached(1);
      expect(read.filter((name) => name === "all")).toHaveLength(1);
      expect(reads).toHaveBeenCalledTimes(1);
      const before = read.length;
      for (let n = 0; n < 1_000; n += 1) cached(n % 50);
      expect(cached.cache.stats().hits).toBeGreaterThan(900);
      expect([read.length, reads.mock.calls.length], "nothing later").toEqual([before, 1]);
      mcache(square)(1);
      expect(reads, "the file, by the next cache").toHaveBeenCalledTimes(1);
      expect(read.filter((name) => name === "all")).toHaveLength(2);
    } finally {
      process.env = env;
      reads.mockRestore();
    }
  });

  it("a method's caches of many instances read it once", () => {
    class Shape {
      area(side: number): number {
        return side * side;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Shape.prototype, "area") as PropertyDescriptor;
    Object.defineProperty(Shape.prototype, "area", mcache()(Shape.prototype, "area", descriptor));
    const env = process.env;
    let reads = 0;
    process.env = new Proxy(env, {
      ownKeys(target) {
        reads += 1;
        return Reflect.ownKeys(target);
      },
    });
    try {
      for (let n = 0; n < 20; n += 1) new Shape().area(n);
      expect(reads).toBe(1);
    } finally {
      process.env = env;
    }
  });
});

describe("getEffectiveConfig", () => {
  it("tells by function, handle, name, decorated method and instance", () => {
    const cached = mcache(square, { name: "by-name", maxSize: 7 });
    class Shape {
      area(side: number): number {
        return side * side;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Shape.prototype, "area") as PropertyDescriptor;
    Object.defineProperty(Shape.prototype, "area", mcache({ maxSize: 8 })(Shape.prototype, "area", descriptor));
    const shape = new Shape();
    const told = [
      getEffectiveConfig(cached),
      getEffectiveConfig(cached.cache),
      getEffectiveConfig("by-name"),
      getEffectiveConfig(shape.area),
      getEffectiveConfig(cacheOf(shape, "area")),
      getEffectiveConfig(cacheOf(shape.area)),
    ];
    expect(told.map((one) => one?.options.maxSize?.value)).toEqual([7, 7, 7, 8, 8, 8]);
    expect([told[0], told[3]].map((one) => one?.options.scope)).toEqual([
      { value: "shared", from: "built-in" },
      { value: "instance", from: "built-in" },
    ]);
    expect(told[0]?.options.name).toEqual({ value: "by-name", from: "option" });
    expect(told[3]?.options.name).toEqual({ value: told[3]?.name, from: "built-in" });
    expect(getEffectiveConfig("nobody has this name")).toBeUndefined();
    expect(Object.isFrozen(told[0]) && Object.isFrozen(told[0]?.options)).toBe(true);
  });

  it.each<[string, unknown]>([
    ["a function without a cache", square],
    ["nothing", undefined],
    ["a number", 5],
    ["an object", {}],
  ])("%s is refused", (_what, thing) => {
    expect(refusal(() => getEffectiveConfig(thing as never)).message).toMatch(/expected a cached function/);
  });

  it("a cache of the user's own, registered by hand, has none", () => {
    const own = { name: "own", stats: () => ({}) as never, clear: () => undefined, close: () => undefined };
    registerCache(own);
    expect(getEffectiveConfig("own")).toBeUndefined();
  });

  it("opens nothing, and changes with the layers until the first call", () => {
    let opened = 0;
    const open: typeof thirdPartySync.open = (options) => {
      opened += 1;
      return thirdPartySync.open(options);
    };
    const cached = mcache(square, {
      engine: { ...thirdPartySync, open },
      maxSize: Number.POSITIVE_INFINITY,
      policy: "fifo",
    });
    const ttl = (): unknown => getEffectiveConfig(cached).options.ttl;
    expect(ttl()).toEqual({ value: Number.POSITIVE_INFINITY, from: "built-in" });
    set({ TTL: "5m" });
    expect(ttl()).toEqual({ value: "5m", from: "environment" });
    expect([opened, cached.cache.stats().engine]).toEqual([0, undefined]);
    cached(1);
    set({ TTL: "6m" });
    expect([opened, ttl()]).toEqual([1, { value: "5m", from: "environment" }]);
  });

  it("has every option of the kind of cache", async () => {
    const { optionNames } = await import("../../src/config/schema.js");
    const names = (fn: Configured): string[] => Object.keys(getEffectiveConfig(fn).options).sort();
    expect(names(mcache(square))).toEqual([...optionNames("cache")].sort());
    expect(names(bcache(square, { name: "all" }))).toEqual(
      optionNames("disk")
        .filter((name) => name !== "tiers")
        .sort(),
    );
  });

  it("says that everything is off", async () => {
    setDefaults({ maxSize: 5 });
    const cached = mcache(square, { maxSize: 7 });
    expect(getEffectiveConfig(cached).disabled).toBe(false);
    set({ DISABLE: "on" });
    expect(getEffectiveConfig(cached)).toMatchObject({ disabled: true, options: { maxSize: { value: 7 } } });
    expect([cached(1), cached.cache.stats().size]).toEqual([1, 0]);
    await withCache({}, (cache) => expect(getEffectiveConfig(cache.name)?.disabled).toBe(true));
  });
});

describe("names of engines in the Python library", () => {
  const names = {
    functools: "map",
    cachetools: "lru",
    cachebox: "lru",
    aiocache: "lru",
    memory: "lru",
    diskcache: "sqlite",
    disk: "sqlite",
    klepto: "sqlite",
    joblib: "file",
  } as const;
  const each = Object.entries(names);
  const inMemory = each.filter(([, engine]) => engine === "lru" || engine === "map");
  const onDisk = each.filter(([, engine]) => engine === "sqlite" || engine === "file");

  it.each(inMemory)("%s is %s, at the call, in defaults, file, environment and blocks", async (name, engine) => {
    const used = (fn: (n: number) => unknown): unknown => {
      fn(1);
      return cacheOf(fn).engine;
    };
    expect(used(mcache(square, { engine: name }))).toBe(engine);
    expect(used(acache(square, { engine: name as "memory" }))).toBe(engine);
    setDefaults({ engine: name });
    expect(used(mcache(square))).toBe(engine);
    setDefaults({});
    set({ ENGINE: name });
    expect(used(mcache(square))).toBe(engine);
    set({ ENGINE: "" });
    file({ caches: { s: { engine: name } } });
    expect(used(mcache(square, { name: "s" }))).toBe(engine);
    await withCache({ engine: name }, (cache) => {
      expect(cache.engine).toBe(engine);
      expect(used(mcache(square))).toBe(engine);
    });
    expect(lines).toEqual([]);
  });

  it.each(onDisk)("%s is %s", async (name, engine) => {
    const { mkdtempSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const cacheDir = mkdtempSync(`${tmpdir()}/twat-cache-alias-`);
    const options = { cacheDir, folderName: "f", engineTimeout: "30s" } as const;
    for (const cache of [bcache, ucache] as (typeof bcache)[]) {
      const cached = cache(square, { ...options, name: `${name} ${cache === bcache}`, engine: name as "disk" });
      expect([await cached(3), cached.cache.engine]).toEqual([9, engine]);
      expect(getEffectiveConfig(cached).options.engine).toEqual({ value: engine, from: "option" });
      await cached.cache.close();
    }
    const one = getOrCreateEngine({ ...options, engine: name });
    expect(one.engine).toBe(engine);
    expect(getOrCreateEngine({ ...options, engine })).toBe(one);
    // The package may take its time to load where the machine is busy; nothing stands in for it.
    expect(lines.filter(({ message }) => message.includes("uses the engine"))).toEqual([]);
    await closeCaches();
    rmSync(cacheDir, { recursive: true, force: true });
  });

  it("are not to be given to other engines", () => {
    expect(refusal(() => registerEngine({ ...thirdPartySync, name: "memory" })).message).toBe(
      'The name "memory" stands for the engine "lru". Give yours another one.',
    );
  });
});

it("regression: options with tiers can be given before the function", async () => {
  const cached = bcache({ tiers: [{ engine: "memory", ttl: "1s" }, { engine: "disk" }], folderName: "l" })(square);
  expect(getEffectiveConfig(cached).options).toMatchObject({
    engine: { value: "sqlite", from: "option" },
    memory: { from: "option" },
  });
  await cached.cache.close();
});

it("what a call does follows what is told: ttl from a section", () => {
  const clock = createFakeClock();
  file({ ttl: "1m", caches: { told: { ttl: "1h" } } });
  let runs = 0;
  const [long, short] = [
    mcache(() => ++runs, { name: "told", clock }),
    mcache(() => ++runs, { name: "untold", clock }),
  ];
  const first = [long(), short()];
  clock.advance(60_000);
  expect([long() === first[0], short() === first[1]]).toEqual([true, false]);
});
