/** Cached functions with a store of Keyv as their engine. */

import { readdirSync } from "node:fs";
import { Keyv } from "keyv";
import { Keyv as Keyv6 } from "keyv6";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  acache,
  batch,
  bcache,
  type CacheOptions,
  closeCaches,
  type DiskCached,
  fcache,
  getOrCreateEngine,
  invalidateTags,
  type KeyvStore,
  mcache,
  ucache,
  withCache,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer } from "../support/deferred.js";
import { inTemporary } from "../support/disk-stores.js";
import { collectLog } from "../support/log.js";
import { ProbeMap } from "../support/probe-map.js";

const lines = collectLog();
afterEach(() => closeCaches());

/** Cached functions with a common count of runs, that are one function to the store. */
function counted(engine: KeyvStore, options: object = {}): { wrap(): Counted; readonly runs: number } {
  let runs = 0;
  const load = async (n: number): Promise<{ readonly n: number; readonly run: number }> => {
    runs += 1;
    return { n, run: runs };
  };
  return {
    wrap: () => bcache(load, { name: "load", version: 1, engine, engineTimeout: "10s", ...options }),
    get runs() {
      return runs;
    },
  };
}
type Counted = DiskCached<(n: number) => Promise<{ readonly n: number; readonly run: number }>>;

