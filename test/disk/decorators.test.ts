/** bcache, fcache and ucache on disk, as users call them. A "restart" is a cache that is closed and made anew. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forgetConfigFiles } from "../../src/config/file.js";
import {
  acache,
  bcache,
  cacheKey,
  cacheOf,
  type DiskCacheOptions,
  fcache,
  mcache,
  registerType,
  type SyncDiskCacheOptions,
  ucache,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
let cacheDir = "";
const open: { readonly cache: { close(): unknown } }[] = [];

beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-disk-"));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((fn) => fn.cache.close()));
  rmSync(cacheDir, { recursive: true, force: true });
});

/** Keeps a cached function in mind, to be closed at the end. */
function kept<T extends { readonly cache: { close(): unknown } }>(fn: T): T {
  open.push(fn);
  return fn;
}

/** On a machine that is busy with other tests, a disk may take longer than a call would wait. */
const engineTimeout = "30s";
const at = (more: DiskCacheOptions = {}): DiskCacheOptions => ({
  cacheDir,
  folderName: "test",
  engineTimeout,
  ...more,
});
const syncAt = (more: Partial<SyncDiskCacheOptions> = {}): SyncDiskCacheOptions => ({
  cacheDir,
  folderName: "test",
  sync: true,
  ...more,
});

class User {
  constructor(readonly id: number) {}
  [cacheKey](): number {
    return this.id;
  }
}
class Other {
  constructor(readonly id: number) {}
  [cacheKey](): number {
    return this.id;
  }
}

