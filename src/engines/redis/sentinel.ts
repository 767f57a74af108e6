/** Servers of which sentinels say where the master is. They are asked anew for each connection. */

import { type Address, addressIn, optionsAt } from "./address.js";
import { type Client, type ClientOptions, createClient } from "./client.js";
import { textOf } from "./reply.js";

/** Makes a client of a server, or of the one that sentinels name. See `createClient`. */
export function reach(connection: string | ClientOptions, failed: (error: unknown) => void): Client {
  return typeof connection === "string" || connection.sentinelRootNodes === undefined
    ? createClient(connection, failed)
    : clientOfMaster(connection, failed);
}

function clientOfMaster(options: ClientOptions, failed: (error: unknown) => void): Client {
  const { nodeClientOptions, nodeAddressMap } = options;
  const asked: Client[] = [];
  let master: Client | undefined;
  let isOver = false;
  const requireMaster = (): Client => {
    if (master === undefined || isOver) throw new Error("The connection was closed.");
    return master;
  };
  return {
    async connect() {
      const address = await addressOfMaster(options, asked);
      if (!isOver) master = createClient(optionsAt(address, nodeClientOptions, nodeAddressMap), failed);
      await requireMaster().connect();
      await checkRole(requireMaster());
    },
    async send(command) {
      return requireMaster().send(command);
    },
    async subscribe(channels, hear) {
      await requireMaster().subscribe(channels, hear);
    },
    destroy() {
      isOver = true;
      for (const client of asked) client.destroy();
      master?.destroy();
    },
  };
}

/** What the first sentinel says that knows. @param asked - Gets the clients that are used for this. */
async function addressOfMaster(options: ClientOptions, asked: Client[]): Promise<Address> {
  const { name, sentinelRootNodes, sentinelClientOptions, nodeAddressMap } = options;
  const ask = async (sentinel: Address): Promise<Address> => {
    // What happens to the connection is what happens to the command.
    const client = createClient(optionsAt(sentinel, sentinelClientOptions, nodeAddressMap), () => undefined);
    asked.push(client);
    await client.connect();
    const reply = await client.send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", String(name)]);
    const [host, port] = Array.isArray(reply) ? reply : [];
    const address = addressIn(host, port, sentinel.host);
    if (address === undefined) throw new Error("A sentinel does not know the master of this name.");
    return address;
  };
  try {
    return await Promise.any((sentinelRootNodes as readonly Address[]).map(ask));
  } catch (error) {
    throw (error as AggregateError).errors[0];
  } finally {
    for (const client of asked.splice(0)) client.destroy();
  }
}

/** Sentinels may be late: one that was the master follows another now. Where that may not be asked, it is believed. */
async function checkRole(client: Client): Promise<void> {
  const reply = await client.send(["ROLE"]).catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith("NOPERM")) return ["master"];
    throw error;
  });
  if (!Array.isArray(reply) || textOf(reply[0]) !== "master") throw new Error("The server is not the master any more.");
}
