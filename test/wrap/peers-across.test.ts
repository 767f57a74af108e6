/** What the tests of bentocache and FusionCache ask of grace, time limits, single flight and tags, and no test of ours did. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AsyncStore } from "../../src/contract/index.js";
import { acache, bcache, closeCaches, invalidateTags, withCache } from "../../src/index.js";
import { inFront } from "../../src/select/tier.js";
import { createFakeClock } from "../../src/testing/index.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { type Deferred, defer, settle } from "../support/deferred.js";
import { makeTemporary, removeTemporary } from "../support/disk-stores.js";
import { thirdPartyAsync, thirdPartyAsyncWith } from "../support/engines.js";
import type { Cached } from "../support/every-kind.js";
import { kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";
import { createSource, type Source } from "../support/scripted.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

const lines = collectLog();
const failure = new Error("the source is down");
expectNothingUnhandled();

async function untilRuns(source: Pick<Source, "runs">, count: number): Promise<void> {
  while (source.runs < count) await settle();
}

type Cancellable = Omit<Cached, "cache"> & {
  (key: string, signal?: AbortSignal): Promise<unknown>;
  readonly cache: Cached["cache"];
};

const graced = { ttl: "10s", staleIfError: { for: "60s", backoff: "5s" } } as const;
const soon = "1ms";

describe.each(kinds)("on $name", ({ cached }) => {
  it("a value that is over, and made anew, is a miss that is stored, and nothing stale", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const told: string[] = [];
    const fn = cached(source.load, {
      ...graced,
      clock,
      onHit: () => void told.push("hit"),
      onMiss: () => void told.push("miss"),
      onSet: () => void told.push("set"),
      onError: () => void told.push("error"),
    });
    await fn("k");
    clock.advance("10s");
    source.gives("two");
    expect(await fn("k")).toBe("two");
    await expect.poll(() => told).toEqual(["miss", "set", "miss", "set"]);
    const { hits, misses, stale, loadFailures } = fn.cache.stats();
    expect({ hits, misses, stale, loadFailures }).toEqual({ hits: 0, misses: 2, stale: 0, loadFailures: 0 });
  });

  it("a value has the tags of its last load alone: others, more, fewer, none", async () => {
    const source = createSource("one");
    const tags: Record<string, string[]> = { one: ["a", "b"], two: ["a", "b", "c"], three: ["a"], four: [] };
    const fn = cached(source.load, { tags: (value) => tags[String(value)] ?? [] });
    await fn("k");
    const ending = async (next: string, ...ended: string[]): Promise<unknown> => {
      source.gives(next);
      await fn.cache.invalidateTags(...ended);
      return fn("k");
    };
    expect(await ending("two", "a")).toBe("two");
    expect(await ending("three", "c")).toBe("three");
    expect(await ending("four", "b"), "it has this tag no more").toBe("three");
    expect(await ending("four", "a", "b", "c", "d")).toBe("four");
    expect(await ending("five", "a", "b", "c", "d"), "it has none").toBe("four");
    expect(source.runs).toBe(4);
  });

  it("what a refresh ahead brings has its own tags, and goes with them", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ttl: "100s", refreshAhead: 0.5, tags: (value) => [String(value)], clock });
    await fn("k");
    source.gives("two");
    clock.advance("50s");
    expect(await fn("k")).toBe("one");
    await expect.poll(() => fn("k")).toBe("two");
    await fn.cache.invalidateTags("one");
    expect(await fn.cache.has("k")).toBe(true);
    await fn.cache.invalidateTags("two");
    expect(await fn.cache.has("k")).toBe(false);
    source.gives("three");
    expect(await fn("k")).toBe("three");
  });

  it("a refresh ahead that was under way when its key was removed, or its tag invalidated, is not kept", async () => {
    for (const end of [
      (fn: Cached) => fn.cache.delete("k"),
      (fn: Cached) => fn.cache.clear(),
      (fn: Cached) => fn.cache.invalidateTags("t"),
    ]) {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = cached(source.load, { ttl: "100s", refreshAhead: 0.5, tags: ["t"], clock });
      await fn("k");
      const running = source.waits();
      clock.advance("50s");
      expect(await fn("k")).toBe("one");
      await untilRuns(source, 2);
      await end(fn);
      running.resolve("two");
      for (let i = 0; i < 3; i += 1) await settle();
      expect(await fn.cache.has("k")).toBe(false);
      source.gives("three");
      expect(await fn("k")).toBe("three");
    }
  });

  it("a tag reaches the values of several functions, and of each those that have it", async () => {
    const [one, other] = [createSource("one"), createSource("other")];
    const tags = (_value: unknown, key: string): string[] => ["all", key];
    const [f, g] = [cached(one.load, { tags }), cached(other.load, { tags })];
    for (const key of ["a", "b"]) await Promise.all([f(key), g(key)]);
    await invalidateTags("a");
    for (const key of ["a", "b"]) await Promise.all([f(key), g(key)]);
    expect([one.runs, other.runs]).toEqual([3, 3]);
    await invalidateTags("all");
    for (const key of ["a", "b"]) await Promise.all([f(key), g(key)]);
    expect([one.runs, other.runs]).toEqual([5, 5]);
  });

  it("who got the stale value after the soft timeout, and leaves for good, ends nothing", async () => {
    const clock = createFakeClock();
    const source = { runs: 0, signal: undefined as AbortSignal | undefined, work: defer<unknown>() };
    const load = (_key: string, signal?: AbortSignal): Promise<unknown> => {
      source.runs += 1;
      source.signal = signal;
      source.work = defer();
      signal?.addEventListener("abort", () => source.work.reject(signal.reason));
      return source.work.promise;
    };
    const fn = cached(load, { ...graced, softTimeout: soon, clock }) as Cancellable;
    const first = fn("k");
    await untilRuns(source, 1);
    source.work.resolve("one");
    await first;
    clock.advance("10s");
    const controller = new AbortController();
    expect(await fn("k", controller.signal)).toBe("one");
    await untilRuns(source, 2);
    controller.abort();
    expect(source.signal?.aborted).toBe(false);
    source.work.resolve("two");
    await expect.poll(() => fn("k")).toBe("two");
    expect(source.runs).toBe(2);
  });

  it("a call in a block that says refresh gets the function's error though there is a stale value, which stays", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, { ...graced, clock });
    await fn("k");
    clock.advance("10s");
    source.fails(failure);
    await expect(withCache({ refresh: true }, () => fn("k"))).rejects.toBe(failure);
    expect(await fn("k")).toBe("one");
  });

  it("name spaces are loaded each for itself, at the same time too", async () => {
    const source = createSource("one");
    const fn = cached(source.load, {});
    const running = source.waits();
    const inBlock = (namespace: string): Promise<unknown> => withCache({ namespace }, () => fn("k"));
    const calls = [fn("k"), fn("k"), inBlock("a"), inBlock("a"), inBlock("b"), inBlock("b")];
    await untilRuns(source, 3);
    running.resolve("one");
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["one"]));
    expect(source.runs).toBe(3);
  });
});

describe("a caller who stops waiting", () => {
  it("while the engine is asked is rejected at once; nothing is counted as a failure, told or logged", async () => {
    let gate: Deferred<void> | undefined;
    const engine = thirdPartyAsyncWith((store) => ({
      get: async (key) => {
        await gate?.promise;
        return store.get(key);
      },
    }));
    const source = createSource("one");
    const told: unknown[] = [];
    const load = (key: string, _signal?: AbortSignal): Promise<unknown> => source.load(key);
    const options = { engine, maxSize: Number.POSITIVE_INFINITY, policy: "fifo", engineTimeout: "1h" } as const;
    const fn = acache(load, { ...options, onError: (event) => void told.push(event) });
    await fn("other");
    gate = defer();
    const before = lines.length;
    const controller = new AbortController();
    const call = fn("k", controller.signal);
    await settle();
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    gate.resolve();
    await settle();
    expect([told, lines.length - before]).toEqual([[], 0]);
    const { engineFailures, loadFailures } = fn.cache.stats();
    expect({ engineFailures, loadFailures }).toEqual({ engineFailures: 0, loadFailures: 0 });
  });
});

describe("a memory in front of a store that does not work", () => {
  /** A function on a store with a memory in front, as decorators put them together; the store can be made to fail. */
  function inFrontOf(options: object) {
    const clock = createFakeClock();
    const source = createSource("one");
    const behind: { fails: "not" | "rejects" | "hangs" } = { fails: "not" };
    const gate = defer<never>();
    gate.promise.catch(() => undefined);
    const all = { maxSize: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
    const engine = {
      ...thirdPartyAsync,
      async open(given: Parameters<typeof thirdPartyAsync.open>[0]): Promise<AsyncStore> {
        const store = await thirdPartyAsync.open(given);
        const failing = <A extends unknown[], T>(operation: (...args: A) => Promise<T>) => {
          return (...args: A): Promise<T> => {
            if (behind.fails === "not") return operation(...args);
            return behind.fails === "hangs" ? gate.promise : Promise.reject(failure);
          };
        };
        const broken = { ...store, get: failing(store.get), set: failing(store.set) };
        return inFront({ engine: "lru", maxSize: 10, ttl: 3_600_000 }, broken, { ...given, ...all, now: clock.now });
      },
    };
    const fn = acache(source.load, { engine, maxSize: all.maxSize, policy: all.policy, clock, ...options });
    return { fn, clock, source, behind, end: () => gate.reject(failure) };
  }

  // Fails for "hangs": the caller gets the function's error, though the memory has a value that is of use.
  it.each(["rejects", "hangs"] as const)(
    "which %s: what is over in the memory is of use where the function fails as well",
    async (how) => {
      const { fn, clock, source, behind, end } = inFrontOf(graced);
      await fn("k");
      expect(await fn("k")).toBe("one");
      clock.advance("10s");
      behind.fails = how;
      source.fails(failure);
      expect(await fn("k").catch((error: unknown) => error)).toBe("one");
      end();
    },
  );

  // Fails: the breaker is in front of both, so that the function runs though the memory has what is fresh.
  it.each(["rejects", "hangs"] as const)(
    "which %s, and is left alone: what is fresh in the memory is served",
    async (how) => {
      const { fn, source, behind, end } = inFrontOf({ ttl: "1h", breaker: { threshold: 1, pause: "1h" } });
      await fn("k");
      expect(await fn("k")).toBe("one");
      behind.fails = how;
      for (let i = 0; i < 3; i += 1) await fn(`other ${i}`);
      expect(fn.cache.stats().skipped).toBeGreaterThan(0);
      const { runs } = source;
      expect(await fn("k")).toBe("one");
      expect(source.runs - runs).toBe(0);
      end();
    },
  );
});

