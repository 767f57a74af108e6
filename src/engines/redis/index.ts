/** The engine `redis`: on a Redis or Valkey server, by the client that @keyv/redis brings. */

import type { AsyncEngine } from "../../contract/index.js";
import { Envelope, requirePlace, sealedStore } from "../../disk/index.js";
import { EngineError } from "../../errors.js";
import { ON_SERVER } from "../on-server.js";
import { isInstalled } from "./client.js";
import { serverInvalidations } from "./invalidations.js";

/** On a server. Opening does not wait for it: one that is down comes back. */
export const redisEngine: AsyncEngine = Object.freeze<AsyncEngine>({
  name: "redis",
  kind: "async",
  capabilities: ON_SERVER,
  available: isInstalled,
  availableNow: isInstalled,
  async open(options) {
    const place = requirePlace(options);
    const { server } = place;
    if (server?.connection === undefined) throw new EngineError(`The cache "${options.name}" has no server.`);
    const [{ connectionTo }, { RedisRecords }] = await Promise.all([
      import("./connections.js"),
      import("./records.js"),
    ]);
    const connection = connectionTo(server);
    connection.users += 1;
    connection.warmUp();
    const invalidations = serverInvalidations(server);
    const records = new RedisRecords(connection, server, place.id, invalidations, options);
    return sealedStore(options, new Envelope(place, false), records);
  },
});
