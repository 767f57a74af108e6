/** What upstream's test_redis_cache asserts: one test a row, by its name there, on a real server. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  acache,
  CacheValueError,
  ConfigurationError,
  type DiskCached,
  type DiskCacheOptions,
  EngineNotAvailableError,
  isEngineAvailable,
} from "../../src/index.js";
import { requirePackage } from "../../src/node/require.js";
import { withoutEngines } from "../support/absent-engines.js";
import { patient, useCacheDir } from "../support/cache-dir.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

useCacheDir();
const lines = collectLog();
const whose = { folderName: "shop", name: "f", version: 1, ...patient } as const;

describe("test_redis_cache", () => {
  it("is_available: where its package is, and only there", async () => {
    expect(await isEngineAvailable("redis")).toBe(requirePackage("@keyv/redis") !== undefined);
    await withoutEngines(["redis"], async () => expect(await isEngineAvailable("redis")).toBe(false));
  });

  it("init_with_unavailable_redis: an error where it is insisted on, and else another engine that is named", async () => {
    const url = "redis://localhost:1";
    await withoutEngines(["redis"], async () => {
      const load = async (n: number): Promise<number> => n;
      expect(() => acache(load, { ...whose, redis: url, fallback: false })).toThrow(EngineNotAvailableError);
      const content = acache(load, { ...whose, redis: url });
      expect([await content(1), await content(1), content.cache.stats().hits]).toEqual([1, 1, 1]);
      expect(content.cache.engine).not.toBe("redis");
      expect(lines.some(({ message }) => message.includes('since "redis" cannot be used'))).toBe(true);
    });
  });

  it.runIf(hasRedis)(
    "init_with_connection_error: a server that is down costs no call its result; it may come back",
    async () => {
      const server = await RedisServer.absent();
      const f = acache(async (n: number) => n * n, { ...whose, redis: server.url });
      expect([await f(5), await f(5)]).toEqual([25, 25]);
      expect([f.cache.engine, f.cache.stats().engineFailures > 0]).toEqual(["redis", true]);
      await f.cache.close();
      await server.remove();
    },
  );

  it("validate_config: a port that is none is refused, in a URL, in options and in the environment", () => {
    const make = (redis: DiskCacheOptions["redis"]): unknown =>
      acache(async (n: number) => n, { ...whose, redis: redis as string });
    for (const redis of ["redis://localhost:6379", { socket: { host: "localhost", port: 6_379 } }]) make(redis);
    for (const port of [70_000, 0, -1, 1.5, "6379"]) {
      expect(() => make({ socket: { host: "localhost", port } })).toThrow(ConfigurationError);
    }
    expect(() => make("redis://localhost:70000")).toThrow(/redis: expected/);
  });
});

describe.runIf(hasRedis)("test_redis_cache", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.remove());
  beforeEach(() => server.command("FLUSHALL"));

  /** A function cached on the server, which counts its runs. */
  function cached<V>(
    value: (n: number) => V,
    options: DiskCacheOptions<(n: number) => Promise<V>> = {},
  ): { f: DiskCached<(n: number) => Promise<V>>; runs(): number } {
    let runs = 0;
    const f = acache(
      async (n: number) => {
        runs += 1;
        return value(n);
      },
      { ...whose, redis: server.url, ...options },
    );
    return { f, runs: () => runs };
  }

  /** The names under which the server has entries: without those that we keep for ourselves. */
  async function entryNames(): Promise<string[]> {
    const names = await server.command("KEYS", "twat-cache:*");
    return names.filter((name) => !name.includes(":~") && !name.includes("{tags}"));
  }

  it("get_full_key: a name with a prefix, whatever the key is, that says nothing of it", async () => {
    const f = acache(async (..._args: unknown[]) => 1, { ...whose, redis: server.url });
    await f("test_key");
    await f("a", 1, { b: [2] });
    const names = await entryNames();
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^twat-cache:shop:\{[0-9a-f]{32}\}:[\w-]{16}$/);
  });

  it("get_cached_value: a value; nothing; and damaged bytes are nothing, without an error", async () => {
    const { f, runs } = cached((n) => ({ n }));
    expect(await f.cache.peek(1)).toBeUndefined();
    await f(1);
    expect(await f.cache.peek(1)).toEqual({ n: 1 });
    const [name = ""] = await entryNames();
    await server.command("SET", name, "corrupt");
    expect(await f.cache.peek(1)).toBeUndefined();
    expect([await f(1), runs()]).toEqual([{ n: 1 }, 2]);
  });

  it("set_cached_value: for ever without a TTL, for as long as one says, and not at all what cannot be kept", async () => {
    const expiry = async (): Promise<number> =>
      Number((await server.command("PTTL", (await entryNames())[0] ?? ""))[0]);
    const forever = cached((n) => n);
    await forever.f(1);
    expect(await expiry()).toBe(-1);
    await forever.f.cache.clear();
    const brief = cached((n) => n, { name: "brief", ttl: 60_500 });
    await brief.f(1);
    expect(await expiry()).toBeGreaterThan(30_000);
    expect(await expiry()).toBeLessThanOrEqual(60_500);
    const odd = cached((): unknown => () => 1, { name: "odd" });
    expect(await odd.f(1)).toBeTypeOf("function");
    expect(odd.f.cache.stats().refusals).toBe(1);
    await expect(odd.f.cache.set([1], () => 1)).rejects.toThrow(CacheValueError);
  });

  it("clear: what is this cache's is gone, others' and other programs' is there", async () => {
    const [one, other] = [cached((n) => n), cached((n) => n, { name: "other" })];
    await server.command("SET", "theirs", "precious");
    await one.f.cache.clear();
    for (const { f } of [one, other]) for (const n of [1, 2, 3]) await f(n);
    await one.f.cache.clear();
    expect([await one.f.cache.has(1), await other.f.cache.has(1)]).toEqual([false, true]);
    expect(await server.command("GET", "theirs")).toEqual(["precious"]);
  });

  it("cache_decorator: a miss runs the function, a hit does not", async () => {
    const { f, runs } = cached((n) => n * n);
    expect([await f(5), runs(), await f(5), runs()]).toEqual([25, 1, 25, 1]);
  });

  it("stats: what was counted here; nobody asks the server for them", async () => {
    const { f } = cached((n) => n);
    await f(1);
    await f(1);
    await f(2);
    const commands = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec((await server.command("INFO", "stats")).join())?.[1]);
    const before = await commands();
    const asking = (await commands()) - before;
    expect(f.cache.stats()).toMatchObject({ engine: "redis", hits: 1, misses: 2, size: undefined });
    expect((await commands()) - before - asking).toBe(asking);
  });

  it("real_redis_operations: what is nested comes back, and hits and misses are counted", async () => {
    const nested = { list: [1, { deep: new Map([["a", new Date(5)]]) }], none: undefined };
    const { f } = cached(() => nested);
    const counts = (): number[] => [f.cache.stats().misses, f.cache.stats().hits];
    expect([await f(1), counts()]).toEqual([nested, [1, 0]]);
    expect([await f(1), counts()]).toEqual([nested, [1, 1]]);
    await f.cache.clear();
    expect([await f(1), counts()]).toEqual([nested, [2, 1]]);
  });

  it("compression: a long text comes back, and took less", async () => {
    const text = "x".repeat(10_000);
    const { f } = cached(() => text, { compress: true });
    expect([await f(1), await f(1), f.cache.stats().hits]).toEqual([text, text, 1]);
    expect(Number((await server.command("STRLEN", (await entryNames())[0] ?? ""))[0])).toBeLessThan(1_000);
    // An entry says itself how it was made.
    await f.cache.close();
    const plain = cached(() => text);
    expect([await plain.f(1), plain.runs()]).toEqual([text, 0]);
  });
});
