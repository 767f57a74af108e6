/** The connections of this process: one for all who mean the same server, or cluster. */

import type { Server } from "../../contract/index.js";
import { identityOf } from "../../keys/index.js";
import { ClusterConnection, isCluster } from "./cluster.js";
import { type RedisConnection, ServerConnection } from "./connection.js";

const connections = new Map<string, RedisConnection>();

/** A text that is the same for all who mean the same server. It may hold a password. */
export function nameOfServer({ connection }: Server): string {
  return JSON.stringify(connection ?? {}, (_key, value: unknown) =>
    typeof value === "function" || (typeof value === "object" && value !== null && !isPlain(value))
      ? `@${identityOf(value)}`
      : value,
  );
}

/** The connection to a server; one for all who mean the same. */
export function connectionTo(server: Server): RedisConnection {
  const name = nameOfServer(server);
  const known = connections.get(name) ?? connect(server);
  connections.set(name, known);
  return known;
}

function connect({ connection }: Server): RedisConnection {
  return isCluster(connection) ? new ClusterConnection(connection) : new ServerConnection(connection);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
