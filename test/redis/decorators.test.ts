/** Cached functions with their results on a Redis server. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  acache,
  bcache,
  ConfigurationError,
  closeCaches,
  EngineNotAvailableError,
  invalidateTags,
  ucache,
  withCache,
} from "../../src/index.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

const lines = collectLog();
let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-redis-"));
  vi.stubEnv("TWAT_CACHE_DIR", cacheDir);
});
afterEach(async () => {
  await closeCaches();
  vi.unstubAllEnvs();
  rmSync(cacheDir, { recursive: true, force: true });
});

const patient = { engineTimeout: "30s", version: 1 } as const;

describe.runIf(hasRedis)("on a server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start("--requirepass", "a secret word");
  });
  afterAll(() => server?.remove());
  beforeEach(() => server.command("FLUSHALL"));

  const url = (): string => server.url.replace("//", "//:a%20secret%20word@");
  const options = (name: string): { redis: string; name: string; engineTimeout: "30s"; version: number } => ({
    redis: url(),
    name,
    ...patient,
  });

  it("every decorator but mcache keeps results there, and finds them again", async () => {
    let runs = 0;
    const work = (n: number): { n: number; at: Date } => {
      runs += 1;
      return { n, at: new Date(n) };
    };
    const decorate = [
      () => acache(work, { ...options("a"), folderName: "all" }),
      () => bcache(work, { ...options("b"), folderName: "all" }),
      () => ucache(work, { ...options("u"), folderName: "all", compress: true, secret: "sixteen letters!" }),
    ];
    for (const wrap of decorate) {
      runs = 0;
      const first = wrap();
      expect(first.cache.engine).toBe("redis");
      expect(await first(7)).toEqual({ n: 7, at: new Date(7) });
      expect(await first(7)).toEqual({ n: 7, at: new Date(7) });
      await first.cache.close();
      const again = wrap();
      expect(await again(7)).toEqual({ n: 7, at: new Date(7) });
      expect([runs, again.cache.stats().hits]).toEqual([1, 1]);
      expect(await again.cache.has(7)).toBe(true);
      expect(await again.cache.delete(7)).toBe(true);
      expect(await again.cache.has(7)).toBe(false);
    }
    expect(lines).toEqual([]);
    // Nothing lies in a folder.
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it("the names of its keys begin with the folder's name, or that of the program's package", async () => {
    const named = acache(async (n: number) => n, { ...options("named"), folderName: "shop" });
    const plain = acache(async (n: number) => n, options("plain"));
    await Promise.all([named(1), plain(1)]);
    const names = await server.command("KEYS", "*");
    expect(names.filter((name) => name.startsWith("twat-cache:shop:{"))).toHaveLength(4);
    expect(names.every((name) => /^twat-cache:[A-Za-z0-9-]+:\{[0-9a-f]{32}\}:|\{tags\}:/.test(name))).toBe(true);
    expect(names.join()).not.toMatch(/named|plain/);
  });

  it("a method says whose results its are", async () => {
    class Shop {
      runs = 0;
      readonly name: string;
      constructor(name: string) {
        this.name = name;
      }
      async price(item: string): Promise<string> {
        this.runs += 1;
        return `${item} at ${this.name}`;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Shop.prototype, "price") as PropertyDescriptor;
    const decorator = acache({ ...options("price"), thisKey: (self) => (self as Shop).name });
    Object.defineProperty(Shop.prototype, "price", decorator(Shop.prototype, "price", descriptor));
    const [one, other] = [new Shop("one"), new Shop("other")];
    expect([await one.price("pen"), await other.price("pen"), await one.price("pen")]).toEqual([
      "pen at one",
      "pen at other",
      "pen at one",
    ]);
    expect([one.runs, other.runs]).toEqual([1, 1]);
  });

  it("entries end on the server too, at their time and no earlier", async () => {
    const f = acache(async (n: number) => n, { ...options("ends"), folderName: "ends", ttl: "1h", staleIfError: "1h" });
    await f(1);
    const names = (await server.command("KEYS", "twat-cache:ends:*")).filter((name) => !name.includes("~"));
    const [entry = ""] = names.filter((name) => !name.includes("{tags}"));
    const left = Number((await server.command("PTTL", entry))[0]);
    expect(left).toBeGreaterThan(7_190_000);
    expect(left).toBeLessThanOrEqual(7_200_001);
  });

  it("entries whose end no server can be told are kept, as are those that are stored with them", async () => {
    const ttls = [1_000, 1e21, Number.MAX_VALUE, "1000000000000d", "1h"] as const;
    const fn = acache(async (n: number) => n, { ...options("late"), ttl: (n) => ttls[n] ?? 0 });
    await Promise.all(ttls.map((_ttl, n) => fn(n)));
    for (const n of ttls.keys()) expect(await fn.cache.has(n)).toBe(true);
    for (const more of [{ staleWhileRevalidate: Infinity }, { staleIfError: Infinity }]) {
      const stale = acache(async (n: number) => n, { ...options(Object.keys(more)[0] as string), ttl: 1_000, ...more });
      await stale(1);
      expect(await stale.cache.has(1)).toBe(true);
      expect(stale.cache.stats()).toMatchObject({ engineFailures: 0 });
    }
    expect(fn.cache.stats()).toMatchObject({ engineFailures: 0 });
  });

  it("clear removes this cache's entries, in the end from the server too, and nobody else's", async () => {
    const [f, g] = ["f", "g"].map((name) => acache(async (n: number) => n, { ...options(name), folderName: "clear" }));
    if (f === undefined || g === undefined) throw new Error("There are two.");
    for (let from = 0; from < 2_000; from += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, n) => f(from + n)));
    }
    await Promise.all([g(1), server.command("SET", "twat-cache:clear", "somebody else's")]);
    const before = (await server.command("DBSIZE")).map(Number)[0] ?? 0;
    expect(before).toBeGreaterThan(2_000);
    await f.cache.clear();
    expect([await f.cache.has(1), await f.cache.has(1_999), await g.cache.has(1)]).toEqual([false, false, true]);
    await f(5);
    await f.cache.close();
    expect(Number((await server.command("DBSIZE"))[0])).toBeLessThan(12);
    expect(await server.command("GET", "twat-cache:clear")).toEqual(["somebody else's"]);
    const again = acache(async (n: number) => n, { ...options("f"), folderName: "clear" });
    expect([await again.cache.has(5), await again.cache.has(1)]).toEqual([true, false]);
  });

  it("tags reach every connection, and functions that have not been called yet", async () => {
    let runs = 0;
    const wrap = () =>
      acache(async (n: number) => `${n}, run ${++runs}`, {
        ...options("tagged"),
        folderName: "tags",
        tags: (_value, n) => [`n:${n}`],
      });
    const one = wrap();
    expect([await one(1), await one(2), await one(1)]).toEqual(["1, run 1", "2, run 2", "1, run 1"]);
    await invalidateTags("n:1");
    expect([await one(1), await one(2)]).toEqual(["1, run 3", "2, run 2"]);
    await one.cache.close();
    const other = wrap();
    await other.cache.invalidateTags("n:2");
    expect([await other(1), await other(2)]).toEqual(["1, run 3", "2, run 4"]);
    expect(lines).toEqual([]);
  });

  it("a large value, and one that nobody may read", async () => {
    const encryptionKey = new Uint8Array(32).fill(7);
    const f = acache(async (letter: string) => Buffer.alloc(8_000_000, letter), {
      ...options("large"),
      folderName: "large",
      encryptionKey,
    });
    await f("x");
    const hit = await f("x");
    expect(hit.equals(Buffer.alloc(8_000_000, "x"))).toBe(true);
    expect(f.cache.stats().hits).toBe(1);
    const [entry = ""] = (await server.command("KEYS", "twat-cache:large:*")).filter((name) => !name.includes("~"));
    const [start = ""] = await server.command("GETRANGE", entry, "1000", "1200");
    expect(start).not.toContain("xxxx");
  });

  it("is named by the environment, for those who ask for one", async () => {
    vi.stubEnv("TWAT_CACHE_REDIS_HOST", "127.0.0.1");
    vi.stubEnv("TWAT_CACHE_REDIS_PORT", String(server.port));
    vi.stubEnv("TWAT_CACHE_REDIS_PASSWORD", "a secret word");
    vi.stubEnv("TWAT_CACHE_REDIS_DB", "3");
    const f = acache(async (n: number) => n, { engine: "redis", name: "by-environment", ...patient });
    const g = bcache(async (n: number) => n, { name: "on-disk", folderName: "disk", ...patient });
    await Promise.all([f(1), g(1)]);
    expect([f.cache.engine, g.cache.engine]).toEqual(["redis", "sqlite"]);
    expect(await server.command("DBSIZE")).toEqual(["0"]);
    vi.stubEnv("TWAT_CACHE_REDIS_URL", `${url()}/3`);
    const again = acache(async (n: number) => n, { engine: "redis", name: "by-environment", ...patient });
    await f.cache.close();
    expect(await again.cache.has(1)).toBe(true);
    expect(existsSync(join(cacheDir, "disk"))).toBe(true);
  });

  it("blocks keep values there", async () => {
    await withCache({ redis: url(), name: "block", folderName: "block", engineTimeout: "30s" }, async (cache) => {
      await cache.set({ id: 1 }, new Map([[1, 2]]));
      expect(await cache.get({ id: 1 })).toEqual(new Map([[1, 2]]));
      expect(cache.engine).toBe("redis");
    });
  });
});

describe("what cannot work", () => {
  it.each([
    [{ redis: "redis://x", maxSize: 10 }, /maxSize: expected none, since a server has bounds of its own/],
    [{ redis: "redis://x", maxBytes: "1MB" }, /maxBytes: expected none/],
    [{ redis: "redis://x", engine: "sqlite" }, /redis: expected engine: "redis", or none; got "sqlite"/],
    [{ redis: "http://user:hunter2@x" }, /redis: expected a URL that begins with redis:\/\//],
    [{ redis: 6379 }, /redis: expected/],
    [{ engine: "redis", sync: true }, /sync: expected false/],
  ])("%o is refused at decoration", (options, message) => {
    const decorate = (): unknown => bcache((n: number) => n, options as object);
    expect(decorate).toThrow(ConfigurationError);
    expect(decorate).toThrow(message as RegExp);
    expect(decorate).not.toThrow(/hunter2/);
  });

  it("without an address another engine stands in, and says so once", async () => {
    const f = acache(async (n: number) => n, { engine: "redis", name: "nowhere" });
    expect([await f(1), await f(1), f.cache.engine]).toEqual([1, 1, "lru"]);
    expect(f.cache.stats().hits).toBe(1);
    await invalidateTags("anything");
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/uses the engine "lru", since "redis" cannot be used: .*TWAT_CACHE_REDIS_URL/),
    ]);
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it("a folder stands in only where one was named", async () => {
    const f = bcache(async (n: number) => n, { engine: "redis", name: "folder", folderName: "stand-in", ...patient });
    expect([await f(1), f.cache.engine]).toEqual([1, "sqlite"]);
  });

  it("with fallback: false that is an error at decoration", () => {
    const decorate = (): unknown =>
      acache(async (n: number) => n, { engine: "redis", name: "strict", fallback: false });
    expect(decorate).toThrow(EngineNotAvailableError);
    expect(decorate).toThrow(/TWAT_CACHE_REDIS_URL/);
  });
});
