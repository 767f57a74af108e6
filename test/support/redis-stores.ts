/** Stores on a Redis server, as a decorator opens them. */

import type { AsyncEngine, AsyncStore, Place, Server, StoreOptions } from "../../src/contract/index.js";
import { engines } from "../../src/engines/index.js";
import { openStore } from "./disk-stores.js";

/** The engine, bound to a server, for stores whose places name none. */
export function redisOn(connection: Server["connection"], prefix: () => string): AsyncEngine {
  const engine = engines.named("redis") as AsyncEngine;
  return {
    ...engine,
    open: (options) => {
      const place = { ...(options.place as Place), server: { connection, prefix: prefix() } };
      return engine.open({ ...options, place });
    },
  };
}

/** Opens a store of the cache "test" on a server. */
export function openOnRedis(
  connection: Server["connection"],
  place: Partial<Place> = {},
  options: Partial<StoreOptions> = {},
): Promise<AsyncStore> {
  const engine = engines.named("redis") as AsyncEngine;
  const server = { connection, prefix: "twat-cache:test:" };
  return openStore(engine, "/nowhere", { server, ...place }, options) as Promise<AsyncStore>;
}