describe.each([
  ["bcache", bcache, "sqlite"],
  ["fcache", fcache, "file"],
] as const)("%s", (_name, cache, engine) => {
  it("returns promises, runs the function once, and says where results are", async () => {
    let runs = 0;
    const f = kept(cache((n: number) => ({ n, run: ++runs }), at({ name: "f" })));
    const first = f(1);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toEqual({ n: 1, run: 1 });
    expect(await f(1)).toEqual({ n: 1, run: 1 });
    expect(await f(2)).toEqual({ n: 2, run: 2 });
    expect(f.cache.engine).toBe(engine);
    expect(f.cache.stats()).toMatchObject({ hits: 1, misses: 2, engine, maxSize: Number.POSITIVE_INFINITY });
    expect(lines).toEqual([]);
  });

  it("finds results again after a restart", async () => {
    let runs = 0;
    const make = () => cache(async (n: number) => new Map([[n, ++runs]]), at({ name: "f" }));
    const before = make();
    await before(1);
    await before.cache.close();
    const after = kept(make());
    expect(await after(1)).toEqual(new Map([[1, 1]]));
    expect(after.cache.stats()).toMatchObject({ hits: 1, misses: 0 });
  });

  it("a closed cache runs the function", async () => {
    let runs = 0;
    const f = cache((n: number) => n + ++runs, at({ name: "f" }));
    await f(1);
    await f.cache.close();
    await f.cache.close();
    expect(await f(1)).toBe(3);
  });

  it("what a caller does to a result changes no later one", async () => {
    const f = kept(cache(() => ({ list: [1], bytes: Buffer.from("abc") }), at({ name: "f" })));
    const [miss, joined] = await Promise.all([f(), f()]);
    expect(joined).not.toBe(miss);
    for (const result of [miss, joined, await f(), await f()]) {
      expect(result).toEqual({ list: [1], bytes: Buffer.from("abc") });
      result.list.push(2);
      result.bytes[0] = 0;
    }
    const [one, other] = await Promise.all([f(), f()]);
    expect(one).not.toBe(other);
  });

  it("a value lives as long as its TTL, in every process", async () => {
    const clock = createFakeClock();
    let runs = 0;
    const make = () => cache(() => ++runs, at({ name: "f", ttl: "1m", clock }));
    const f = make();
    await f();
    clock.advance("59s");
    expect(await f()).toBe(1);
    await f.cache.close();
    const later = kept(make());
    expect(await later()).toBe(1);
    clock.advance("1s");
    expect(await later()).toBe(2);
  });

  it("the handle works on disk: has, peek, set, delete, refresh, clear", async () => {
    let runs = 0;
    const f = kept(cache((n: number) => n * 10 + ++runs, at({ name: "f" })));
    expect(await f.cache.has(1)).toBe(false);
    await f.cache.set([1], 99);
    expect([await f.cache.has(1), await f.cache.peek(1), await f(1)]).toEqual([true, 99, 99]);
    expect(await f.cache.refresh(1)).toBe(11);
    expect(await f(1)).toBe(11);
    expect([await f.cache.delete(1), await f.cache.delete(1)]).toEqual([true, false]);
    expect(await f(1)).toBe(12);
    await f.cache.clear();
    expect(await f(1)).toBe(13);
  });

  it("two functions in one folder keep apart, and so do two folders", async () => {
    const one = kept(cache((n: number) => `one ${n}`, at({ name: "one" })));
    const two = kept(cache((n: number) => `two ${n}`, at({ name: "two" })));
    const elsewhere = kept(cache((n: number) => `there ${n}`, at({ name: "one", folderName: "other" })));
    expect([await one(1), await two(1), await elsewhere(1)]).toEqual(["one 1", "two 1", "there 1"]);
    await two.cache.clear();
    expect([await one(1), await elsewhere(1)]).toEqual(["one 1", "there 1"]);
    expect(one.cache.stats().hits).toBe(1);
    expect(readdirSync(cacheDir).sort()).toEqual(["other", "test"]);
  });

  it("keeps maxSize, and counts what it evicts", async () => {
    const f = kept(cache((n: number) => n, at({ name: "f", maxSize: 3 })));
    for (let n = 1; n <= 10; n += 1) await f(n);
    expect(f.cache.stats().evictions).toBe(7);
    expect([await f.cache.has(7), await f.cache.has(8), await f.cache.has(10)]).toEqual([false, true, true]);
  });

  it("what cannot be kept exactly is returned and not stored, with one warning", async () => {
    class Mine {}
    let runs = 0;
    const f = kept(
      cache(
        () => {
          runs += 1;
          return new Mine();
        },
        at({ name: "f" }),
      ),
    );
    expect(await f()).toBeInstanceOf(Mine);
    expect(await f()).toBeInstanceOf(Mine);
    expect(runs).toBe(2);
    expect(f.cache.stats().refusals).toBe(2);
    expect(lines.filter(({ message }) => /was returned but not stored/.test(message))).toHaveLength(1);
    await expect(f.cache.set([], new Mine())).rejects.toThrow(/Mine/);
  });

  it("a refreshed value that cannot be kept takes the older one with it", async () => {
    let value: unknown = "kept";
    const f = kept(cache(() => value, at({ name: "f" })));
    await f();
    value = () => "a function";
    await f.cache.refresh();
    value = "new";
    expect(await f()).toBe("new");
  });

  it("signed, encrypted and compressed, and with a memory in front, a hit is still the same", async () => {
    let runs = 0;
    const secrets = { secret: "0123456789abcdef", encryptionKey: "ab".repeat(32), compress: true, memory: true };
    const f = kept(cache((n: number) => ({ text: "x".repeat(n), run: ++runs }), at({ name: "f", ...secrets })));
    const first = await f(5_000);
    for (let i = 0; i < 3; i += 1) expect(await f(5_000)).toEqual(first);
    expect(runs).toBe(1);
  });

  it("arguments that are not the same in another process run uncached, with advice", async () => {
    let runs = 0;
    const f = kept(cache((callback: () => number) => callback() + ++runs, at({ name: "f" })));
    expect([await f(() => 1), await f(() => 1)]).toEqual([2, 3]);
    expect(f.cache.stats().bypasses).toBe(2);
    expect(lines.map(({ fields }) => String((fields as { err?: unknown }).err)).join()).toMatch(
      /cannot be part of a key/,
    );
  });

  it("a class with [cacheKey] is part of a key, by its name and source", async () => {
    let runs = 0;
    const f = kept(cache((who: User | Other) => `${who.id} ${++runs}`, at({ name: "f" })));
    expect([await f(new User(1)), await f(new User(1)), await f(new Other(1))]).toEqual(["1 1", "1 1", "1 2"]);
  });
});