describe("decorators with a store of Keyv", () => {
  const double = async (n: number): Promise<number> => 2 * n;
  it.each([
    ["acache", (engine: KeyvStore) => acache(double, { engine })],
    ["ucache", (engine: KeyvStore) => ucache(double, { engine })],
    ["bcache", (engine: KeyvStore) => bcache(double, { engine })],
    ["fcache", (engine: KeyvStore) => fcache(double, { engine })],
    ["batch", (engine: KeyvStore) => batch(async (all: number[]) => all.map((n) => 2 * n), { name: "batch", engine })],
  ])("%s keeps its results there, and in no folder", async (_name, decorate) => {
    await inTemporary(async (cacheDir) => {
      vi.stubEnv("TWAT_CACHE_DIR", cacheDir);
      const keyv = new Keyv();
      const fn = decorate(keyv) as DiskCached<typeof double>;
      expect([await fn(2), await fn(2), await fn(3)]).toEqual([4, 4, 6]);
      const { hits, misses, engineFailures } = fn.cache.stats();
      expect({ hits, misses, engineFailures, engine: fn.cache.engine }).toEqual({
        hits: 1,
        misses: 2,
        engineFailures: 0,
        engine: "keyv",
      });
      expect([await fn.cache.has(2), await fn.cache.delete(2), await fn.cache.has(2)]).toEqual([true, true, false]);
      expect([...(keyv.store as Map<string, string>).keys()]).toHaveLength(2);
      expect(readdirSync(cacheDir)).toEqual([]);
      vi.unstubAllEnvs();
    });
  });

  it("what one process has kept, another one finds, by name and version, in its folder and no other", async () => {
    const keyv = new Keyv();
    const one = counted(keyv);
    await one.wrap()(1);
    await closeCaches();
    expect((await one.wrap()(1)).run).toBe(1);
    for (const other of [{ name: "other" }, { version: 2 }, { folderName: "elsewhere" }]) {
      expect((await counted(keyv, other).wrap()(1)).run).toBe(1);
      expect((keyv.store as Map<string, string>).size % 2).toBe(0);
    }
    expect((keyv.store as Map<string, string>).size).toBe(8);
  });

  it("a decorated method, and a memory in front", async () => {
    const keyv = new Keyv();
    class Rates {
      readonly id = 1;
      runs = 0;
      async of(currency: string): Promise<string> {
        this.runs += 1;
        return currency;
      }
    }
    const method = Object.getOwnPropertyDescriptor(Rates.prototype, "of") as TypedPropertyDescriptor<Rates["of"]>;
    const decorate = acache({ engine: keyv, thisKey: (self: Rates) => self.id });
    Object.defineProperty(Rates.prototype, "of", decorate(Rates.prototype, "of", method));
    const rates = new Rates();
    expect([await rates.of("EUR"), await rates.of("EUR"), rates.runs]).toEqual(["EUR", "EUR", 1]);
    const probe = new ProbeMap();
    const near = counted(probe, { memory: true }).wrap();
    for (let i = 0; i < 5; i += 1) await near(1);
    const asked = probe.asked.length;
    await near(1);
    expect(probe.asked).toHaveLength(asked);
  });

  it("mcache, which has to answer at once, says so and stays in memory", () => {
    const options = { engine: new Keyv(), name: "memory" } as unknown as CacheOptions;
    const fn = mcache((n: number) => 2 * n, options as CacheOptions<(n: number) => number>);
    expect([fn(1), fn(1), fn.cache.engine]).toEqual([2, 2, "lru"]);
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/uses the engine "lru", since "keyv" cannot be used: it answers with promises/),
    ]);
  });

  it.each([
    ["redis", { redis: "redis://127.0.0.1:1" }, /none; got an object/],
    ["maxSize", { maxSize: 10 }, /none, since a server has bounds of its own/],
    ["maxBytes", { maxBytes: "1MB" as const }, /none, since a server has bounds of its own/],
    ["policy", { policy: "lru" as never }, /expected "fifo"/],
  ])("the option %s makes no sense there, and is refused", (option, options, message) => {
    const decorate = (): unknown => bcache(async (n: number) => n, { name: "n", engine: new Keyv(), ...options });
    expect(decorate).toThrow(message);
    expect(decorate).toThrow(option);
    const blindly = { name: "n", engine: new Keyv(), sync: true } as object;
    expect(() => bcache(async (n: number) => n, blindly)).toThrow(/a server answers later/);
  });

  it("what is neither an engine nor a store is refused", () => {
    const engine = { get() {}, set() {} } as unknown as KeyvStore;
    expect(() => bcache(async (n: number) => n, { engine, name: "n" })).toThrow(/Nor is it a store of Keyv/);
  });

  it("blocks keep there too, and caches made inside; two stores are two shared caches", async () => {
    const [keyv, other] = [new Map(), new Map()];
    await withCache({ engine: keyv, name: "block" }, async (cache) => {
      await cache.set("k", new Date(3));
      expect([cache.engine, await cache.get("k")]).toEqual(["keyv", new Date(3)]);
      const inside = bcache(async (n: number) => n, { name: "inside" });
      await inside(1);
      expect([inside.cache.engine, keyv.size]).toEqual(["keyv", 4]);
    });
    await withCache({ engine: keyv, name: "block" }, async (cache) => {
      expect(await cache.get("k")).toEqual(new Date(3));
    });
    const shared = [keyv, keyv, other].map((engine) => getOrCreateEngine({ engine }));
    expect(shared[0]).toBe(shared[1]);
    expect(shared[0]).not.toBe(shared[2]);
  });

  it("is closed without taking the store from the program", async () => {
    const probe = new ProbeMap();
    const fn = counted(probe).wrap();
    await fn(1);
    await fn.cache.close();
    await closeCaches();
    expect(probe.disconnected).toBe(0);
    expect(probe.listenerCount("error")).toBe(1);
    await counted(probe, { name: "another" }).wrap()(1);
    expect(probe.listenerCount("error")).toBe(1);
    // Each Keyv listens too.
    for (const namespace of ["a", "b"]) await counted(new Keyv({ store: probe, namespace })).wrap()(1);
    expect(probe.listenerCount("error")).toBe(3);
  });

  it("is written as the program's Keyv would write it", async () => {
    const map = new Map<string, string>();
    const backwards = (text: string): string => [...text].reverse().join("");
    const keyv = new Keyv({
      store: map,
      serialize: (data) => backwards(JSON.stringify(data)),
      deserialize: (text) => JSON.parse(backwards(text)),
    });
    const fn = counted(keyv, { ttl: "1h" }).wrap();
    await fn(1);
    expect((await fn(1)).run).toBe(1);
    for (const [key, text] of map) {
      expect(text).toMatch(/\.1tawt":"eulav"\{$/);
      expect(await keyv.get(key.slice("keyv:".length))).toMatch(/^twat1\./);
    }
    const record = [...map.values()].find((text) => text.includes(backwards('"expires":')));
    expect(record).toBeDefined();
  });
});

