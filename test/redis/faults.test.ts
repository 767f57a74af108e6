/** The engine redis while the way to the server is broken in every way that there is. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/lateness.js";
import { cachedOn, callAnew, untilHit } from "../support/redis-caches.js";
import type { Weather } from "../support/redis-proxy.js";
import { BUDGET, endure, RECOVERY, setScene } from "../support/redis-scene.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

const { startProxy } = setScene();

/** Those that a client notices before it has a connection. */
const FROM_THE_START: readonly Weather[] = ["refuse", "hang", "reset", "half", "drip", "-LOADING", "garbage"];
const ALL_AT_ONCE: readonly Weather[] = [
  "refuse",
  "hang",
  "reset",
  "half",
  "drip",
  "hold",
  "hold replies",
  "wrong type",
  "wrong number",
  "wrong list",
  "-OOM",
  "-READONLY",
  "-LOADING",
  "-NOAUTH",
  "garbage",
];

describe.runIf(hasRedis)("a way to the server that is broken", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.remove());
  beforeEach(() => server.tell("FLUSHALL"));

  it.each(FROM_THE_START)("from the start: %s", async (weather) => {
    const proxy = await startProxy(server);
    proxy.weather = weather;
    const one = cachedOn(proxy.url);
    await endure(one, () => {
      proxy.weather = "pass";
    });
    expect(one.f.cache.engine).toBe("redis");
  });

  it.each(ALL_AT_ONCE)("all at once: %s", async (weather) => {
    const proxy = await startProxy(server);
    const one = cachedOn(proxy.url);
    await untilHit(one);
    proxy.weather = weather;
    await endure(one, () => {
      proxy.weather = "pass";
    });
  });

  it("that goes every 50 ms, and comes again: each call is right and in time", async () => {
    const proxy = await startProxy(server);
    const one = cachedOn(proxy.url);
    await untilHit(one);
    proxy.weather = "flap";
    const took: number[] = [];
    const begun = performance.now();
    await until("three seconds", async () => {
      took.push(await callAnew(one));
      return performance.now() - begun > 3_000;
    });
    expect(Math.max(...took)).toBeLessThan(BUDGET);
    expect(proxy.connections).toBeLessThan(50);
    proxy.weather = "pass";
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
  });
});