describe("on disk, a function is who its name and source say", () => {
  const retry = (fn: () => string) => async () => fn();
  const scale = (factor: number) => (n: number) => n * factor;

  it("closures, wrapped and bound functions never share values", async () => {
    const two = kept(bcache(scale(2), at({ name: "scale" })));
    const three = kept(bcache(scale(3), at({ name: "scale" })));
    expect([await two(5), await three(5), await two(5), await three(5)]).toEqual([10, 15, 10, 15]);
    expect([three.cache.engine, three.cache.stats().bypasses]).toEqual(["none", 2]);
    await expect(three.cache.set([5], 1)).rejects.toThrow(/"name" of its own/);
    const a = kept(
      bcache(
        retry(() => "a"),
        at({ name: "retry" }),
      ),
    );
    const b = kept(
      bcache(
        retry(() => "b"),
        at({ name: "retry" }),
      ),
    );
    expect([await a(), await b(), await a(), await b()]).toEqual(["a", "b", "a", "b"]);
    const sum = function sum(this: number, n: number): number {
      return this + n;
    };
    const one = kept(bcache(sum.bind(1), at({ name: "bound" })));
    const ten = kept(bcache(sum.bind(10), at({ name: "bound" })));
    expect([await one(1), await ten(1), await one(1), await ten(1)]).toEqual([2, 11, 2, 11]);
    expect(lines.filter(({ message }) => /another function of the same name/.test(message))).toHaveLength(3);
  });

  it("names, and deps, tell closures apart", async () => {
    for (const factor of [2, 3]) {
      const byName = kept(bcache(scale(factor), at({ name: `scale by ${factor}` })));
      const byDeps = kept(bcache(scale(factor), at({ name: "scale", deps: [factor] })));
      expect([await byName(5), await byName(5), await byDeps(5), await byDeps(5)]).toEqual(Array(4).fill(5 * factor));
      expect([byName.cache.stats().hits, byDeps.cache.stats().hits]).toEqual([1, 1]);
    }
    expect(lines).toEqual([]);
  });

  it("the same function may be cached twice", async () => {
    const double = (n: number): number => 2 * n;
    const one = kept(bcache(double, at()));
    const other = kept(bcache(double, at()));
    expect([await one(2), await other(2)]).toEqual([4, 4]);
    expect(other.cache.stats().hits).toBe(1);
  });

  it("one that is gone had the identity too", async () => {
    await (await import("../../src/identity/claims.js")).claim("gone", () => undefined);
    const { claim } = await import("../../src/identity/claims.js");
    expect(claim("gone", () => undefined)).toBe(false);
  });

  it("changed code makes new results, unless its version stays", async () => {
    const codes = [(n: number) => n + 1, (n: number) => n + 2];
    const results: number[] = [];
    const versioned: number[] = [];
    for (const code of codes) {
      const f = bcache(code, at({ name: "f" }));
      const g = bcache(code, at({ name: "g", version: 1 }));
      results.push(await f(1));
      versioned.push(await g(1));
      await Promise.all([f.cache.close(), g.cache.close()]);
    }
    expect(results).toEqual([2, 3]);
    expect(versioned).toEqual([2, 2]);
    const next = kept(bcache((n: number) => n + 3, at({ name: "g", version: 2 })));
    expect(await next(1)).toBe(4);
  });

  it("one without a name, or a source, needs one", () => {
    expect(() => bcache(() => 1, at())).toThrow(/anonymous function.*Give the option "name"/);
    expect(() => bcache(Math.max, at())).toThrow(/native or bound function/);
    expect(() => fcache(at())(() => 1)).toThrow(/"name"/);
    expect(() => bcache(function f() {}, at({ deps: [() => 1] }))).toThrow(/deps/);
  });

  it("called on an object, it has no key, since the object is another one elsewhere", async () => {
    const f = kept(
      bcache(function own(this: unknown) {
        return this;
      }, at()),
    );
    const self = { n: 1, own: f };
    expect(await self.own()).toBe(self);
    expect(f.cache.stats().bypasses).toBe(1);
  });
});

