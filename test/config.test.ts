import { afterEach, describe, expect, it } from "vitest";
import { acache, ConfigurationError, EngineNotAvailableError, mcache, ucache, withCache } from "../src/index.js";
import { thirdPartyAsync } from "./support/engines.js";
import { collectLog } from "./support/log.js";

const lines = collectLog();

function refusal(body: () => unknown): ConfigurationError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error("expected a ConfigurationError");
}

const square = (n: number): number => n * n;

describe("options are judged at decoration", () => {
  it("all problems at once: what is expected, what came, the way out", () => {
    const error = refusal(() =>
      mcache(square, { maxsize: 10, ttl: "5 minutes", policy: "lri", maxSize: 0, clone: true, onHit: 5 } as object),
    );
    expect(error.code).toBe("ERR_CACHE_CONFIGURATION");
    expect(error.message.split("\n")).toEqual([
      "mcache(square):",
      '  maxsize: expected an option that exists; got an unknown one (did you mean "maxSize"?)',
      "  maxSize: expected a whole number of entries, 1 or more, or Infinity; got 0 (for a bound in bytes use maxBytes)",
      '  ttl: expected milliseconds (0 or more), or a string such as "500ms", "30s", "5m", "1h", "7d", Infinity, or a function that returns one of these; got "5 minutes" (numbers are milliseconds)',
      '  policy: expected one of "lru", "fifo", "lfu", "rr", "mru", "lifo", "ttl"; got "lri"',
      '  clone: expected one of "none", "structured", "freeze"; got true',
      "  onHit: expected a function; got 5",
    ]);
    expect(error.issues.map(({ option }) => option)).toEqual(["maxsize", "maxSize", "ttl", "policy", "clone", "onHit"]);
    expect(error.issues[0]).toEqual({
      option: "maxsize",
      expected: "an option that exists",
      received: "an unknown one",
      hint: 'did you mean "maxSize"?',
    });
    expect(Object.isFrozen(error.issues)).toBe(true);
  });

  it.each([
    ["max_size", "maxSize"],
    ["should_cache", "shouldCache"],
    ["TTL", "ttl"],
    ["polcy", "policy"],
    ["keys", "key"],
    ["on_hit", "onHit"],
  ])("did you mean: %s → %s", (wrong, right) => {
    expect(refusal(() => mcache(square, { [wrong]: 1 } as object)).issues[0]?.hint).toBe(`did you mean "${right}"?`);
  });

  it("where nothing is close, the options are listed", () => {
    expect(refusal(() => mcache(square, { colour: "red" } as object)).issues[0]?.hint).toMatch(
      /^there are name, maxSize/,
    );
  });

  const bad: readonly (readonly [option: string, values: readonly unknown[]])[] = [
    ["name", ["", 5, "x".repeat(201), null]],
    ["maxSize", [0, -1, 1.5, Number.NaN, "10", true, null, Number.NEGATIVE_INFINITY, 2 ** 60, []]],
    ["maxBytes", [0, -1, Number.NaN, "64 MB", "64mb", "MB", "", true, null]],
    ["ttl", [-1, Number.NaN, "5", "5 m", "5M", "-5m", "5m5s", "", "Infinity", "1w", true, null, {}, new Date()]],
    ["policy", ["", "LRU", "mru2", 1, null]],
    ["engine", ["", 5, null, true]],
    ["fallback", ["true", 1, null]],
    ["key", ["id", 1, null, {}]],
    ["ignore", [1, ["0"], [-1], [1.5], "0", null, {}]],
    ["thisKey", [1, "id"]],
    ["scope", ["global", true]],
    ["clone", ["deep", true]],
    ["when", [true, "always"]],
    ["shouldCache", [true]],
    ["clock", ["fast", 5, {}, { now: 5 }]],
    ["onError", ["log"]],
  ];
  it.each(bad.flatMap(([option, values]) => values.map((value) => [option, value] as const)))(
    "%s: %j is refused",
    (option, value) => {
      const { issues } = refusal(() => mcache(square, { [option]: value } as object));
      expect(issues.map((issue) => issue.option)).toEqual([option]);
    },
  );

  const good: readonly (readonly [option: string, values: readonly unknown[]])[] = [
    ["name", ["x", "a b/c"]],
    ["maxSize", [1, 1e6, Number.POSITIVE_INFINITY, undefined]],
    ["maxBytes", [1, 5e9, "512B", "100KB", "64MB", "1.5GB", Number.POSITIVE_INFINITY]],
    ["ttl", [0, 1, 1.5, 1e308, "0s", "500ms", "1.5s", "5m", "1h", "7d", Number.POSITIVE_INFINITY, () => 1, undefined]],
    ["ignore", [[], [0, 2], () => true]],
    ["clock", ["tick", "exact", { now: () => 1 }]],
  ];
  it.each(good.flatMap(([option, values]) => values.map((value) => [option, value] as const)))(
    "%s: %j is taken",
    (option, value) => {
      expect(mcache(square, { [option]: value } as object)(3)).toBe(9);
    },
  );

  it("options that cannot go together are refused", () => {
    expect(refusal(() => mcache(square, { sizeOf: () => 1 })).issues[0]).toMatchObject({
      option: "sizeOf",
      received: "no maxBytes",
    });
    expect(refusal(() => mcache(square, { thisKey: () => 1, scope: "instance" })).issues[0]).toMatchObject({
      option: "thisKey",
    });
  });

  it.each<unknown>([null, 5, "5m", true, []])("%j is not a set of options", (options) => {
    expect(refusal(() => mcache(square, options as object)).message).toMatch(/expected/);
  });

  it("options are read once: a later change has no effect", () => {
    const options = { maxSize: 1 };
    const cached = mcache(square, options);
    options.maxSize = 100;
    for (let i = 1; i < 10; i += 1) cached(i);
    expect(cached.cache.stats()).toMatchObject({ size: 1, maxSize: 1 });
  });

  it("long and strange values are named briefly, without running their code", () => {
    const trap = new Proxy(
      {},
      {
        get(_target, name) {
          throw new Error(`asked for ${String(name)}`);
        },
      },
    );
    const { issues } = refusal(() =>
      mcache(square, { policy: "x".repeat(1_000), name: trap, scope: Symbol("s"), clone: 10n } as object),
    );
    expect(issues.map(({ received }) => received.length).every((length) => length <= 63)).toBe(true);
    expect(issues.map(({ received }) => received)).toContain("an object");
  });
});

