/** The option `lock` where stores cannot give leases, or do so late, and what it costs where it was not asked for. */

import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AsyncEngine, AsyncStore, Lease } from "../../src/contract/index.js";
import { acache, batch, bcache, ConfigurationError, closeCaches, fcache, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer } from "../support/deferred.js";
import { engineNamed, entryOf, idOf, makeTemporary, openStore, removeTemporary } from "../support/disk-stores.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
let cacheDir = "";
beforeEach(() => {
  cacheDir = makeTemporary();
  lines.length = 0;
});
afterEach(async () => {
  await closeCaches();
  removeTemporary(cacheDir);
});

/** The engine `file`, with some operations of its stores done otherwise, and all of them noted. */
function fileEngineWith(change: (store: AsyncStore) => Partial<AsyncStore>, noted: string[] = []): AsyncEngine {
  const engine = engineNamed("file") as AsyncEngine;
  return {
    ...engine,
    name: "altered",
    async open(options) {
      const opened = await engine.open(options);
      const store = { ...opened, ...change(opened) } as Record<string, unknown>;
      for (const [name, operation] of Object.entries(store)) {
        if (typeof operation !== "function" || name === "pack") continue;
        store[name] = (...args: unknown[]) => {
          noted.push(name);
          return operation(...args);
        };
      }
      return store as unknown as AsyncStore;
    },
  };
}

let made = 0;
/** Options of a cache of its own. */
function optionsWith(engine: AsyncEngine, further: object = {}): object {
  made += 1;
  return { name: `lock-${made}`, version: 1, folderName: "lock", cacheDir, engine, fallback: false, ...further };
}

const never = new Promise<never>(() => undefined);

describe("a store that cannot give leases", () => {
  it.each<[string, Partial<AsyncStore>]>([
    ["rejects", { lease: () => Promise.reject(new Error("no lease")) }],
    [
      "throws",
      {
        lease: () => {
          throw new Error("no lease");
        },
      },
    ],
    ["never answers", { lease: () => never }],
    ["gives rubbish", { lease: () => Promise.resolve({} as Lease) }],
    [
      "gives one that fails",
      {
        lease: () =>
          Promise.resolve({
            renew: () => Promise.reject(new Error("no")),
            release: () => Promise.reject(new Error("no")),
          }),
      },
    ],
    ["says that another has it, for ever", { lease: () => Promise.resolve(undefined) }],
  ])("%s: the function runs, and no call takes longer than the options say", async (_name, operations) => {
    const lock = { wait: 200, lease: 20 };
    const engine = fileEngineWith(() => operations);
    const square = bcache(async (n: number) => n * n, optionsWith(engine, { lock, engineTimeout: 100 }));
    await square.cache.has(0);
    for (const n of [1, 2, 3]) {
      const started = performance.now();
      expect(await square(n)).toBe(n * n);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
    expect(square.cache.stats().misses).toBe(3);
  });

  it("stops answering when it has given one: it is waited for no longer than the engine's time", async () => {
    let isSilent = false;
    const heard = defer<void>();
    const engine = fileEngineWith((store) => ({
      get: (...args) => (isSilent ? heard.promise.then(() => store.get(...args)) : store.get(...args)),
      set: (...args) => (isSilent ? heard.promise.then(() => store.set(...args)) : store.set(...args)),
      lease: async (...args) => {
        isSilent = true;
        return store.lease?.(...args);
      },
    }));
    const square = bcache(async (n: number) => n * n, optionsWith(engine, { lock: true, engineTimeout: 1_000 }));
    await square.cache.has(0);
    const started = performance.now();
    const value = await square(3);
    const waited = performance.now() - started;
    heard.resolve();
    expect(value).toBe(9);
    // Once, and not for the write as well.
    expect(waited).toBeLessThan(1_800);
  });

  it("gives one after its time: it is given back", async () => {
    const answer = defer<Lease>();
    let released = 0;
    const engine = fileEngineWith(() => ({ lease: () => answer.promise }));
    const square = bcache(async (n: number) => n * n, optionsWith(engine, { lock: true, engineTimeout: 50 }));
    expect(await square(3)).toBe(9);
    answer.resolve({
      renew: async () => true,
      release: async () => {
        released += 1;
      },
    });
    await expect.poll(() => released).toBe(1);
  });

  it("stores more slowly than its call waits: others may only load when it has stored, since they would find nothing", async () => {
    const stored = defer<void>();
    const events: string[] = [];
    const lease: Lease = { renew: async () => true, release: async () => void events.push("released") };
    const engine = fileEngineWith((store) => ({
      lease: async () => lease,
      set: (...args) => stored.promise.then(() => store.set(...args)).finally(() => events.push("stored")),
    }));
    const square = bcache(async (n: number) => n * n, optionsWith(engine, { lock: true, engineTimeout: 50 }));
    expect(await square(3)).toBe(9);
    expect(events).toEqual([]);
    stored.resolve();
    await expect.poll(() => events).toEqual(["stored", "released"]);
  });

  it("has none at all: that is said once, and the function runs", async () => {
    const engine = fileEngineWith(() => ({ lease: undefined as unknown as NonNullable<AsyncStore["lease"]> }));
    const square = bcache(async (n: number) => n * n, optionsWith(engine, { lock: true }));
    expect([await square(3), await square(4)]).toEqual([9, 16]);
    const told = lines.filter((line) => JSON.stringify(line).includes("has no leases"));
    expect(told).toHaveLength(1);
  });
});

describe("while another process has the lease", () => {
  const taken = (): AsyncEngine => fileEngineWith(() => ({ lease: () => Promise.resolve(undefined) }));
  const lock = { wait: "20s" };

  it("an older value is served after softTimeout", async () => {
    const clock = createFakeClock();
    const further = { lock, clock, ttl: "1m", staleIfError: "1h", softTimeout: 50 };
    let runs = 0;
    const count = bcache(async (_key: string) => ++runs, optionsWith(taken(), further));
    await count.cache.set(["k"], 0);
    clock.advance("2m");
    const started = performance.now();
    expect(await count("k")).toBe(0);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(runs).toBe(0);
    await count.cache.close();
  });

  it("a caller may stop waiting, and the function is not run for it", async () => {
    let runs = 0;
    let isTaken = true;
    let asked = 0;
    const engine = fileEngineWith((store) => ({
      lease: async (...args) => {
        asked += 1;
        return isTaken ? undefined : store.lease?.(...args);
      },
    }));
    const further = { lock, key: (key: string) => key };
    const count = bcache(async (_key: string, _signal: AbortSignal) => ++runs, optionsWith(engine, further));
    const controller = new AbortController();
    const call = count("k", controller.signal);
    await expect.poll(() => asked).toBeGreaterThan(0);
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    isTaken = false;
    expect(await count("k", new AbortController().signal)).toBe(1);
    expect(runs).toBe(1);
  });

  it("refresh does not wait", async () => {
    let runs = 0;
    const count = bcache(async (_key: string) => ++runs, optionsWith(taken(), { lock }));
    await count.cache.has("k");
    const started = performance.now();
    expect(await count.cache.refresh("k")).toBe(1);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await count("k")).toBe(1);
  });
});

