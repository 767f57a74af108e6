/** What `explain` says of engines that fail, lie, hang, or cannot be used; it never throws for them. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AsyncEngine, SyncEngine } from "../../src/contract/index.js";
import { engines } from "../../src/engines/index.js";
import { acache, bcache, closeCaches, explain, fcache, mcache } from "../../src/index.js";
import { type ChaosOptions, chaosEngine, createFakeClock } from "../../src/testing/index.js";
import { defer } from "../support/deferred.js";
import { persistentEngines } from "../support/disk-stores.js";
import { thirdPartyAsync, thirdPartyAsyncWith, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { temporaryDirectories } from "../support/temporary.js";

const lines = collectLog();
const cacheDir = temporaryDirectories();
afterEach(() => closeCaches());

const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("a store that answers at once", () => {
  const map = engines.named("map") as SyncEngine;

  it.each([
    ["throws", "throw", "unknown", "engine-failed", "chaos in get"],
    ["answers with rubbish", "garbage", "withheld", "damaged", "something that is not an entry"],
    ["answers with another entry", "foreign", "withheld", "damaged", "entry of another key"],
  ] as const)("that %s", (_how, fault, state, reason, words) => {
    const chaos: ChaosOptions = { faults: [fault], operations: [] };
    const onError = vi.fn();
    const f = mcache((n: number) => n, { engine: chaosEngine(map, chaos), onError });
    f(1);
    f(2);
    Object.assign(chaos, { operations: ["get", "delete"] });
    const before = f.cache.stats();
    expect(f.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason,
      tiers: [{ state, why: expect.stringContaining(words) }],
    });
    expect([f.cache.stats(), onError.mock.calls, lines]).toEqual([before, [], []]);
    // What could not be believed is still there.
    chaos.operations = [];
    expect(f.cache.explain(1).outcome).toBe("hit");
  });

  it("that has failed to remove something", () => {
    const chaos: ChaosOptions = { operations: [] };
    const f = mcache((n: number) => n, { engine: chaosEngine(map, chaos) });
    f(1);
    chaos.operations = ["delete"];
    expect(() => f.cache.delete(1)).toThrow("delete");
    expect(f.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason: "removal-pending",
      tiers: [{ state: "withheld" }],
    });
  });

  it("that cannot be opened", () => {
    const f = bcache((n: number) => n, {
      sync: true,
      name: "unopened",
      cacheDir: "/dev/null/nowhere",
      fallback: false,
      engine: chaosEngine(map, { operations: ["open"] }),
    });
    const before = f.cache.stats();
    expect(explain(f, 1)).toMatchObject({
      outcome: "uncached",
      reason: "engine-failed",
      why: expect.stringContaining("chaos in open"),
      engine: { state: "failed" },
    });
    expect(f.cache.stats().engineFailures).toBe(before.engineFailures);
  });

  it("of an engine that is not there, for which another stands in", () => {
    const f = mcache((n: number) => n, { engine: "nowhere" });
    f(1);
    const { outcome, engine } = f.cache.explain(1);
    expect([outcome, engine.name, engine.state]).toEqual(["hit", "lru", "open"]);
    expect(engine.skipped).toEqual([{ engine: "nowhere", reason: expect.stringContaining("not registered") }]);
    expect(engine.why).toContain('"lru" stands in for "nowhere", since "nowhere" is not used: it is not registered');
  });

  it("of an engine that cannot do what the options ask", () => {
    const f = mcache((n: number) => n, { maxSize: Number.POSITIVE_INFINITY });
    f(1);
    expect(f.cache.explain(1).engine).toEqual({
      name: "map",
      state: "open",
      why: '"map" is the next in the chain, since "lru" is not used: it needs a bound on the number of entries.',
      skipped: [{ engine: "lru", reason: "it needs a bound on the number of entries" }],
    });
  });

  it("that others use first: what options ask for is said to be", () => {
    const f = mcache((n: number) => n, { engine: thirdPartySync, ...unbounded });
    f(1);
    expect(f.cache.explain(1).engine.why).toBe('"third-party" is the one that was asked for.');
  });
});

describe("a store that answers with promises", () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterAll(() => void vi.useRealTimers());

  /** An engine whose `get` does as it is told. */
  function told(mode: {
    get: "works" | "rejects" | "throws" | "hangs" | "lies";
    set?: Promise<void>;
    delete?: "rejects";
  }): {
    readonly engine: AsyncEngine;
    readonly asked: string[];
  } {
    const asked: string[] = [];
    const engine = thirdPartyAsyncWith((store) => ({
      get(key) {
        asked.push(mode.get);
        if (mode.get === "throws") throw new Error("at once");
        if (mode.get === "rejects") return Promise.reject(new Error("later"));
        if (mode.get === "hangs") return new Promise(() => undefined);
        return mode.get === "lies" ? Promise.resolve({ rubbish: true } as never) : store.get(key);
      },
      set: async (key, entry) => {
        await mode.set;
        return store.set(key, entry);
      },
      delete: (key) => (mode.delete === "rejects" ? Promise.reject(new Error("no")) : store.delete(key)),
    }));
    return { engine, asked };
  }

  it.each([
    ["rejects", "engine-failed", "unknown", "later"],
    ["throws", "engine-failed", "unknown", "at once"],
    ["hangs", "engine-failed", "unknown", "did not answer in time"],
    ["lies", "damaged", "withheld", "not an entry"],
  ] as const)("that %s", async (how, reason, state, words) => {
    const mode: Parameters<typeof told>[0] = { get: "works" };
    const onError = vi.fn();
    const f = acache(async (n: number) => n, { engine: told(mode).engine, ...unbounded, onError });
    await f(1);
    mode.get = how;
    const before = f.cache.stats();
    const explained = f.cache.explain(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await explained).toMatchObject({
      outcome: "miss",
      reason,
      engine: { state: "open" },
      tiers: [{ state, why: expect.stringContaining(words) }],
    });
    expect([f.cache.stats(), onError.mock.calls, lines]).toEqual([before, [], []]);
    mode.get = "works";
    expect((await f.cache.explain(1)).outcome).toBe("hit");
  });

  it("that is left alone: it is asked all the same, and a call would not ask", async () => {
    const mode: Parameters<typeof told>[0] = { get: "works" };
    const { engine, asked } = told(mode);
    const f = acache(async (n: number) => n, { engine, ...unbounded, breaker: { threshold: 1 }, trace: 20 });
    await f(1);
    mode.get = "rejects";
    await f(2);
    mode.get = "works";
    asked.length = 0;
    const before = f.cache.stats();
    expect(await f.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason: "left-alone",
      engine: { state: "left alone" },
      tiers: [{ state: "fresh" }],
    });
    expect([asked, f.cache.stats()]).toEqual([["works"], before]);
    await f(4);
    expect(asked).toEqual(["works"]);
    // When the pause is over, the next call finds out, and so it would be a hit.
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await f.cache.explain(1)).toMatchObject({ outcome: "hit", engine: { state: "open" } });
    expect(f.cache.stats().skipped).toBeGreaterThan(0);
    await f(1);
    expect(f.cache.trace().filter(({ event }) => event === "engine")).toEqual(
      ["failed", "left alone", "back"].map((by) => expect.objectContaining({ by, key: undefined })),
    );
  });

  it("that has yet to answer a change", async () => {
    const mode: Parameters<typeof told>[0] = { get: "works" };
    const f = acache(async (n: number) => n, { engine: told(mode).engine, ...unbounded });
    await f(1);
    const late = defer<void>();
    mode.set = late.promise;
    const put = f.cache.set([1], 2).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(2_000);
    await put;
    expect(await f.cache.explain(1)).toMatchObject({ outcome: "miss", reason: "changing" });
    late.resolve();
  });

  it("that has failed to remove something", async () => {
    const mode: Parameters<typeof told>[0] = { get: "works" };
    const f = acache(async (n: number) => n, { engine: told(mode).engine, ...unbounded });
    await f(1);
    mode.delete = "rejects";
    await expect(f.cache.delete(1)).rejects.toThrow("delete");
    expect(await f.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason: "removal-pending",
      tiers: [{ state: "withheld" }],
    });
  });

  it("that cannot be opened", async () => {
    const capabilities = { ...thirdPartyAsync.capabilities, persistent: true, maxSize: 1_000, maxBytes: true };
    const engine = { ...chaosEngine(thirdPartyAsync, { operations: ["open"] }), name: "closed-door", capabilities };
    const f = bcache(async (n: number) => n, { engine, fallback: false, name: "door", cacheDir: cacheDir() });
    expect(await f.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason: "engine-failed",
      engine: { state: "failed", name: "closed-door", skipped: [{ engine: "closed-door" }] },
      tiers: [{ state: "unknown", why: expect.stringContaining("chaos in open") }],
    });
    expect(f.cache.stats()).toMatchObject({ engineFailures: 0, misses: 0 });
    await expect(f.cache.close()).rejects.toThrow("close");
  });
});