describe("a store that others use too", () => {
  it("keeps what others have in the same name space when a cache is cleared, and they can walk through ours", async () => {
    const keyv = new Keyv({ namespace: "shared" });
    await keyv.set("theirs", "kept");
    const one = counted(keyv).wrap();
    const two = counted(keyv, { name: "two" }).wrap();
    await one(1);
    await two(1);
    await one.cache.clear();
    expect([await one.cache.has(1), await two.cache.has(1), await keyv.get("theirs")]).toEqual([false, true, "kept"]);
    const walked: unknown[] = [];
    for await (const [key, value] of keyv.iterator?.(undefined) ?? []) walked.push([key, typeof value]);
    expect(walked).toHaveLength(5);
    await keyv.clear();
    expect([await two.cache.has(1), (keyv.store as Map<string, string>).size]).toEqual([false, 0]);
    expect((await two(1)).run).toBe(2);
  });

  it.each([undefined, "a", "a:b", "a%", "_"])(
    "has keys without signs that mean something, in the name space %s",
    async (namespace) => {
      const probe = new ProbeMap();
      const keyv = namespace === undefined ? probe : new Keyv({ store: probe, namespace });
      const fn = counted(keyv).wrap();
      for (let n = 0; n < 50; n += 1) await fn(n);
      await fn.cache.clear();
      await fn.cache.delete(1);
      const prefix = namespace === undefined ? "" : `${namespace}:`;
      expect(probe.records).toHaveLength(49);
      for (const key of probe.map.keys()) {
        expect(key.startsWith(prefix)).toBe(true);
        expect(key.slice(prefix.length)).toMatch(/^twat-cache-[0-9a-f]{32}-([0-9a-f]{24}|epoch)$/);
      }
      expect(probe.asked.filter((what) => /^(has|clear)/.test(what))).toEqual([]);
    },
  );

  it("keeps two name spaces of one store apart, where one is the beginning of the other", async () => {
    const map = new Map<string, unknown>();
    const fn = counted(new Keyv({ store: map, namespace: "a" })).wrap();
    await fn(1);
    const ours = [...map.keys()];
    expect(ours.filter((key) => key.startsWith("a:twat-cache:"))).toEqual([]);
    expect(ours).toHaveLength(2);
  });

  it("holds nothing in clear where there is a key for encryption", async () => {
    const map = new Map<string, string>();
    const fn = bcache(async (n: number) => `secret-${n}`, { name: "s", engine: map, encryptionKey: "0f".repeat(32) });
    await fn(1);
    expect(await fn(1)).toBe("secret-1");
    const written = [...map.values()].map((text) => {
      const { value } = JSON.parse(text) as { value: string };
      return Buffer.from(value.split(".")[2] ?? "", "base64").toString("latin1");
    });
    expect(written.join()).not.toContain("secret-1");
  });
});

describe("what is not as it was written is a miss", () => {
  const foreign: readonly unknown[] = [
    null,
    "",
    "text",
    ":",
    "{",
    "null",
    "17",
    '{"value":17}',
    '{"value":"text"}',
    '{"value":"twat1."}',
    '{"value":"twat1.zz.AAAA"}',
    `{"value":"twat1.${"0".repeat(32)}.AAAA"}`,
    17,
    true,
    [],
    {},
    { value: 1 },
    Buffer.from("bytes"),
    new Date(0),
    Symbol("odd"),
    () => 1,
  ];

  it("whatever stands in the place of a record", async () => {
    const probe = new ProbeMap();
    const one = counted(probe);
    const fn = one.wrap();
    await fn(1);
    const [record = ""] = probe.records;
    for (const [i, thing] of foreign.entries()) {
      probe.map.set(record, thing);
      expect(await fn(1), String(thing)).toEqual({ n: 1, run: i + 2 });
      expect(await fn(1)).toEqual({ n: 1, run: i + 2 });
    }
    expect(fn.cache.stats().engineFailures).toBe(0);
  });

  it("whatever stands in the place of an epoch, and if there is none", async () => {
    const probe = new ProbeMap();
    const fn = counted(probe).wrap();
    await fn(1);
    const [epoch = ""] = probe.epochs;
    const record = probe.map.get(probe.records[0] ?? "");
    for (const [i, thing] of [undefined, ...foreign, record].entries()) {
      if (thing === undefined) probe.map.delete(epoch);
      else probe.map.set(epoch, thing);
      expect((await fn(1)).run, String(thing)).toBe(i + 2);
      expect((await fn(1)).run).toBe(i + 2);
    }
    expect(fn.cache.stats().engineFailures).toBe(0);
  });

  it("every cut and every changed character of a record", async () => {
    const probe = new ProbeMap();
    const one = counted(probe);
    const fn = one.wrap();
    await fn(1);
    const [key = ""] = probe.records;
    const text = probe.map.get(key) as string;
    for (let at = 0; at < text.length; at += 7) {
      for (const changed of [text.slice(0, at), `${text.slice(0, at)}~${text.slice(at + 1)}`]) {
        probe.map.set(key, changed);
        const { n, run } = await fn(1);
        expect({ n, isNew: run === one.runs }, `at ${at}`).toEqual({ n: 1, isNew: true });
        expect(run).toBeGreaterThan(1);
      }
    }
  });

  it("the record of another key, of another cache, and one from before a clear", async () => {
    const probe = new ProbeMap();
    const fn = counted(probe).wrap();
    const other = counted(probe, { name: "other" }).wrap();
    await fn(1);
    await fn(2);
    const [one = "", two = ""] = probe.records;
    await other(1);
    const alien = probe.records.at(-1) ?? "";
    const old = probe.map.get(one);
    probe.map.set(one, probe.map.get(two));
    expect(await fn(1)).toEqual({ n: 1, run: 3 });
    probe.map.set(one, probe.map.get(alien));
    expect(await fn(1)).toEqual({ n: 1, run: 4 });
    await fn.cache.clear();
    probe.map.set(one, old);
    expect(await fn(1)).toEqual({ n: 1, run: 5 });
  });
});

