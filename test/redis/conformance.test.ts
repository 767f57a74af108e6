/** What every engine must do, on a real Redis server. */

import { afterAll, beforeAll, describe, it } from "vitest";
import { engineConformance } from "../../src/testing/index.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";
import { redisOn } from "../support/redis-stores.js";

describe.runIf(hasRedis)("the engine redis conforms", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.remove());

  let opened = 0;
  const engine = redisOn("", () => "");
  const bound = {
    ...engine,
    open: ((options) => redisOn(server.url, () => `twat-cache:${options.name}:`).open(options)) as typeof engine.open,
  };
  for (const { name, run } of engineConformance(bound)) {
    opened += 1;
    it(`${opened}: ${name}`, run);
  }
});