describe("a memory in front", () => {
  const usual = { name: "front", version: 1, folderName: "front", engineTimeout: "30s" } as const;

  it("that has held an entry for long enough, and one whose entry others have changed", async () => {
    const clock = createFakeClock();
    const options = { ...usual, cacheDir: cacheDir(), clock, memory: { ttl: 100 }, trace: 10 };
    const f = bcache((n: number) => n, options);
    await f(1);
    await f(1);
    expect((await f.cache.explain(1)).tiers.map(({ name, isFront, state }) => [name, isFront, state])).toEqual([
      ["lru", true, "fresh"],
      ["sqlite", false, "fresh"],
    ]);
    clock.advance(100);
    expect(await f.cache.explain(1)).toMatchObject({
      outcome: "hit",
      tiers: [{ state: "withheld", why: expect.stringContaining("as long as it may be") }, { state: "fresh" }],
    });
    await f(1);
    const other = bcache((n: number) => n, options);
    await other.cache.delete(1);
    await vi.waitFor(async () =>
      expect(await f.cache.explain(1)).toMatchObject({
        outcome: "miss",
        reason: "gone",
        tiers: [{ state: "withheld", why: expect.stringContaining("Somebody else") }, { state: "absent" }],
      }),
    );
  });

  it("that is not filled by who only looks", async () => {
    const f = bcache((n: number) => n, { ...usual, cacheDir: cacheDir(), memory: true });
    await f(1);
    for (let i = 0; i < 3; i += 1) {
      expect((await f.cache.explain(1)).tiers.map(({ state }) => state)).toEqual(["absent", "fresh"]);
    }
  });

  it("that serves while the engine is left alone", async () => {
    const memory = { engine: "lru", ttl: "1h" } as const;
    let isDown = false;
    const sqlite = engines.named("sqlite") as AsyncEngine;
    const engine: AsyncEngine = {
      ...sqlite,
      name: "moody",
      async open(options) {
        const store = await sqlite.open(options);
        const down = (): Promise<never> => Promise.reject(new Error("down"));
        return {
          ...store,
          get: (key, more, seen) => (isDown ? down() : store.get(key, more, seen)),
          inspect: (key) => (isDown ? [down()] : (store.inspect?.(key) ?? [])),
        };
      },
    };
    const f = bcache((n: number) => n, {
      ...usual,
      cacheDir: cacheDir(),
      tiers: [memory, { engine }],
      breaker: { threshold: 1 },
      fallback: false,
    });
    await f(1);
    await f(1);
    isDown = true;
    await f(2);
    expect(await f.cache.explain(1)).toMatchObject({
      outcome: "hit",
      engine: { state: "left alone" },
      tiers: [{ state: "fresh" }, { state: "unknown", why: "down" }],
    });
    expect(await f.cache.explain(2)).toMatchObject({ outcome: "miss", reason: "left-alone" });
  });
});

