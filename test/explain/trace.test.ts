/** The option `trace`: what a cache remembers, and how little that takes. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import type { SyncEngine } from "../../src/contract/index.js";
import { engines } from "../../src/engines/index.js";
import {
  acache,
  bcache,
  CacheOperationError,
  ConfigurationError,
  cacheOf,
  closeCaches,
  explain,
  fcache,
  mcache,
  withCache,
} from "../../src/index.js";
import { chaosEngine, createFakeClock } from "../../src/testing/index.js";
import { thirdPartyAsync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { temporaryDirectories } from "../support/temporary.js";

collectLog();
const cacheDir = temporaryDirectories();
afterEach(() => closeCaches());

describe("what is remembered", () => {
  it("is nothing, unless it was asked for", () => {
    const f = mcache((n: number) => n);
    f(1);
    f.cache.delete(1);
    expect([f.cache.trace(), f.cache.explain(1).events]).toEqual([[], []]);
    const off = mcache((n: number) => n, { trace: 0 });
    off(1);
    expect(off.cache.trace()).toEqual([]);
  });

  it("is what has happened, in its order, with times and keys, and no values", () => {
    const clock = createFakeClock();
    const f = mcache((text: string, n?: number) => ({ secret: `value of ${text}`, n }), {
      trace: 100,
      clock,
      ttl: 100,
      maxSize: 2,
      tags: ["all"],
      shouldCache: ({ n }) => n !== 13,
    });
    f("a");
    f("b", 2);
    clock.advance(10);
    f("c");
    f("d", 13);
    f.cache.set(["c"], { secret: "value of mine", n: 1 });
    f.cache.refresh("c");
    f.cache.expire("c");
    clock.advance(100);
    f("b", 2);
    f.cache.invalidateTags("all", "more");
    f("b", 2);
    f.cache.delete("b", 2);
    f.cache.delete("b", 2);
    f.cache.clear();
    const start = f.cache.trace()[0]?.at ?? 0;
    const events = f.cache.trace().map(({ at, event, by, key, detail }) => [at - start, event, by, key, detail]);
    expect(events).toEqual([
      [0, "stored", "load", '"a"', undefined],
      [0, "stored", "load", '"b", 2', undefined],
      [10, "removed", "evicted", '"a"', undefined],
      [10, "stored", "load", '"c"', undefined],
      [10, "refused", "option", '"d", 13', 'The option "shouldCache" said so.'],
      [10, "stored", "set", '"c"', undefined],
      [10, "stored", "refresh", '"c"', undefined],
      [10, "ended", "expire", '"c"', undefined],
      [110, "removed", "expired", '"b", 2', undefined],
      [110, "stored", "load", '"b", 2', undefined],
      [110, "invalidated", "invalidateTags", undefined, 'tag "all", tag "more"'],
      [110, "removed", "invalidated", '"b", 2', 'tag "all"'],
      [110, "stored", "load", '"b", 2', undefined],
      [110, "removed", "delete", '"b", 2', undefined],
      [110, "cleared", "clear", undefined, undefined],
    ]);
    expect(JSON.stringify(f.cache.trace())).not.toContain("value of");
  });

  it("is as much as was asked for, and the oldest goes first", () => {
    const f = mcache((n: number) => n, { trace: 3 });
    for (const n of [1, 2, 3, 4, 5]) f(n);
    expect(f.cache.trace().map(({ key }) => key)).toEqual(["3", "4", "5"]);
    f(6);
    expect(f.cache.trace().map(({ key }) => key)).toEqual(["4", "5", "6"]);
    expect(f.cache.trace()).toSatisfy(Object.isFrozen.bind(Object, f.cache.trace()[0]));
  });

  it("costs no event for a hit, nor for a look", () => {
    const f = mcache((n: number) => n, { trace: 10 });
    f(1);
    for (let i = 0; i < 20; i += 1) expect([f(1), f.cache.has(1), f.cache.peek(1), explain(f, 1).outcome]).toBeTruthy();
    expect(f.cache.trace()).toHaveLength(1);
  });

  it.each([-1, 1.5, 10_001, Number.NaN, "10", true])("is no %s", (trace) => {
    expect(() => mcache((n: number) => n, { trace: trace as number })).toThrow(ConfigurationError);
    expect(() => mcache((n: number) => n, { trace: trace as number })).toThrow(
      "trace: expected a whole number of events, 0 to 10000",
    );
  });

  it("is not there for blocks, which explain nothing", async () => {
    await expect(async () => withCache({ trace: 10 } as object, () => 1)).rejects.toThrow("trace");
  });

  it("is little, whatever the keys are", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const measure = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const f = mcache((key: string | number) => key !== "", { trace: 1_000, maxSize: 10 });
    const long = "x".repeat(10_000);
    // Half of them are parts of long texts, which a part would keep in memory.
    const keyFor = (i: number): string => (i % 2 === 0 ? `${i}:${long}` : `${i}:${long}`.slice(0, 100));
    f(keyFor(0));
    const before = measure();
    // Each is an event when it is stored, and another when it has to make room.
    for (let i = 0; i < 50_000; i += 1) f(i);
    for (let i = 0; i < 2_000; i += 1) f(keyFor(i));
    expect(f.cache.stats().evictions).toBeGreaterThan(51_000);
    expect(f.cache.trace()).toHaveLength(1_000);
    expect(measure() - before).toBeLessThan(1_500_000);
    const keys = f.cache.trace().map(({ key = "" }) => key.length);
    expect(Math.max(...keys)).toBeLessThan(250);
  });

  it("tells long keys apart", () => {
    const f = mcache((text: string) => text, { trace: 10 });
    const long = "y".repeat(500);
    f(`${long}1`);
    f(`${long}2`);
    f.cache.delete(`${long}1`);
    expect(f.cache.explain(`${long}1`)).toMatchObject({ reason: "deleted", events: [{}, {}] });
    expect(f.cache.explain(`${long}2`)).toMatchObject({ outcome: "hit", events: [{ event: "stored" }] });
    expect(f.cache.explain(`${long}3`)).toMatchObject({ reason: "never-stored", events: [] });
    expect(f.cache.trace()[0]?.key).toMatch(/^#501:[0-9a-f]{16}$/);
  });

  it("tells of failures of the engine, of what it lets go, and of what others do, in promises too", async () => {
    const directory = cacheDir();
    const options = {
      name: "t",
      version: 1,
      folderName: "t",
      cacheDir: directory,
      engineTimeout: "30s",
      trace: 50,
    } as const;
    const f = bcache(async (n: number) => n, options);
    await f(1);
    await f.cache.refresh(1);
    await f.cache.expire(1);
    await f.cache.set([2], 3);
    await f.cache.delete(2);
    await f.cache.invalidateTags("x");
    await f.cache.clear();
    expect(f.cache.trace().map(({ event, by, key }) => [event, by, key])).toEqual([
      ["stored", "load", "1"],
      ["stored", "refresh", "1"],
      ["ended", "expire", "1"],
      ["stored", "set", "2"],
      ["removed", "delete", "2"],
      ["invalidated", "invalidateTags", undefined],
      ["cleared", "clear", undefined],
    ]);
    const map = engines.named("map") as SyncEngine;
    const g = mcache((n: number) => n, { engine: chaosEngine(map, { operations: ["set"] }), trace: 10 });
    g(1);
    expect(g.cache.trace()).toMatchObject([{ event: "engine", by: "failed", key: "1", detail: "set" }]);
    expect(g.cache.explain(1)).toMatchObject({
      reason: "refused",
      why: expect.stringContaining("engine failed to set"),
    });
    const h = acache(async (n: number) => n, {
      engine: chaosEngine(thirdPartyAsync, { operations: ["set"] }),
      maxSize: Number.POSITIVE_INFINITY,
      policy: "fifo",
      trace: 10,
    });
    await h(1);
    expect(await h.cache.explain(1)).toMatchObject({ outcome: "miss", reason: "refused" });
  });
});

describe("what had to make room", () => {
  it.each(["lru", "map"] as const)("is known on %s", (engine) => {
    const f = mcache((n: number) => n, { engine, maxSize: 2, trace: 10 });
    for (const n of [1, 2, 3]) f(n);
    expect(f.cache.explain(1)).toMatchObject({ outcome: "miss", reason: "evicted" });
    expect(f.cache.explain(1).why).toBe("It had to make room for others.");
  });

  it.each(["sqlite", "file"] as const)("may be among what %s has let go", async (engine) => {
    const decorate = engine === "file" ? fcache : bcache;
    const options = {
      name: "room",
      version: 1,
      cacheDir: cacheDir(),
      folderName: "room",
      engineTimeout: "30s",
    } as const;
    const f = decorate(async (n: number) => n, { ...options, engine, maxSize: 2, trace: 20, fallback: false });
    for (const n of [1, 2, 3, 4, 5, 6]) await f(n);
    expect(f.cache.stats().evictions).toBeGreaterThan(0);
    const { evictions } = f.cache.stats();
    expect(await f.cache.explain(1)).toMatchObject({
      outcome: "miss",
      reason: "gone",
      why: expect.stringContaining(`among the ${evictions} that the engine has let go since, as evicted`),
    });
  });

  it.each(["lru", "map"] as const)("or was too large, on %s", (engine) => {
    const f = mcache((n: number) => "x".repeat(n), { engine, maxBytes: 500, trace: 10 });
    f(10_000);
    expect(f.cache.explain(10_000)).toMatchObject({
      reason: "refused",
      why: "The last result was returned, and not stored: It is larger than the whole cache may be.",
    });
    f(1);
    expect(f.cache.explain(1).tiers[0]?.bytes).toBeGreaterThan(0);
    expect(() => f.cache.set([2], "x".repeat(1_000))).toThrow("larger");
    expect(f.cache.explain(2)).toMatchObject({ reason: "refused" });
  });

  it("or was too large, on disk", async () => {
    const options = { name: "large", version: 1, cacheDir: cacheDir(), folderName: "l", engineTimeout: "30s" } as const;
    const f = bcache(async (n: number) => "x".repeat(n), { ...options, maxBytes: 5_000, trace: 10 });
    await f(10_000);
    expect(await f.cache.explain(10_000)).toMatchObject({ outcome: "miss", reason: "refused" });
    await expect(f.cache.set([2], "x".repeat(10_000))).rejects.toThrow("larger");
    expect(await f.cache.explain(2)).toMatchObject({ outcome: "miss", reason: "refused" });
  });
});

describe("methods", () => {
  function cached() {
    return mcache(
      function (this: { id: number }, n: number) {
        return this.id * n;
      },
      { scope: "instance", trace: 10, name: "times" },
    );
  }

  it("have a cache, and a memory, for each instance", () => {
    const f = cached();
    const [one, two, three] = [{ id: 1 }, { id: 2 }, { id: 3 }];
    f.call(one, 5);
    f.call(two, 5);
    cacheOf(f, one).delete(5);
    expect(cacheOf(f, one).explain(5)).toMatchObject({ reason: "deleted", key: { args: "5", self: undefined } });
    expect(cacheOf(f, two).explain(5)).toMatchObject({ outcome: "hit", events: [{ event: "stored" }] });
    expect(cacheOf(f, three).explain(5)).toMatchObject({ outcome: "miss", engine: { state: "unopened" } });
    expect(
      cacheOf(f, one)
        .trace()
        .map(({ event }) => event),
    ).toEqual(["stored", "removed"]);
    f.cache.clear();
    expect(cacheOf(f, two).explain(5)).toMatchObject({ outcome: "miss", reason: "absent" });
    expect(cacheOf(f, two).trace()).toMatchObject([{ event: "cleared" }]);
    expect(f.cache.stats()).toMatchObject({ misses: 2, hits: 0 });
  });

  it("have to be asked by an instance", () => {
    const f = cached();
    expect(() => f.cache.explain(1)).toThrow(CacheOperationError);
    expect(() => f.cache.trace()).toThrow("say which one: cacheOf(instance");
    expect(() => explain(f, 1)).toThrow(CacheOperationError);
    expect(cacheOf(f, 5 as never).explain(1)).toMatchObject({ outcome: "uncached", reason: "this" });
  });

  it("with a name on disk are those of the first object that is called, and not of the first that is looked at", async () => {
    class Repo {
      readonly base = 1;
      async find(n: number): Promise<number> {
        return this.base + n;
      }
    }
    const find = Object.getOwnPropertyDescriptor(Repo.prototype, "find") as PropertyDescriptor;
    const options = { name: "one", version: 1, folderName: "one", cacheDir: cacheDir(), engineTimeout: "30s" } as const;
    Object.defineProperty(Repo.prototype, "find", bcache(options)(Repo.prototype, "find", find));
    const [looked, called] = [new Repo(), new Repo()];
    expect(await cacheOf(looked, "find").explain(1)).toMatchObject({
      outcome: "miss",
      key: { self: "the one object that it is called on" },
    });
    await called.find(1);
    expect(await cacheOf(called, "find").explain(1)).toMatchObject({ outcome: "hit" });
    expect(await cacheOf(looked, "find").explain(1)).toMatchObject({
      outcome: "uncached",
      reason: "key",
      why: expect.stringContaining("called on several objects"),
    });
  });

  it("in a shared cache show who is meant", async () => {
    const shared = mcache(
      function (this: { id: number }, n: number) {
        return this.id * n;
      },
      { thisKey: ({ id }) => ({ id }) },
    );
    const self = { id: 7 };
    shared.call(self, 5);
    expect(cacheOf(shared, self).explain(5)).toMatchObject({ outcome: "hit", key: { args: "5", self: "{id: 7}" } });
    const byItself = acache(async function (this: object, n: number) {
      return [this, n];
    });
    await byItself.call(self, 1);
    expect(await cacheOf(byItself, self).explain(1)).toMatchObject({
      outcome: "hit",
      key: { args: "1", self: expect.stringMatching(/^object @\d+$/) },
    });
    expect(await byItself.cache.explain(1)).toMatchObject({ outcome: "miss", key: { self: undefined } });
  });
});
