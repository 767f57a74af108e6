/** Several processes on one cache on a Redis server: nothing acknowledged is lost, nothing removed is back. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "../support/bundle.js";
import { seed } from "../support/random.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";
import { runStorm, type Storm } from "../support/storm.js";

describe.runIf(hasRedis)(`processes on one cache on a server, SEED=${seed}`, () => {
  let program: Bundle;
  let server: RedisServer;
  beforeAll(async () => {
    program = await bundle("test/support/storm-child.ts");
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await server?.remove();
    program?.remove();
  });
  beforeEach(() => server.command("FLUSHALL"));

  const storm: Storm = {
    engine: "redis",
    mode: "store",
    seed,
    processes: 4,
    operations: 3_000,
    lanes: 8,
    keys: 30,
    own: 50,
    closes: true,
  };

  it.each<[string, Partial<Storm>]>([
    ["4 × 3,000 operations", {}],
    ["4 × 2,000 on three keys", { operations: 2_000, keys: 3 }],
    ["by handles, 4 × 1,000", { mode: "handle", operations: 1_000, lanes: 1, closes: false }],
    ["4 × 1,500, with functions that take a while", { mode: "loads", operations: 1_500, keys: 8 }],
    ["8 × 2,000, with tags too", { mode: "loads", operations: 2_000, keys: 8, processes: 8, tagged: true }],
  ])("%s", async (_what, special) => {
    const orders = { ...storm, ...special, redis: server.url };
    const begun = performance.now();
    const { operations, acknowledged, wrong, errors, slow } = await runStorm(program.path, orders);
    console.info(
      `${_what}: ${Math.round(performance.now() - begun)} ms, ${acknowledged} of ${operations} acknowledged`,
    );
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(errors.slice(0, 5)).toEqual([]);
    expect(slow).toBeLessThan(operations * 0.05);
    // What functions give is not acknowledged to anybody.
    expect(acknowledged).toBeGreaterThan(operations * (orders.mode === "loads" ? 0.5 : 0.8));
  });
});