describe("a function for many", () => {
  it("is asked for all at once that look together, though some get their leases later", async () => {
    const asked: number[][] = [];
    let leases = 0;
    const engine = fileEngineWith((store) => ({
      lease: async (...args) => {
        leases += 1;
        await new Promise((resolve) => setTimeout(resolve, 20 * leases));
        return store.lease?.(...args);
      },
    }));
    const options = optionsWith(engine, { lock: true, engineTimeout: 5_000 });
    const square = batch(async (numbers: number[]) => {
      asked.push(numbers);
      return numbers.map((n) => n * n);
    }, options);
    expect(await Promise.all([1, 2, 3, 4].map((n) => square(n)))).toEqual([1, 4, 9, 16]);
    expect(asked.map((together) => together.length)).toEqual([4]);
  });
});

describe("the operations of a store", () => {
  async function operationsOf(further: object): Promise<string[]> {
    const noted: string[] = [];
    const square = bcache(
      async (n: number) => n * n,
      optionsWith(
        fileEngineWith(() => ({}), noted),
        further,
      ),
    );
    await square.cache.has(0);
    noted.length = 0;
    expect(await square(3)).toBe(9);
    expect(await square(3)).toBe(9);
    return noted;
  }

  it("are the same as ever without the option", async () => {
    expect(await operationsOf({})).toEqual(["get", "fence", "set", "get"]);
    expect(await operationsOf({ lock: false })).toEqual(["get", "fence", "set", "get"]);
  });

  it("are a lease and a second look more with it, at a miss", async () => {
    expect(await operationsOf({ lock: true })).toEqual(["get", "fence", "lease", "get", "fence", "set", "get"]);
  });
});

describe("what processes leave that are killed", () => {
  const leases = (): string => join(cacheDir, "f", "files", idOf("test"), "leases");

  it("is removed when it is old, and not before", async () => {
    const store = (await openStore(engineNamed("file"), cacheDir)) as AsyncStore;
    expect(await store.lease?.("old", 1_000)).toBeDefined();
    const [old = ""] = readdirSync(leases());
    expect(await store.lease?.("young", 1_000)).toBeDefined();
    writeFileSync(join(leases(), "begun"), "");
    const before = Date.now() / 1_000 - 5;
    utimesSync(join(leases(), old), before, before);
    await store.set("k", entryOf(1));
    await store.close();
    expect(existsSync(join(leases(), old))).toBe(false);
    expect(readdirSync(leases())).toHaveLength(2);
  });
});

describe("the option", () => {
  const square = (n: number): number => n * n;

  it.each([1, "yes", {}.constructor, { wait: -1 }, { lease: 0 }, { wait: "1s", other: 1 }])("%s is refused", (lock) => {
    expect(() => bcache(square, { lock: lock as unknown as true })).toThrow(ConfigurationError);
  });

  it("does not go together with sync: true", () => {
    expect(() => fcache(square, { lock: true, sync: true } as object)).toThrow(
      /lock: expected a function that returns/,
    );
    expect(() => fcache(square, { lock: false, sync: true, engine: "map" } as object)).not.toThrow();
  });

  it("is none of caches in memory; where promises are always returned, it is not needed", async () => {
    expect(() => mcache(square, { lock: true } as object)).toThrow(/for results on disk use bcache/);
    let runs = 0;
    const once = acache(async () => ++runs, { lock: true });
    expect(await Promise.all([once(), once()])).toEqual([1, 1]);
  });
});
