/**
 * The faults of the Python library that lose data, give them away, or make results wrong, by number: none of them is
 * here. Other tests prove the same in depth; each of these fails by itself where the fault comes back.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { exactCodec } from "../../src/codec/index.js";
import { decompressNow } from "../../src/disk/compression.js";
import {
  acache,
  bcache,
  CacheOperationError,
  CacheValueError,
  ConfigurationError,
  cacheKey,
  cacheOf,
  clearCache,
  clearCacheDir,
  type DiskCacheOptions,
  ensureCacheDir,
  fcache,
  getCacheDir,
  mcache,
  SerializationError,
  ucache,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { node } from "../support/build.js";
import { patient, useCacheDir } from "../support/cache-dir.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartyAsyncWith } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const cacheDir = useCacheDir();
const lines = collectLog();
const folder = { folderName: "test", ...patient } as const;

/** Decorates a method as `experimentalDecorators` does. */
function decorate(type: { prototype: object }, name: string, decorator: unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
  const apply = decorator as (target: object, name: string, descriptor: unknown) => PropertyDescriptor;
  Object.defineProperty(type.prototype, name, apply(type.prototype, name, descriptor));
}

/** A program of its own, with caches in this test's directory. */
async function elsewhere(program: string): Promise<string> {
  const outcome = await node(["--input-type=module", "--eval", program], {
    env: { TWAT_CACHE_DIR: cacheDir(), TWAT_CACHE_ENGINE_TIMEOUT: "30s" },
  });
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  return outcome.stdout.trim();
}

/** Every file and directory below the test's directory. */
function everything(): string[] {
  return readdirSync(cacheDir(), { recursive: true, encoding: "utf8" }).sort();
}

describe("who a result belongs to", () => {
  it("D1: two functions on one engine return each other's values", async () => {
    const memoized = mcache({ maxSize: 10 });
    const [add, multiply] = [memoized((a: number, b: number) => a + b), memoized((a: number, b: number) => a * b)];
    expect([add(2, 3), multiply(2, 3), add(2, 3), multiply(2, 3)]).toEqual([5, 6, 5, 6]);
    await withCache({ engine: "map" }, async (cache) => {
      const [one, other] = [cache.wrap((n: number) => n + 1), cache.wrap((n: number) => n + 2)];
      expect([await one(1), await other(1), await one(1), await other(1)]).toEqual([2, 3, 2, 3]);
    });
  });

  it("D2: functions of one name in one folder share results, and changed code keeps old ones", async () => {
    const original = bcache(function rate(n: number) {
      return n + 1;
    }, folder);
    expect(await original(1)).toBe(2);
    await original.cache.close();
    const changed = bcache(function rate(n: number) {
      return n + 2;
    }, folder);
    expect(await changed(1)).toBe(3);
    await changed.cache.close();
    const scale = (factor: number) => bcache((n: number) => factor * n, { ...folder, name: "scaled" });
    const [two, three] = [scale(2), scale(3)];
    expect([await two(5), await three(5), await two(5), await three(5)]).toEqual([10, 15, 10, 15]);
    expect(lines.map(({ message }) => message)).toEqual([expect.stringMatching(/same name and source/)]);
  });

  it("D18: different calls have one key", () => {
    const show = mcache((...args: unknown[]) => args);
    const calls: unknown[][] = [
      [["a", 1]],
      [{ a: 1 }],
      ["a", 1],
      [[1]],
      ["[1]"],
      [1],
      ["1"],
      [true],
      ["True"],
      ["true"],
      [null],
      ["None"],
      [new Set([1, 2])],
      [new Map([[1, 2]])],
      [{}],
      ["{}"],
      ["[object Object]"],
      [new Date(1)],
      [new Date(1).toISOString()],
      ["a", "bc"],
      ["ab", "c"],
    ];
    for (const args of calls) expect(show(...args)).toEqual(args);
    expect(show.cache.stats().misses).toBe(calls.length);
    show({ b: 2, a: 1 });
    show({ a: 1, b: 2 });
    expect(show.cache.stats().hits, "the order in which options are written does not count").toBe(1);
  });

  it("D32: keys differ from process to process, and collide", async () => {
    const options = '{ folderName: "test", name: "f", version: 1 }';
    const call = `f("text", 1, { b: [2n], a: new Map([["k", new Date(5)]]) })`;
    const program = `import { bcache, closeCaches } from "twat-cache";
      const f = bcache((...args) => "by the child", ${options});
      await ${call};
      await closeCaches();`;
    await elsewhere(program);
    const here = bcache((..._args: unknown[]) => "here", { ...folder, name: "f", version: 1 });
    const args = ["text", 1, { a: new Map([["k", new Date(5)]]), b: [2n] }];
    expect([await here(...args), here.cache.stats().hits]).toEqual(["by the child", 1]);
    // Texts of which Python's and many other hashes are one.
    const texts = ["Aa", "BB", "AaAa", "BBBB", "AaBB", "BBAa", "", "\0"];
    const echo = bcache((text: string) => text, { ...folder, name: "echo" });
    for (let round = 0; round < 2; round += 1) {
      for (const text of texts) expect(await echo(text)).toBe(text);
    }
    expect(echo.cache.stats()).toMatchObject({ misses: texts.length, hits: texts.length });
  });

  it("D47: methods are keyed by the address of their object, or fail", async () => {
    class Shop {
      constructor(readonly name: string) {}
      price(item: string): string {
        return `${item} at ${this.name}`;
      }
      async stored(item: string): Promise<string> {
        return `${item} at ${this.name}`;
      }
    }
    decorate(Shop, "price", mcache());
    decorate(Shop, "stored", bcache({ ...folder, name: "stored", thisKey: (self) => (self as Shop).name }));
    const [one, other] = [new Shop("one"), new Shop("other")];
    expect([one.price("pen"), other.price("pen"), one.price("pen")]).toEqual([
      "pen at one",
      "pen at other",
      "pen at one",
    ]);
    expect([await one.stored("pen"), await other.stored("pen"), await one.stored("pen")]).toEqual([
      "pen at one",
      "pen at other",
      "pen at one",
    ]);
    const stats = cacheOf(one, "stored" as never) as unknown as { stats(): { hits: number } };
    expect(stats.stats().hits).toBe(1);
    class Nameless {
      readonly id = 1;
      async find(): Promise<number> {
        return this.id;
      }
    }
    expect(() => decorate(Nameless, "find", bcache(folder))).toThrow(ConfigurationError);
  });
});