const onDisk = (await persistentEngines()).map(({ name, kind }) => ({ name, sync: kind === "sync" }));

describe("what lies on disk", () => {
  it.each(onDisk)("is damaged, on $name: it is said, and left as it is", async ({ name, sync }) => {
    const directory = cacheDir();
    const common = { name: "hurt", version: 1, folderName: "hurt", cacheDir: directory, fallback: false };
    const text = "a value that is easily found";
    const make = () =>
      bcache(() => text, { ...common, engine: name, sync, engineTimeout: "30s" } as never) as unknown as {
        (): unknown;
        readonly cache: {
          close(): unknown;
          explain(): unknown;
          stats(): { readonly damages: number };
        };
      };
    const first = make();
    await first();
    await first.cache.close();
    let harmed = 0;
    for (const file of readdirSync(directory, { recursive: true, encoding: "utf8", withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      const bytes = readFileSync(path);
      const at = bytes.indexOf(text);
      if (at < 0) continue;
      bytes[at] = "A".charCodeAt(0);
      writeFileSync(path, bytes);
      harmed += 1;
    }
    expect(harmed).toBeGreaterThan(0);
    const second = make();
    for (let i = 0; i < 2; i += 1) {
      expect(await second.cache.explain()).toMatchObject({
        outcome: "miss",
        reason: "damaged",
        tiers: [{ state: "withheld", why: expect.any(String) }],
      });
    }
    expect(second.cache.stats().damages).toBe(0);
    expect(await second()).toBe(text);
    expect(second.cache.stats().damages).toBe(1);
    expect(await second.cache.explain()).toMatchObject({ outcome: "hit" });
  });

  it("was changed by an engine that stood in for this one", async () => {
    const sqlite = engines.named("sqlite") as AsyncEngine;
    const common = {
      name: "marks",
      version: 1,
      folderName: "marks",
      cacheDir: cacheDir(),
      engineTimeout: "30s",
    } as const;
    const make = (engine: AsyncEngine) => bcache(async (n: number) => n, { ...common, engine });
    const first = make(sqlite);
    await first(1);
    await first.cache.close();
    const standIn = make({ ...sqlite, available: () => "it is on holiday", availableNow: () => "it is on holiday" });
    await standIn.cache.delete(1);
    const { engine } = await standIn.cache.explain(1);
    expect(engine.name).toBe("file");
    expect(engine.why).toBe('"file" stands in for "sqlite", since "sqlite" is not used: it is on holiday.');
    await standIn.cache.close();
    const back = make(sqlite);
    expect(await back.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason: "changed-elsewhere",
      tiers: [{ state: "withheld", why: expect.stringContaining("stood in for this one") }],
    });
    lines.length = 0;
  });

  it("belongs to another function of the same source", async () => {
    const make = (step: number) => {
      const add = (n: number): number => n + step;
      return fcache(add, { folderName: "twins", cacheDir: directory });
    };
    const directory = cacheDir();
    const [one, other] = [make(1), make(2)];
    await one(1);
    expect(await other.cache.explain(1)).toMatchObject({
      outcome: "uncached",
      reason: "identity",
      why: expect.stringContaining("another function of the same name and source"),
      engine: { state: "off" },
    });
    expect((await one.cache.explain(1)).outcome).toBe("hit");
  });

  it("cannot have the arguments as a key", async () => {
    const f = bcache((run: () => number) => run(), { name: "f", version: 1, cacheDir: cacheDir() });
    expect(await f.cache.explain(() => 1)).toMatchObject({
      outcome: "uncached",
      reason: "key",
      why: expect.stringContaining("A function cannot be part of a key on disk"),
    });
    expect(f.cache.stats()).toMatchObject({ misses: 0, bypasses: 0 });
  });
});