describe("methods on disk", () => {
  it("need to say whose results they give", () => {
    const method = function find(this: { id: number }, n: number): Promise<number> {
      return Promise.resolve(this.id + n);
    };
    const context = { kind: "method", name: "find", addInitializer: () => undefined };
    const decorate = (options: DiskCacheOptions) => bcache(options)(method, context as never);
    expect(() => decorate(at())).toThrow(/thisKey/);
    expect(() => decorate(at({ name: "Repo.find" }))).not.toThrow();
  });

  /** What `@bcache(options)` does to a method. */
  function decorate(type: { readonly prototype: object }, name: string, options: DiskCacheOptions): void {
    const { prototype } = type as { readonly prototype: Record<string, (...args: never) => Promise<unknown>> };
    const context = { kind: "method", name, addInitializer: () => undefined };
    const method = prototype[name] as (...args: never) => Promise<unknown>;
    prototype[name] = bcache(options)(method, context as never);
    kept({ cache: cacheOf(prototype[name] as never) as { close(): unknown } });
  }

  it("by thisKey, objects that are the same share, others do not", async () => {
    let runs = 0;
    class Repo {
      constructor(readonly id: string) {}

      async find(n: number): Promise<string> {
        runs += 1;
        return `${this.id} ${n}`;
      }
    }
    decorate(Repo, "find", at({ thisKey: (self) => (self as unknown as Repo).id }));
    const [one, same, other] = [new Repo("a"), new Repo("a"), new Repo("b")];
    expect([await one.find(1), await same.find(1), await other.find(1)]).toEqual(["a 1", "a 1", "b 1"]);
    expect(runs).toBe(2);
  });

  it("with a name alone, for the one object that they are called on", async () => {
    class Settings {
      constructor(readonly value: string) {}

      async read(): Promise<string> {
        return this.value;
      }
    }
    decorate(Settings, "read", at({ name: "Settings.read" }));
    const [one, other] = [new Settings("a"), new Settings("b")];
    expect([await one.read(), await one.read(), await other.read()]).toEqual(["a", "a", "b"]);
    expect(cacheOf(one.read).stats()).toMatchObject({ hits: 1, bypasses: 1 });
  });
});

describe("sync: true", () => {
  it("a synchronous function stays one, on disk", () => {
    let runs = 0;
    const make = () => bcache((n: number) => ({ n, run: ++runs }), syncAt({ name: "f" }));
    const f = make();
    expect([f(1), f(1)]).toEqual([
      { n: 1, run: 1 },
      { n: 1, run: 1 },
    ]);
    expect(f.cache.engine).toMatch(/^(better-sqlite3|node-sqlite)$/);
    f.cache.close();
    const again = kept(make());
    expect(again(1)).toEqual({ n: 1, run: 1 });
    expect([again.cache.has(1), again.cache.delete(1), again.cache.has(1)]).toEqual([true, true, false]);
    again.cache.clear();
    expect(again(1)).toEqual({ n: 1, run: 2 });
    expect(lines.filter(({ message }) => !/"better-sqlite3" cannot be used/.test(message))).toEqual([]);
  });

  it("an asynchronous one is shared, and found again", async () => {
    let runs = 0;
    const f = kept(fcache(async (n: number) => n + ++runs, syncAt({ name: "f" })));
    expect(await Promise.all([f(1), f(1)])).toEqual([2, 2]);
    expect(await f(1)).toBe(2);
    expect(f.cache.stats()).toMatchObject({ hits: 1, coalesced: 1 });
  });

  it("what cannot be kept is returned, and what a caller does to a result changes no later one", () => {
    const f = kept(bcache((n: number) => (n === 0 ? Symbol("no") : [n]), syncAt({ name: "f" })));
    expect(typeof f(0)).toBe("symbol");
    (f(1) as number[]).push(2);
    (f(1) as number[]).push(3);
    expect(f(1)).toEqual([1]);
    expect(f.cache.stats().refusals).toBe(1);
    expect(() => f.cache.set([2], Symbol("no") as never)).toThrow(/symbol/i);
  });

  it("keeps TTLs and bounds", () => {
    const clock = createFakeClock();
    let runs = 0;
    const f = kept(bcache((_n: number) => ++runs, syncAt({ name: "f", ttl: "1m", clock, maxSize: 2 })));
    expect([f(1), f(1)]).toEqual([1, 1]);
    clock.advance("1m");
    expect([f(1), f(2), f(3), f(1)]).toEqual([2, 3, 4, 5]);
    expect(f.cache.stats().evictions).toBe(2);
  });
});

describe("a memory in front", () => {
  it("serves what was read, until anybody changes it", async () => {
    const clock = createFakeClock();
    let runs = 0;
    const value = (): { run: number } => ({ run: ++runs });
    const options = { name: "f", version: 1, clock };
    const f = kept(bcache(value, at({ ...options, memory: { maxSize: 10, ttl: "5s" } })));
    const direct = kept(bcache(value, at(options)));
    await f();
    (await f()).run = 99;
    expect(await f()).toEqual({ run: 1 });
    await direct.cache.set([], { run: 50 });
    expect(await f()).toEqual({ run: 50 });
    clock.advance("5s");
    expect(await f()).toEqual({ run: 50 });
    await f.cache.delete();
    expect(await f()).toEqual({ run: 2 });
  });
});