describe("what a hit is", () => {
  it("D6: the disk's word for a miss is taken for a hit, and the function is never called", async () => {
    for (const [on, cache] of Object.entries({ bcache, fcache })) {
      let runs = 0;
      const read = cache((n: number) => ++runs && n, { ...folder, name: on });
      expect([await read.cache.peek(1), await read(1), runs, await read(1), runs]).toEqual([undefined, 1, 1, 1, 1]);
    }
  });

  it.each(["map", "lru", "sqlite", "file"])(
    "D7: a result that is None is computed again each time: %s",
    async (engine) => {
      for (const value of [undefined, null, Number.NaN, 0, "", false]) {
        let runs = 0;
        const read = ucache(() => ++runs && value, { ...folder, name: `read ${value}`, engine });
        expect([await read(), await read(), runs, await read.cache.has()]).toEqual([value, value, 1, true]);
      }
    },
  );

  it("D16: errors are kept as values, and error values are thrown", async () => {
    const returned = new RangeError("a value");
    const give = mcache(() => returned);
    expect([give(), give()]).toEqual([returned, returned]);
    const stored = bcache(() => new RangeError("a value"), { ...folder, name: "stored" });
    for (let round = 0; round < 2; round += 1) expect(await stored()).toEqual(returned);
    expect(stored.cache.stats().hits).toBe(1);
    let runs = 0;
    const recover = mcache(() => {
      runs += 1;
      if (runs === 1) throw returned;
      return runs;
    });
    expect(recover).toThrow(returned);
    expect(recover()).toBe(2);
  });

  it("D20: a coroutine is kept, which can be awaited once", async () => {
    let runs = 0;
    const read = mcache(async () => ({ run: ++runs }));
    const [first, second] = [await read(), await read()];
    expect([first, second, (await read()).run]).toEqual([{ run: 1 }, { run: 1 }, 1]);
    const promise = read();
    expect([await promise, await promise]).toEqual([first, first]);
    const plain = acache(() => Promise.reject(new Error(`failure ${++runs}`)));
    await expect(plain()).rejects.toThrow("failure 2");
    await expect(plain()).rejects.toThrow("failure 3");
  });

  it("D45: what a caller does to a result changes later hits", async () => {
    const list = bcache(() => [1], { ...folder, name: "list" });
    for (let round = 0; round < 3; round += 1) (await list()).push(2);
    expect(await list()).toEqual([1]);
    const copied = mcache(() => [1], { clone: "structured" });
    for (let round = 0; round < 3; round += 1) copied().push(2);
    expect(copied()).toEqual([1]);
    const frozen = mcache((): readonly number[] => [1], { clone: "freeze" });
    expect(() => (frozen() as number[]).push(2)).toThrow(TypeError);
    const shared = mcache(() => [1]);
    expect(shared(), "in memory callers share the object, unless told otherwise").toBe(shared());
  });
});