describe("times", () => {
  it("are passed on in whole milliseconds, at least one, at most thirty days", async () => {
    const probe = new ProbeMap();
    const clock = createFakeClock();
    for (const [ttl, passed] of [
      [0.25, 1],
      [1.5, 2],
      ["1m", 60_000],
      ["90d", 2_592_000_000],
      [Number.POSITIVE_INFINITY, undefined],
    ] as const) {
      const fn = counted(probe, { ttl, clock, name: `ttl ${ttl}` }).wrap();
      await fn(1);
      expect(probe.ttls.splice(0), String(ttl)).toEqual([undefined, passed]);
    }
  });

  it("are kept where the store keeps none", async () => {
    const clock = createFakeClock();
    const fn = counted(new Map(), { ttl: "1m", clock }).wrap();
    expect([(await fn(1)).run, (await fn(1)).run]).toEqual([1, 1]);
    clock.advance("1m");
    expect((await fn(1)).run).toBe(2);
  });

  it("are moments for Keyv 6", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const keyv = new Keyv6({ namespace: "six" });
    const fn = counted(keyv, { ttl: "1m" }).wrap();
    await fn(1);
    expect((await fn(1)).run).toBe(1);
    const raw = (await keyv.getRaw((await firstKey(keyv)) ?? "")) as { readonly expires?: number } | undefined;
    expect(raw?.expires).toBeGreaterThan(Date.now() + 50_000);
    expect(raw?.expires).toBeLessThanOrEqual(Date.now() + 60_000);
    vi.useRealTimers();
  });
});

async function firstKey(keyv: Keyv6): Promise<string | undefined> {
  for await (const [key] of keyv.iterator?.() ?? []) if (!String(key).endsWith("epoch")) return String(key);
  return undefined;
}

describe("invalidation", () => {
  it("by tags ends entries in this process, and those from before in the next", async () => {
    const map = new Map<string, unknown>();
    const options = { tags: (value: { readonly n: number }) => [`n:${value.n}`] };
    const one = counted(map, options);
    const fn = one.wrap();
    await fn(1);
    await fn(2);
    await invalidateTags("n:1");
    expect([(await fn(1)).run, (await fn(2)).run]).toEqual([3, 2]);
    await fn.cache.close();
    vi.resetModules();
    const next = await import("../../src/index.js");
    const load = async (n: number): Promise<string> => `again ${n}`;
    const again = next.bcache(load, { name: "load", version: 1, engine: map, tags: ["any"] });
    expect([await again(1), await again(2), await again(2)]).toEqual(["again 1", "again 2", "again 2"]);
    expect(again.cache.stats().hits).toBe(1);
    await next.closeCaches();
  });

  it("by one process keeps out of the store what another one was loading", async () => {
    const map = new Map<string, unknown>();
    const gate = defer<string>();
    const options = { name: "late", version: 1, engine: map, engineTimeout: "10s" } as const;
    const loading = defer<void>();
    let late = false;
    const slow = async (_key: string): Promise<string> => {
      if (!late) return "now";
      loading.resolve();
      return gate.promise;
    };
    const fn = bcache(slow, options);
    await fn("other");
    late = true;
    const call = fn("k");
    await loading.promise;
    vi.resetModules();
    const next = await import("../../src/index.js");
    const peer = next.bcache(async (_key: string) => "new", options);
    await peer.cache.clear();
    gate.resolve("old");
    expect(await call).toBe("old");
    expect([await peer("k"), await peer("k")]).toEqual(["new", "new"]);
    late = false;
    expect(await fn("k")).toBe("new");
    await next.closeCaches();
  });

  it("the first calls of all, at once, are all kept", async () => {
    const probe = new ProbeMap();
    const fn = counted(probe).wrap();
    await Promise.all(Array.from({ length: 50 }, (_, n) => fn(n)));
    expect(await Promise.all(Array.from({ length: 50 }, (_, n) => fn.cache.has(n)))).not.toContain(false);
    expect(probe.ttls).toHaveLength(51);
  });
});