describe("what cannot be wrapped is refused", () => {
  class Shape {}
  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /got undefined/],
    ["a number", 5, /got 5/],
    ["a string", "text", /got "text"/],
    ["a generator function", function* numbers() {}, /generator function/],
    ["an asynchronous generator function", async function* numbers() {}, /generator function/],
    ["a class", Shape, /got a class/],
  ])("%s", (_what, thing, message) => {
    for (const cache of [mcache, acache, ucache]) {
      expect(refusal(() => (cache as (fn: unknown) => unknown)(thing)).message).toMatch(message);
      const curried = (cache as (options: object) => unknown)({}) as (fn: unknown) => unknown;
      expect(refusal(() => curried(thing)).message).toMatch(message);
    }
  });

  it("native, bound and proxied functions are fine in memory", () => {
    expect(mcache(Math.max)(1, 2)).toBe(2);
    const bound = mcache(square.bind(null));
    expect([bound(3), bound(3), bound.cache.stats().hits]).toEqual([9, 9, 1]);
    const proxied = mcache(new Proxy(square, {}));
    expect([proxied(3), proxied(3), proxied.cache.stats().hits]).toEqual([9, 9, 1]);
  });
});

describe("engines", () => {
  it("an unknown one gives way, with a word about it", () => {
    const cached = mcache(square, { engine: "lur", name: "unknown-engine" });
    expect([cached(3), cached(3), cached.cache.engine]).toEqual([9, 9, "lru"]);
    expect(lines.map(({ message }) => message)).toEqual([
      'The cache "unknown-engine" uses the engine "lru", since "lur" cannot be used: it is not registered (did you mean "lru"?).',
    ]);
  });

  it("one that cannot do what is asked gives way, with a word about it", () => {
    const cached = mcache(square, { engine: "lru", policy: "lfu", name: "unable" });
    expect([cached(3), cached.cache.engine]).toEqual([9, "map"]);
    expect(lines.map(({ message }) => message)).toEqual([
      'The cache "unable" uses the engine "map", since "lru" cannot be used: it cannot evict by "lfu" (it can by lru).',
    ]);
  });

  it("lru leaves very large bounds to map, which does not reserve memory", () => {
    const cached = mcache(square, { maxSize: 50_000_000 });
    expect([cached(3), cached.cache.engine]).toEqual([9, "map"]);
    expect(lines).toEqual([]);
  });

  it("one that answers with promises is refused for what must answer at once, with the reason", () => {
    const cached = ucache(square, { engine: thirdPartyAsync as never, name: "promises" });
    expect([cached(3), cached.cache.engine]).toEqual([9, "lru"]);
    expect(lines[0]?.message).toMatch(/"third-party-async" cannot be used: it answers with promises/);
  });

  it("with fallback: false, an error at decoration instead", () => {
    expect(() => mcache(square, { engine: "lur", fallback: false })).toThrow(EngineNotAvailableError);
    expect(() => mcache(square, { engine: "lru", policy: "lfu", fallback: false })).toThrow(/cannot evict by "lfu"/);
    expect(mcache(square, { fallback: false, policy: "lfu" })(3), "no engine was named: the choice is free").toBe(9);
    try {
      mcache(square, { engine: "lur", fallback: false });
    } catch (error) {
      expect(error).toMatchObject({ engineName: "lur", code: "ERR_CACHE_ENGINE_NOT_AVAILABLE" });
    }
  });

  it("with fallback: false, also where the engine may answer with promises", () => {
    for (const options of [{ engine: "redsi" }, { engine: thirdPartyAsync, policy: "lru" }] as const) {
      expect(() => acache(square, { ...options, fallback: false })).toThrow(EngineNotAvailableError);
      expect(acache(square, options).cache.name, "another engine may stand in").toMatch(/^square/);
    }
  });

  it("what is no engine is refused, in every decorator and block", async () => {
    const engine = { name: "Bad Name", kind: "sync" } as never;
    const message = /not a cache engine: "name" must be.*"available" must be.*"capabilities" lacks/;
    for (const cache of [mcache, acache, ucache]) {
      expect(refusal(() => (cache as typeof mcache)(square, { engine })).message).toMatch(message);
    }
    await expect(withCache({ engine }, () => 1)).rejects.toThrow(message);
  });
});

