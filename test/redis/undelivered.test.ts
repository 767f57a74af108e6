/** Removals that do not get through to the server: reported, not served from here, and carried out once it is back. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CacheOperationError, closeCaches, invalidateTags } from "../../src/index.js";
import { until } from "../support/lateness.js";
import { collectLog } from "../support/log.js";
import { cachedOn, type OnRedis, untilHit } from "../support/redis-caches.js";
import { RedisProxy, type Weather } from "../support/redis-proxy.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

/** Milliseconds in which a removal gets through once it can, and what a slow machine adds. */
const DELIVERY = 2_000 + 500;
/** Milliseconds in which a change is acknowledged or not, and what a slow machine adds. */
const ACKNOWLEDGEMENT = 1_000 + 1_000;

collectLog();

const removals: readonly (readonly [string, (one: OnRedis) => Promise<unknown>])[] = [
  ["delete", ({ f }) => f.cache.delete(1)],
  ["clear", ({ f }) => f.cache.clear()],
  ["invalidateTags", ({ f }) => f.cache.invalidateTags("t")],
];

describe.runIf(hasRedis)("a removal that does not get through", () => {
  let server: RedisServer;
  let proxy: RedisProxy;
  let one: OnRedis;
  /** As another process has it. */
  let other: OnRedis;
  beforeEach(async () => {
    server = await RedisServer.start();
    proxy = await RedisProxy.start(server.port);
    one = cachedOn(proxy.url, { tags: ["t"] });
    other = cachedOn(server.url, { tags: ["t"], engineTimeout: "5s" });
    await untilHit(one, 1);
    await untilHit(one, 2);
    expect(await other.f(1)).toBe("1 v1");
    for (const { source } of [one, other]) source.version = "v2";
  });
  afterEach(async () => {
    await closeCaches().catch(() => undefined);
    await proxy.close();
    await server.remove();
  });

  const weathers: readonly Weather[] = ["refuse", "hang", "hold replies", "-READONLY", "wrong list"];

  describe.each(removals)("%s", (_name, remove) => {
    it.each(weathers)("for %s: is told of, holds here, and gets through without being asked for", async (weather) => {
      proxy.weather = weather;
      const begun = performance.now();
      await expect(remove(one)).rejects.toThrow(CacheOperationError);
      expect(performance.now() - begun).toBeLessThan(ACKNOWLEDGEMENT);
      for (let i = 0; i < 3; i += 1) expect(await one.f(1)).toBe("1 v2");
      proxy.weather = "pass";
      const took = await until("nobody is served the old value", async () => (await other.f.cache.peek(1)) !== "1 v1");
      console.info(`${expect.getState().currentTestName}: through after ${Math.round(took)} ms`);
      expect(took).toBeLessThan(DELIVERY);
      // Here it holds still, and then there are hits again.
      expect(await one.f(1)).toBe("1 v2");
      await untilHit(one, 1);
      expect([await one.f(1), await other.f(1)]).toEqual(["1 v2", "1 v2"]);
    });

    it("while the server is frozen: no value of before is served by it or by anybody when it goes on", async () => {
      server.freeze();
      await expect(remove(one)).rejects.toThrow(CacheOperationError);
      expect(await one.f(1)).toBe("1 v2");
      server.thaw();
      const took = await until("nobody is served the old value", async () => (await other.f.cache.peek(1)) !== "1 v1");
      expect(took).toBeLessThan(DELIVERY);
      await untilHit(one, 1);
      expect([await one.f(1), await other.f(1)]).toEqual(["1 v2", "1 v2"]);
    });
  });

  it("of thousands of keys: all get through", async () => {
    const keys = Array.from({ length: 1_500 }, (_, i) => 10 + i);
    await Promise.all(keys.map((key) => other.f.cache.set([key], `${key} v1`)));
    proxy.weather = "refuse";
    await until("it is known here", () =>
      one.f.cache.delete(1).then(
        () => false,
        () => true,
      ),
    );
    const outcomes = await Promise.allSettled(keys.map((key) => one.f.cache.delete(key)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toEqual([]);
    const { commands } = proxy;
    proxy.weather = "pass";
    await until("all are gone", async () =>
      (await Promise.all(keys.map((key) => other.f.cache.has(key)))).every((is) => !is),
    );
    // Of so many, everything is removed at once.
    expect(proxy.commands - commands).toBeLessThan(500);
  });

  it("is forgotten when a newer one does: what is put in after that stays", async () => {
    proxy.weather = "refuse";
    await expect(one.f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    proxy.weather = "pass";
    await until("it gets through", () =>
      one.f.cache.delete(1).then(
        () => true,
        () => false,
      ),
    );
    await one.f.cache.set([1], "1 new");
    const commands = proxy.commands;
    const begun = performance.now();
    await until("time for another attempt", () => performance.now() - begun > 1_200, 5_000, 50);
    expect(proxy.commands).toBe(commands);
    expect(await other.f(1)).toBe("1 new");
  });

  it("is tried for the last time when the cache is closed", async () => {
    proxy.weather = "-READONLY";
    await expect(one.f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    proxy.weather = "pass";
    await one.f.cache.close();
    expect(await other.f.cache.has(1)).toBe(false);
  });

  it("of a tag in all caches: is told of", async () => {
    proxy.weather = "refuse";
    await expect(invalidateTags("t")).rejects.toThrow(CacheOperationError);
    expect(await one.f(1)).toBe("1 v2");
  });

  it("of a tag that is invalidated again while it is told of: the second one reaches values made in between", async () => {
    await one.f.cache.invalidateTags("warm");
    proxy.weather = "hold replies";
    const first = one.f.cache.invalidateTags("t");
    await until("the server has the first", async () => (await other.f.cache.peek(1)) === undefined);
    // Made after the first and before the second.
    expect(await other.f(1)).toBe("1 v2");
    other.source.version = "v3";
    const second = one.f.cache.invalidateTags("t");
    proxy.weather = "pass";
    await Promise.all([first, second]);
    expect(await other.f(1)).toBe("1 v3");
  });
});

describe.runIf(hasRedis)("a write that comes late", () => {
  let server: RedisServer;
  let proxy: RedisProxy;
  let one: OnRedis;
  let other: OnRedis;
  beforeEach(async () => {
    server = await RedisServer.start();
    proxy = await RedisProxy.start(server.port);
    one = cachedOn(proxy.url);
    other = cachedOn(server.url, { engineTimeout: "5s" });
    await untilHit(one, 5);
    await other.f(5);
  });
  afterEach(async () => {
    await closeCaches().catch(() => undefined);
    await proxy.close();
    await server.remove();
  });

  /** Operations that the server has done. */
  const done = async (): Promise<number> => {
    const [text = ""] = await server.command("INFO", "commandstats");
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(text)?.[1] ?? 0);
  };

  const writes: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      "of a call",
      () => {
        one.source.meanwhile = () => {
          proxy.weather = "hold";
        };
        return one.f(1);
      },
    ],
    [
      "of a refresh",
      () => {
        one.source.meanwhile = () => {
          proxy.weather = "hold";
        };
        return one.f.cache.refresh(1);
      },
    ],
    [
      "of a value that is put in",
      async () => {
        proxy.weather = "hold";
        await expect(one.f.cache.set([1], "1 v1")).rejects.toThrow(CacheOperationError);
      },
    ],
  ];
  const after: readonly (readonly [string, () => Promise<unknown>, string | undefined])[] = [
    ["after a delete by another", () => other.f.cache.delete(1), undefined],
    ["after a clear by another", () => other.f.cache.clear(), undefined],
    [
      "after a delete by another, and a new value",
      async () => {
        await other.f.cache.delete(1);
        await other.f.cache.set([1], "1 v2");
      },
      "1 v2",
    ],
    ["after the server was emptied", () => server.command("FLUSHALL"), undefined],
  ];

  describe.each(writes)("%s", (_name, write) => {
    it.each(after)("%s, does not win", async (_what, remove, there) => {
      await write();
      await remove();
      const before = await done();
      proxy.weather = "pass";
      await until("it has come", async () => (await done()) > before);
      expect(await other.f.cache.peek(1)).toBe(there);
    });
  });

  it("is one that nobody has removed: a value put in right after a removal by another is kept", async () => {
    for (let i = 0; i < 5; i += 1) {
      await other.f.cache.delete(1);
      await one.f.cache.set([1], `1 put ${i}`);
      expect(await other.f.cache.peek(1)).toBe(`1 put ${i}`);
    }
  });
});