describe("how often the function runs", () => {
  it("D9: the function's own error makes it run a second time", async () => {
    const error = new Error("its own");
    let runs = 0;
    const fail = (): never => {
      runs += 1;
      throw error;
    };
    expect(ucache(fail)).toThrow(error);
    expect(runs).toBe(1);
    await expect(bcache(fail, { ...folder, name: "fail" })()).rejects.toBe(error);
    expect(runs).toBe(2);
    expect(lines, "and nobody is told that the cache has failed").toEqual([]);
  });

  it("D17: arguments that cannot be hashed or written fail the call", async () => {
    class Hidden {
      readonly #secret = 1;
      get secret(): number {
        return this.#secret;
      }
    }
    const odd: unknown[] = [[1], { a: [1] }, new Map(), () => 1, Symbol("s"), new Hidden(), new WeakMap(), 1n];
    let runs = 0;
    const kind = (value: unknown): string => {
      runs += 1;
      return typeof value;
    };
    const inMemory = mcache(kind);
    for (const value of odd) expect([inMemory(value), inMemory(value)]).toEqual([typeof value, typeof value]);
    expect(runs).toBe(odd.length);
    const onDisk = bcache(kind, { ...folder, name: "kind" });
    for (const value of [() => 1, Symbol("s"), new Hidden()]) {
      runs = 0;
      expect([await onDisk(value), runs]).toEqual([typeof value, 1]);
    }
    expect(onDisk.cache.stats()).toMatchObject({ bypasses: 3, hits: 0 });
    const explained = bcache((value: { [cacheKey](): unknown }) => typeof value, { ...folder, name: "explained" });
    for (let round = 0; round < 2; round += 1) await explained({ [cacheKey]: () => "who it is" });
    expect(explained.cache.stats().hits).toBe(1);
  });

  it("D46: concurrent calls of one key all run the function", async () => {
    let runs = 0;
    const slow = async (n: number): Promise<number> => {
      runs += 1;
      await settle();
      return n;
    };
    const caches = [acache(slow), ucache(slow), bcache(slow, { ...folder, name: "slow" })];
    for (const cached of caches) {
      runs = 0;
      expect(new Set(await Promise.all(Array.from({ length: 100 }, () => cached(1))))).toEqual(new Set([1]));
      expect(runs).toBe(1);
    }
  });
});