describe("the environment", () => {
  const set = (variables: Record<string, string>): void => void Object.assign(process.env, variables);
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith("TWAT_CACHE_")) delete process.env[name];
  });

  it("is read at the first call, and gives way to options", () => {
    const one = mcache(square);
    const two = mcache(square, { maxSize: 7 });
    set({ TWAT_CACHE_MAXSIZE: "5", TWAT_CACHE_POLICY: "fifo" });
    for (let i = 1; i < 20; i += 1) [one(i), two(i)];
    expect(one.cache.stats()).toMatchObject({ size: 5, maxSize: 5, engine: "map" });
    expect(two.cache.stats()).toMatchObject({ size: 7, maxSize: 7 });
  });

  it.each([
    ["60000", "1m"],
    ["1m", "1m"],
    ["Infinity", "1000d"],
  ])("TWAT_CACHE_TTL=%s", async (text) => {
    const { createFakeClock } = await import("../src/testing/index.js");
    const clock = createFakeClock();
    set({ TWAT_CACHE_TTL: text });
    let runs = 0;
    const cached = mcache(() => ++runs, { clock });
    cached();
    clock.advance(59_999);
    expect(cached()).toBe(1);
    clock.advance(1);
    expect(cached()).toBe(text === "Infinity" ? 1 : 2);
  });

  it("a bad variable is named once, left out, and the call goes on", () => {
    set({ TWAT_CACHE_MAXSIZE: "many", TWAT_CACHE_TTL: "soon", TWAT_CACHE_POLICY: "fifo" });
    const cached = mcache(square);
    expect([cached(3), cached.cache.stats().maxSize, cached.cache.engine]).toEqual([9, 1_000, "map"]);
    mcache(square)(4);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.message).toMatch(/TWAT_CACHE_MAXSIZE: expected a whole number.*\n.*TWAT_CACHE_TTL: expected/);
  });

  it("an empty variable is one that is not set", () => {
    set({ TWAT_CACHE_MAXSIZE: "" });
    const cached = mcache(square);
    cached(1);
    expect([cached.cache.stats().maxSize, lines]).toEqual([1_000, []]);
  });

  it("TWAT_CACHE_ENGINE chooses among engines of the same kind", () => {
    set({ TWAT_CACHE_ENGINE: "map" });
    const cached = mcache(square);
    expect([cached(3), cached.cache.engine]).toEqual([9, "map"]);
  });

  it.each(["1", "true", "YES", "on"])("TWAT_CACHE_DISABLE=%s turns every cache off", async (text) => {
    set({ TWAT_CACHE_DISABLE: text });
    let runs = 0;
    const cached = mcache((n: number) => ++runs + n);
    expect([cached(1), cached(1), cached.cache.refresh(1)]).toEqual([2, 3, 4]);
    cached.cache.set([1], 99);
    expect([cached.cache.has(1), cached.cache.peek(1), cached.cache.delete(1)]).toEqual([false, undefined, false]);
    const far = acache((n: number) => ++runs + n, { engine: thirdPartyAsync });
    expect([
      await far(1),
      await far(1),
      await far.cache.has(1),
      await far.cache.peek(1),
      await far.cache.delete(1),
    ]).toEqual([5, 6, false, undefined, false]);
    await far.cache.set([1], 99);
    await far.cache.clear();
    expect(await far.cache.refresh(1)).toBe(7);
    await withCache({}, async (cache) => {
      await cache.set("k", 1);
      await cache.clear();
      expect([
        await cache.get("k"),
        await cache.has("k"),
        await cache.delete("k"),
        await cache.getOrSet("k", () => 5),
      ]).toEqual([undefined, false, false, 5]);
      const wrapped = cache.wrap((n: number) => ++runs + n);
      expect([await wrapped(1), await wrapped(1)]).toEqual([8, 9]);
    });
  });

  it.each(["0", "false", "", "no"])("TWAT_CACHE_DISABLE=%j does not", (text) => {
    set({ TWAT_CACHE_DISABLE: text });
    let runs = 0;
    const cached = mcache(() => ++runs);
    expect([cached(), cached()]).toEqual([1, 1]);
  });
});
