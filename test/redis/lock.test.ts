/** Processes that take turns over a key, on a Redis server. */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bcache, closeCaches } from "../../src/index.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { makeTemporary, removeTemporary } from "../support/disk-stores.js";
import type { FenceOrders } from "../support/fence-orders.js";
import { FenceProcess } from "../support/fence-process.js";
import { type Ground, lockCases } from "../support/lock-cases.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";
import { openOnRedis } from "../support/redis-stores.js";

describe.runIf(hasRedis)("the option lock, on a server", () => {
  let server: RedisServer;
  let program: Bundle;
  beforeAll(async () => {
    server = await RedisServer.start();
    program = await bundle("test/support/fence-child.ts");
  });
  afterAll(async () => {
    program?.remove();
    await server?.remove();
  });

  const ground = (memory: boolean): Ground => {
    return {
      engine: "redis",
      memory,
      program: () => program.path,
      options: () => ({ redis: { url: server.url, database: 0 } }),
      open: () => openOnRedis(server.url),
      leases: async () => (await server.tell("KEYS *~lease:*")).split("\r\n").filter((line) => line.includes("~lease")),
    };
  };
  // What one case has left would be there for the next.
  beforeEach(() => server.tell("FLUSHALL"));
  describe.each([false, true])("memory %s", (memory) => lockCases(ground(memory)));

  describe("which is not to be had", () => {
    const square = async (n: number): Promise<number> => n * n;
    let made = 0;
    /** How long some calls took, each longest. */
    async function longestOf(calls: readonly (() => Promise<number>)[]): Promise<number> {
      const times = calls.map(async (call) => {
        const started = performance.now();
        expect(await call()).toBe(9);
        return performance.now() - started;
      });
      return Math.max(...(await Promise.all(times)));
    }
    const cacheOn = (url: string): ((n: number) => Promise<number>) => {
      made += 1;
      const options = { engine: "redis", redis: url, fallback: false, version: 1, folderName: "lock" } as const;
      return bcache(square, { ...options, name: `lock-${made}`, lock: { wait: "20s" } });
    };
    afterEach(() => closeCaches().catch(() => undefined));

    it("is waited for no longer than without a lock: one that is down", async () => {
      const absent = await RedisServer.absent();
      const calls = Array.from({ length: 20 }, () => cacheOn(absent.url));
      expect(await longestOf(calls.map((call) => () => call(3)))).toBeLessThan(2_000);
      await absent.remove();
    });

    it("is waited for no longer than without a lock: one that hangs", async () => {
      const own = await RedisServer.start();
      try {
        const call = cacheOn(own.url);
        expect(await call(2)).toBe(4);
        own.freeze();
        expect(await longestOf([() => call(3), () => call(3)])).toBeLessThan(2_000);
      } finally {
        own.thaw();
        await own.remove();
      }
    });

    it.each(["freeze", "kill"] as const)("%s, while another process is waited for: it is not any more", async (end) => {
      const own = await RedisServer.start();
      const directory = makeTemporary();
      const orders = {
        engine: "redis",
        memory: false,
        answers: "promises",
        cacheDir: join(directory, "cache"),
      } as const;
      const lock = { wait: "20s", lease: "20s" };
      const options = { redis: own.url, lock, engineTimeout: "150ms" };
      const ordersOf = (me: string): FenceOrders => ({ ...orders, me, options });
      const [a, b] = ["a", "b"].map((me) => new FenceProcess(program.path, ordersOf(me))) as [
        FenceProcess,
        FenceProcess,
      ];
      try {
        const finish = await a.hold("call", "k");
        const value = b.tell("call", "k");
        expect(await b.tell("runs")).toBe(0);
        const started = performance.now();
        await own[end]();
        expect(await value).toBe("b-1");
        expect(performance.now() - started).toBeLessThan(5_000);
        expect(await finish("value")).toBe("value");
      } finally {
        for (const one of [a, b]) await one.kill();
        own.thaw();
        await own.remove();
        removeTemporary(directory);
      }
    });
  });
});