describe("what an engine does", () => {
  it.each(["map", "lru"])("D12: least recently used leaves by the order of insertion: %s", (engine) => {
    const read = mcache((key: string) => key, { engine, maxSize: 2 });
    for (const key of ["a", "b", "a", "c"]) read(key);
    expect(["a", "b", "c"].map((key) => read.cache.has(key))).toEqual([true, false, true]);
  });

  it("D14: one expired entry clears the whole cache, and the statistics", () => {
    const clock = createFakeClock();
    const read = mcache((n: number) => n, { ttl: (n) => n, clock });
    for (const n of [10, 1_000, 1_000]) read(n);
    clock.advance(10);
    expect([read.cache.has(10), read.cache.has(1_000)]).toEqual([false, true]);
    read(10);
    expect([read.cache.has(1_000), read.cache.stats().hits, read.cache.stats().misses]).toEqual([true, 1, 3]);
  });

  it("D21: asynchronous operations of an engine are not awaited", async () => {
    const options = { engine: thirdPartyAsync, maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
    const read = acache(async (n: number) => n, options);
    await read(1);
    expect([await read.cache.has(1), await read.cache.peek(1), await read(1)]).toEqual([true, 1, 1]);
    expect(read.cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    expect([await read.cache.delete(1), await read.cache.has(1)]).toEqual([true, false]);
    await read(1);
    await read.cache.clear();
    expect(await read.cache.has(1)).toBe(false);
    const failing = thirdPartyAsyncWith(() => ({ clear: () => Promise.reject(new Error("down")) }));
    const stuck = acache(async (n: number) => n, { ...options, engine: failing });
    await stuck(1);
    await expect(stuck.cache.clear()).rejects.toThrow(CacheOperationError);
  });

  it("D26: the number of entries is taken for bytes", async () => {
    for (const options of [{ maxSize: 100 }, {}, { maxSize: 100, maxBytes: "1GB" as const }] as DiskCacheOptions[]) {
      let runs = 0;
      const read = bcache((n: number) => ++runs && "x".repeat(100) + n, { ...folder, name: "read", ...options });
      for (let round = 0; round < 2; round += 1) for (let n = 0; n < 50; n += 1) await read(n);
      expect(runs).toBe(50);
      await read.cache.clear();
      await read.cache.close();
    }
  });

  it("D43: times of expiry are lost with the process", async () => {
    for (const [on, cache] of Object.entries({ bcache, fcache })) {
      const clock = createFakeClock(Date.now());
      let runs = 0;
      const make = () => cache(() => ++runs, { ...folder, cacheDir: cacheDir(), name: on, ttl: "1m", clock });
      const first = make();
      await first();
      await first.cache.close();
      clock.advance("59s");
      const second = make();
      expect(await second()).toBe(1);
      await second.cache.close();
      clock.advance("1s");
      expect(await make()()).toBe(2);
    }
  });
});

describe("what lies on the disk", () => {
  it("D10: clear_cache deletes other programs' files", async () => {
    for (const name of ["theirs", "theirs/nested"]) mkdirSync(join(cacheDir(), name));
    for (const name of ["cache.db", "theirs/a", "theirs/nested/b"]) writeFileSync(join(cacheDir(), name), "precious");
    const before = everything();
    await clearCache();
    expect(everything(), "with nothing registered").toEqual(before);
    const read = bcache((n: number) => n, { ...folder, name: "read" });
    await read(1);
    await clearCache();
    expect(await read.cache.has(1)).toBe(false);
    expect(existsSync(getCacheDir("test")), "entries are cleared, folders are not").toBe(true);
    await read.cache.close();
    expect(await clearCacheDir()).toBe(1);
    expect(everything()).toEqual(before);
    await expect(clearCacheDir("theirs")).rejects.toThrow("was not made by twat-cache");
    expect(readFileSync(join(cacheDir(), "theirs/nested/b"), "utf8")).toBe("precious");
  });

  it("D11: a folder's name leads out of the cache directory", async () => {
    const outside = join(cacheDir(), "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "precious");
    const names = ["..", ".", "../outside", "../../x", outside, "a/b", "a\\b", "", "a\0b", "outside/.."];
    const within = { cacheDir: join(cacheDir(), "root") };
    for (const folderName of names) {
      expect(() => bcache((n: number) => n, { ...folder, folderName }), folderName).toThrow(ConfigurationError);
      expect(() => ensureCacheDir(folderName, within), folderName).toThrow(ConfigurationError);
      expect(() => getCacheDir(folderName, within), folderName).toThrow(ConfigurationError);
      await expect(clearCacheDir(folderName, within), folderName).rejects.toThrow(ConfigurationError);
    }
    expect(everything()).toEqual(["outside", "outside/file"]);
  });

  it("D31: reading an entry can run code, and unpacking has no bound", async () => {
    const ran = globalThis as { ran?: boolean };
    const program = new TextEncoder().encode("globalThis.ran = true");
    for (const bytes of [program, Buffer.from("cos\nsystem\n(S'true'\ntR."), new Uint8Array(40)]) {
      expect(() => exactCodec.decode(bytes)).toThrow(SerializationError);
    }
    class Runs {
      set x(_value: unknown) {
        ran.ran = true;
      }
      toJSON(): string {
        return "not asked";
      }
    }
    for (const value of [() => 1, new Runs(), new Proxy({}, {})]) {
      expect(() => exactCodec.encode(value)).toThrow(CacheValueError);
    }
    const decoded = exactCodec.decode(exactCodec.encode(JSON.parse('{"__proto__":{"polluted":1}}'))) as object;
    expect([Object.getPrototypeOf(decoded), "polluted" in {}, ran.ran]).toEqual([Object.prototype, false, undefined]);
    // Ten megabytes that claim to be one kilobyte.
    const bomb = { bytes: gzipSync(new Uint8Array(10_000_000)), code: 1 };
    expect(decompressNow(bomb, 10_000_000)).toHaveLength(10_000_000);
    expect(() => decompressNow(bomb, 1_000)).toThrow("It cannot be unpacked.");
    // What somebody else has written who does not know the secret.
    const make = (secret: string, runs: number) =>
      bcache(() => runs, { ...folder, name: "signed", version: 1, secret: secret.padEnd(16, ".") });
    const theirs = make("theirs", 1);
    await theirs();
    await theirs.cache.close();
    expect(await make("ours", 2)()).toBe(2);
  });

  it.runIf(process.platform !== "win32")(
    "D39: directories are made with open modes, and files are never restricted",
    async () => {
      const modes = await elsewhere(`import fs from "node:fs";
      import { bcache, closeCaches, getCacheDir } from "twat-cache";
      process.umask(0);
      await bcache((n) => n, { folderName: "test", name: "f" })(1);
      await closeCaches();
      const path = getCacheDir("test");
      const files = fs.readdirSync(path).map((name) => path + "/" + name);
      console.log([path, ...files].map((one) => (fs.statSync(one).mode & 0o777).toString(8)).join());`);
      expect(modes).toMatch(/^700(,600)+$/);
      // A folder that was left open is closed.
      const open = ensureCacheDir("old", { secure: false });
      expect((statSync(open).mode & 0o777).toString(8)).toBe("755");
      await bcache((n: number) => n, { ...folder, folderName: "old", name: "f" })(1);
      expect((statSync(open).mode & 0o777).toString(8)).toBe("700");
      expect(dirname(open)).toBe(getCacheDir());
    },
  );
});
