/** The connection of those who use no cache of a server, as whoever invalidates by tags. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RedisConnection } from "../../src/engines/redis/connection.js";
import { connectionTo } from "../../src/engines/redis/connections.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

describe.runIf(hasRedis)("a connection that no cache uses", () => {
  let server: RedisServer;
  let connection: RedisConnection;
  beforeAll(async () => {
    server = await RedisServer.start();
    connection = connectionTo({ connection: server.url, prefix: "connection:" });
  });
  afterAll(() => server.remove());

  /** Says something to a server that answers after so many milliseconds. */
  async function say(milliseconds: number): Promise<void> {
    server.freeze();
    const said = connection.publish("connection:channel", "");
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    server.thaw();
    await said;
  }

  it("bug: was left while it waited for an answer, which then never came", async () => {
    await connection.publish("connection:channel", "");
    // Each takes less time than makes silence, both more than the connection stays for.
    await say(700);
    await say(700);
  });

  it("bug: was left with the last cache, though somebody else waited for an answer", async () => {
    connection.users += 1;
    await connection.publish("connection:channel", "");
    const said = connection.publish("connection:channel", "");
    await connection.release();
    await expect(said).resolves.toBeUndefined();
  });
});