describe("ucache follows its options", () => {
  it.each([
    ["a folder", { folderName: "u" }, "sqlite"],
    ["compression", { folderName: "u", compress: true }, "file"],
    ["compression and SQL", { folderName: "u", compress: true, useSql: true }, "sqlite"],
    ["the engine", { engine: "file" }, "file"],
  ] as const)("%s", async (_what, options, engine) => {
    const f = kept(ucache((n: number) => n, { cacheDir, name: "f", engineTimeout, ...options }));
    expect(await f(1)).toBe(1);
    expect(f.cache.engine).toBe(engine);
    expect(f(1)).toBeInstanceOf(Promise);
  });

  it("a synchronous engine, or sync, keeps a function synchronous; nothing of the sort keeps it in memory", () => {
    const named = kept(
      ucache((n: number) => n, { cacheDir, folderName: "u", name: "f", engine: "better-sqlite3", sync: true }),
    );
    expect([named(1), named.cache.engine]).toEqual([1, expect.stringMatching(/^(better-sqlite3|node-sqlite)$/)]);
    const near = kept(ucache((n: number) => n));
    expect([near(1), near.cache.engine]).toEqual([1, "lru"]);
  });

  it("acache and mcache take engines on disk by name, of their kind", async () => {
    process.env.TWAT_CACHE_DIR = cacheDir;
    const a = kept(acache((n: number) => n, { engine: "sqlite", name: "a", ...({ cacheDir } as object) }));
    expect([await a(1), a.cache.engine]).toEqual([1, "sqlite"]);
    const m = kept(mcache((n: number) => n, { engine: "sqlite", name: `m ${Date.now()}` }));
    expect([m(1), m.cache.engine]).toEqual([1, expect.stringMatching(/^(better-sqlite3|node-sqlite)$/)]);
    expect(lines.map(({ message }) => message).join()).toMatch(/"sqlite" cannot be used: it answers with promises/);
    delete process.env.TWAT_CACHE_DIR;
  });
});

describe("blocks on disk", () => {
  it("keep values from block to block, and functions by their names", async () => {
    const options = { engine: "sqlite", cacheDir, folderName: "session", engineTimeout } as const;
    let runs = 0;
    const load = async (n: number): Promise<number> => n + ++runs;
    await withCache(options, async (cache) => {
      await cache.set({ user: 1 }, new Date(0));
      expect(await cache.wrap(load)(1)).toBe(2);
      expect(cache.engine).toBe("sqlite");
    });
    await withCache(options, async (cache) => {
      expect(await cache.get({ user: 1 })).toEqual(new Date(0));
      expect(await cache.wrap(load)(1)).toBe(2);
      expect(() => cache.wrap(() => 1)).toThrow(/name/);
      await expect(cache.set(() => 1, 1)).rejects.toThrow(/cannot be part of a key/);
    });
    expect(runs).toBe(1);
  });

  it("their options are defaults for caches inside, which stay what they are", async () => {
    await withCache({ cacheDir, folderName: "block" }, async () => {
      const f = kept(mcache((n: number) => n));
      expect([f(1), f.cache.engine]).toEqual([1, "lru"]);
      const g = kept(bcache((n: number) => n, { name: "g" }));
      await g(1);
    });
    expect(readdirSync(cacheDir)).toContain("block");
  });
});