describe("another process", () => {
  let library: Bundle;
  let server: RedisServer | undefined;
  let cacheDir: string;
  beforeAll(async () => {
    library = await bundle("src/index.ts");
    if (hasRedis) server = await RedisServer.start();
  });
  afterAll(async () => {
    library.remove();
    await server?.remove();
  });
  beforeEach(() => {
    cacheDir = makeTemporary();
  });
  afterEach(async () => {
    await closeCaches();
    removeTemporary(cacheDir);
  });

  const places = ["sqlite", "file", ...(hasRedis ? ["redis"] : [])];
  const place = (engine: string): object =>
    engine === "redis"
      ? { redis: server?.url, folderName: `peers-${cacheDir.replaceAll(/\W/g, "").slice(-20)}` }
      : { engine, cacheDir, folderName: "peers" };
  const common = (engine: string): object => ({
    name: "f",
    version: 1,
    engineTimeout: "30s",
    fallback: false,
    ttl: "1h",
    staleIfError: "1h",
    namespace: "own",
    ...place(engine),
  });
  const tags = (_value: unknown, key: string): string[] => [`key:${key}`];
  const make = (engine: string, load: Source["load"], more: object = {}): Cached =>
    bcache(load, { ...common(engine), tags, ...more } as never) as unknown as Cached;

  async function elsewhere(engine: string, act: string): Promise<string> {
    const program = `
      const { bcache, closeCaches, invalidateNamespaces, invalidateTags } = await import(${JSON.stringify(library.path)});
      const f = bcache(async (key) => { throw new Error("down"); }, {
        ...${JSON.stringify(common(engine))}, tags: (_value, key) => ["key:" + key] });
      console.log(String(await (async () => { ${act} })()));
      await closeCaches();`;
    const args = ["--unhandled-rejections=strict", "--input-type=module", "--eval", program];
    return (await promisify(execFile)(process.execPath, args)).stdout.trim();
  }

  const ends = [
    ["deletes", `await f.cache.delete("k");`],
    ["clears", `await f.cache.clear();`],
    ["invalidates the tag of", `await invalidateTags("key:k");`],
    ["invalidates the tag, in this cache, of", `await f.cache.invalidateTags("key:k");`],
    ["invalidates the name space of", `await invalidateNamespaces("own");`],
  ] as const;

  it.each(places.flatMap((engine) => ends.map(([what, act]) => [what, engine, act] as const)))(
    "%s what this one has and is loading, on %s: neither is served",
    async (_what, engine, act) => {
      const source = createSource("one");
      const fn = make(engine, source.load);
      expect([await fn("k"), await fn("k"), source.runs]).toEqual(["one", "one", 1]);
      const running = source.waits();
      const refresh = Promise.resolve(fn.cache.refresh("k"));
      await untilRuns(source, 2);
      await elsewhere(engine, act);
      expect(await fn.cache.has("k")).toBe(false);
      running.resolve("two");
      expect(await refresh).toBe("two");
      expect(await fn.cache.has("k"), "begun before").toBe(false);
      source.fails(failure);
      await expect(fn("k"), "nor is it of use").rejects.toBe(failure);
      source.gives("three");
      expect([await fn("k"), await fn("k"), source.runs]).toEqual(["three", "three", 4]);
    },
  );

  it.each(places)("expires a value, on %s: it is of use here where the function fails", async (engine) => {
    const source = createSource("one");
    const fn = make(engine, source.load);
    await fn("k");
    await elsewhere(engine, `await f.cache.expire("k");`);
    expect(await fn.cache.has("k")).toBe(false);
    source.fails(failure);
    expect(await fn("k")).toBe("one");
    expect(source.runs).toBe(2);
  });

  it.each(places)("serves the stale value that this one has left, on %s", async (engine) => {
    const fn = make(engine, createSource("one").load);
    await fn("k");
    await fn.cache.expire("k");
    expect(await elsewhere(engine, `return f("k");`)).toBe("one");
  });

  // Fails for "redis": a memory in front of a server hears of tags by other processes when its own time is over.
  it.each(places)("ends what a memory in front has, by a tag at once, on %s", async (engine) => {
    const source = createSource("one");
    const fn = make(engine, source.load, { memory: { ttl: "1h" } });
    expect([await fn("k"), await fn("k")]).toEqual(["one", "one"]);
    await elsewhere(engine, `await invalidateTags("key:k");`);
    source.gives("two");
    await expect.poll(() => fn("k")).toBe("two");
  });

  it.each(places.flatMap((engine) => ends.map(([what, act]) => [what, engine, act] as const)))(
    "%s what a memory in front has, on %s: it is not served when the memory's time is over",
    async (_what, engine, act) => {
      const clock = createFakeClock();
      const source = createSource("one");
      const fn = make(engine, source.load, { memory: { ttl: "5s" }, clock });
      expect([await fn("k"), await fn("k")]).toEqual(["one", "one"]);
      await elsewhere(engine, act);
      clock.advance("5s");
      source.gives("two");
      expect([await fn("k"), await fn("k"), source.runs]).toEqual(["two", "two", 2]);
    },
  );
});
