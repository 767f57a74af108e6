/** What the tests of the Python library assert of configuration and contexts. */

import { describe, expect, it } from "vitest";
import {
  CacheContext,
  ConfigurationError,
  EngineError,
  engineContext,
  getOrCreateEngine,
  mcache,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
const double = (n: number): number => 2 * n;

describe("test_config.py", () => {
  it("defaults", () => {
    const cached = mcache(double);
    cached(1);
    expect(cached.cache.stats()).toMatchObject({ maxSize: 1_000, engine: "lru", evictions: 0, expirations: 0 });
  });

  it("validation, size_limits, ttl", () => {
    for (const maxSize of [10, 100, Number.POSITIVE_INFINITY]) expect(mcache(double, { maxSize })(2)).toBe(4);
    for (const ttl of [100, "60s", Number.POSITIVE_INFINITY] as const) expect(mcache(double, { ttl })(2)).toBe(4);
    for (const options of [{ maxSize: -1 }, { ttl: -1 }, { policy: "nosuch" as never }]) {
      expect(() => mcache(double, options)).toThrow(ConfigurationError);
    }
  });
});

describe("test_context.py", () => {
  it("engine_context: one hit after two calls", async () => {
    await using engine = engineContext({ engine: "map" });
    const cached = engine.wrap(double);
    expect([await cached(21), await cached(21)]).toEqual([42, 42]);
    expect(engine.stats()).toMatchObject({ hits: 1, misses: 1 });
  });

  it("engine_context_with_error: the body's error passes, and the engine is closed", async () => {
    let kept: { has(key: unknown): Promise<boolean> } | undefined;
    await expect(
      withCache({ engine: "map" }, async (cache) => {
        kept = cache;
        await cache.set("k", 1);
        throw new RangeError("Test error");
      }),
    ).rejects.toThrow(RangeError);
    expect(await kept?.has("k")).toBe(false);
  });

  it("invalid_engine, cache_context_error_handling", async () => {
    expect(() => engineContext({ engine: "nonexistent" })).toThrow(EngineError);
    expect(() => new CacheContext({ engine: "nonexistent" }).enter()).toThrow(/engine.*not found/i);
    await expect(withCache({ engine: "nonexistent" }, () => 1)).rejects.toThrow(EngineError);
    expect(() => getOrCreateEngine({ engine: "nonexistent" })).toThrow(EngineError);
  });

  it("cache_context_class: engine is null afterwards", async () => {
    const context = new CacheContext({ engine: "map" });
    await context.run(async (cache) => {
      const cached = cache.wrap(double);
      await cached(21);
      await cached(21);
      expect(context.engine?.stats().hits).toBe(1);
    });
    expect(context.engine).toBeNull();
  });

  it("get_or_create_engine: usable, closed by hand", async () => {
    const engine = getOrCreateEngine({ engine: "map", maxSize: 3 });
    const cached = engine.wrap(double);
    await cached(21);
    await cached(21);
    expect(engine.stats().hits).toBe(1);
    await engine.close();
  });

  it("nested_contexts: two engines, one hit each", async () => {
    await withCache({ engine: "map" }, async (outer) => {
      await withCache({ engine: "lru" }, async (inner) => {
        expect(inner).not.toBe(outer);
        for (const cache of [outer, inner]) {
          const cached = cache.wrap(double);
          expect([await cached(21), await cached(21)]).toEqual([42, 42]);
          expect(cache.stats().hits).toBe(1);
        }
        expect([outer.engine, inner.engine]).toEqual(["map", "lru"]);
      });
    });
  });

  it("context_with_config: configuration is visible on the engine", async () => {
    const clock = createFakeClock();
    await withCache({ maxSize: 100, ttl: "60s", policy: "lru", clock }, async (cache) => {
      await cache.set("k", 1);
      expect(cache.stats()).toMatchObject({ maxSize: 100, engine: "lru" });
      clock.advance("59s");
      expect(await cache.has("k")).toBe(true);
      clock.advance("1s");
      expect(await cache.has("k")).toBe(false);
    });
  });
});

describe("test_context_simple.py", () => {
  it("init: configuration and engine name are kept", () => {
    expect(new CacheContext({ engine: "map", maxSize: 5 }).config).toEqual({ engine: "map", maxSize: 5 });
  });

  it("enter_exit: closed exactly once", async () => {
    let closed = 0;
    const context = new CacheContext({
      engine: counted(() => (closed += 1)),
      maxSize: Number.POSITIVE_INFINITY,
      policy: "fifo",
    });
    await context.enter().set("k", 1);
    await context.exit();
    await context.exit();
    expect(closed).toBe(1);
  });

  it("error_handling: a failing clean-up is swallowed, and happened once", async () => {
    let closed = 0;
    const failing = counted(() => {
      closed += 1;
      throw new Error("Cleanup error");
    });
    const context = new CacheContext({ engine: failing, maxSize: Number.POSITIVE_INFINITY, policy: "fifo" });
    await context.enter().set("k", 1);
    await context.exit();
    expect(closed).toBe(1);
    expect(lines.length).toBeGreaterThan(0);
  });

  function counted(close: () => void): typeof thirdPartySync {
    return { ...thirdPartySync, open: (options) => ({ ...thirdPartySync.open(options), close }) };
  }
});