describe("options, environment and config file", () => {
  const variables = [
    "TWAT_CACHE_DIR",
    "TWAT_CACHE_COMPRESS",
    "TWAT_CACHE_MAX_BYTES",
    "TWAT_CACHE_CONFIG",
    "TWAT_CACHE_FOLDER",
  ];
  afterEach(() => {
    for (const variable of variables) delete process.env[variable];
    forgetConfigFiles();
  });

  it("the environment says where, unless an option does", async () => {
    process.env.TWAT_CACHE_DIR = join(cacheDir, "env");
    process.env.TWAT_CACHE_FOLDER = "from-env";
    const f = kept(bcache((n: number) => n, { name: "f" }));
    const g = kept(bcache((n: number) => n, { name: "g", folderName: "mine" }));
    await Promise.all([f(1), g(1)]);
    expect(readdirSync(join(cacheDir, "env")).sort()).toEqual(["from-env", "mine"]);
  });

  it("the config file says where, unless the environment does", async () => {
    const file = join(cacheDir, "config.json");
    writeFileSync(
      file,
      JSON.stringify({ cacheDir: join(cacheDir, "file"), folderName: "a", maxBytes: "10KB", secure: "yes" }),
    );
    process.env.TWAT_CACHE_CONFIG = file;
    process.env.TWAT_CACHE_FOLDER = "b";
    const f = kept(bcache((n: number) => "x".repeat(n), { name: "f" }));
    await f(50_000);
    expect(f.cache.stats().refusals).toBe(1);
    await f(1);
    expect(readdirSync(join(cacheDir, "file"))).toEqual(["b"]);
    expect(lines.map(({ message }) => message).join()).toMatch(
      /config.json is partly ignored[\s\S]*secure: expected true or false/,
    );
  });

  it("a config file that is none is named once, and ignored", async () => {
    const file = join(cacheDir, "config.json");
    writeFileSync(file, "{");
    process.env.TWAT_CACHE_CONFIG = file;
    const f = kept(bcache((n: number) => n, at({ name: "f" })));
    expect([await f(1), await f(1)]).toEqual([1, 1]);
    expect(lines.filter(({ message }) => /config file .* is ignored/.test(message))).toHaveLength(1);
  });

  it("without a folder's name, it is the program's own", async () => {
    const f = kept(bcache((n: number) => n, { cacheDir, name: "f" }));
    await f(1);
    expect(readdirSync(cacheDir)).toEqual([expect.stringMatching(/^[a-z-]+-[0-9a-f]{12}$/)]);
  });

  it("secrets are in no message", () => {
    const short = "tooshort-secret";
    let message = "";
    try {
      bcache(() => 1, { name: "f", secret: short, encryptionKey: "not-a-key-either" });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/secret: expected a text of 16/);
    expect(message).toMatch(/encryptionKey: expected 32 bytes/);
    expect(message).not.toContain(short);
    expect(message).not.toContain("not-a-key");
  });

  it.each([
    ["folderName", "../x"],
    ["folderName", "CON"],
    ["cacheDir", ""],
    ["compress", "gzip"],
    ["compress", { algorithm: "rar" }],
    ["codec", "msgpack"],
    ["codec", { name: "x" }],
    ["version", {}],
    ["deps", "a"],
    ["memory", { size: 1 }],
    ["sync", "yes"],
    ["policy", "lru"],
  ])("%s: %j is refused at decoration", (option, value) => {
    const expected = option === "policy" ? /policy/ : new RegExp(`${option}: expected`);
    expect(() => bcache(() => 1, { name: "f", [option]: value } as never)).toThrow(expected);
  });

  it("options of the disk are refused for memory, with a hint", () => {
    expect(() => mcache(() => 1, { folderName: "reports" } as never)).toThrow(/use bcache, fcache or ucache/);
  });
});

describe("codecs", () => {
  it("json keeps what JSON can, and refuses the rest", async () => {
    const f = kept(bcache((n: number) => (n === 0 ? new Date(0) : { n }), at({ name: "f", codec: "json" })));
    await Promise.all([f(0), f(1)]);
    expect([await f.cache.has(0), await f.cache.has(1)]).toEqual([false, true]);
    expect(await f(1)).toEqual({ n: 1 });
  });

  it("one of the user's own is used, and watched", async () => {
    const codec = {
      name: "text",
      encode: (value: unknown) => Buffer.from(String(value)),
      decode: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
    };
    const f = kept(bcache((n: number) => (n === 0 ? 0 : "text"), at({ name: "f", codec, verifyRoundTrip: true })));
    expect([await f(0), await f(1), await f(0), await f(1)]).toEqual([0, "text", 0, "text"]);
    expect(f.cache.stats()).toMatchObject({ hits: 1, refusals: 2 });
  });

  it("classes that are registered come back as what they are", async () => {
    class Money {
      readonly #cents: number;
      constructor(cents: number) {
        this.#cents = cents;
      }
      get cents(): number {
        return this.#cents;
      }
    }
    registerType(`Money ${Date.now()}`, Money, {
      encode: (it) => it.cents,
      decode: (cents: number) => new Money(cents),
    });
    const f = kept(bcache((n: number) => [new Money(n)], at({ name: "f" })));
    await f(5);
    const [money] = await f(5);
    expect(money).toBeInstanceOf(Money);
    expect([money?.cents, f.cache.stats().hits]).toEqual([5, 1]);
  });
});
