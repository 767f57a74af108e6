/**
 * The package's client of one server, as far as it is used here. Its clients of clusters and by sentinels are not: they
 * keep the process alive, cannot be closed as long as a node is gone, and repeat old commands.
 */

import type { Availability } from "../../contract/index.js";
import { reasonOf } from "../../disk/index.js";
import { requirePackage, resolvePackage } from "../../node/require.js";

/** The package that @keyv/redis passes on. */
const PACKAGE = "@keyv/redis";

/** Whether the package is there. It is not loaded for that, since it takes a tenth of a second. */
export function isInstalled(): Availability {
  try {
    resolvePackage(PACKAGE);
    return true;
  } catch (error) {
    return reasonOf(PACKAGE, error);
  }
}

/** Milliseconds in which a connection must be there. */
const CONNECT_TIMEOUT = 2_000;
/** Commands that wait for their answers; beyond this there are errors, and no memory is used up. */
const MAX_QUEUED = 5_000;
/** Bytes come as they are, and are not taken for text. The number is that of the protocol's bulk strings, "$". */
const AS_BYTES = { typeMapping: { 36: Buffer } };

/** One of the server's replies: a number, bytes, `null`, a text, or a list of such. */
export type Reply = unknown;
/** A command: its name, and what it is about. */
export type Command = readonly (string | Buffer)[];

/** A client that is used for one connection, and for no other one after it. */
export interface Client {
  connect(): Promise<unknown>;
  send(command: Command): Promise<Reply>;
  /** Listens to channels, from when the promise is fulfilled. From then on the client is good for nothing else. */
  subscribe(channels: readonly string[], hear: (message: string, channel: string) => void): Promise<unknown>;
  /** Ends the connection at once; commands that wait are rejected. */
  destroy(): void;
}

/** The package's client. */
interface Raw {
  on(event: "error", hear: (error: unknown) => void): unknown;
  on(event: "connect" | "end", hear: () => void): unknown;
  connect(): Promise<unknown>;
  destroy(): unknown;
  unref(): void;
  subscribe(channels: readonly string[], hear: (message: string, channel: string) => void): Promise<unknown>;
  sendCommand(command: Command, options: object): Promise<Reply>;
}

/** What the package makes clients with. */
interface Package {
  createClient(options: object): Raw;
}

/** Options of the package's clients. */
export type ClientOptions = Readonly<Record<string, unknown>>;

/**
 * Makes a client that never tries again by itself: what it had not sent would be sent then, however old it is.
 *
 * @param failed - Is told when the connection is lost, maybe more than once.
 */
export function createClient(connection: string | ClientOptions, failed: (error: unknown) => void): Client {
  const options = named(typeof connection === "string" ? { url: connection } : connection);
  const { createClient: create } = requirePackage(PACKAGE) as Package;
  return client(create(careful(options)), failed);
}

/** A URL with the scheme that the client knows: a server of the other name speaks as this one does. */
function named(options: ClientOptions): ClientOptions {
  const { url } = options;
  return typeof url === "string" ? { ...options, url: url.replace(/^valkey(?=s?:)/, "redis") } : options;
}

/** Options under which a client does not queue without end, and does not come back on its own. */
function careful(options: ClientOptions): ClientOptions {
  const socket = { connectTimeout: CONNECT_TIMEOUT, ...(options.socket as ClientOptions | undefined) };
  return {
    commandsQueueMaxLength: MAX_QUEUED,
    ...options,
    disableOfflineQueue: true,
    socket: { ...socket, reconnectStrategy: false },
  };
}

function client(raw: Raw, failed: (error: unknown) => void): Client {
  raw.on("error", failed);
  raw.on("end", () => failed(new Error("The connection was closed.")));
  // An idle connection keeps no process alive.
  raw.unref();
  let isConnecting = false;
  let isOver = false;
  let giveUp: (error: Error) => void = () => undefined;
  const end = (): void => {
    try {
      raw.destroy();
    } catch {
      // It is closed already.
    }
  };
  raw.on("connect", () => {
    isConnecting = false;
    if (isOver) end();
  });
  return {
    connect() {
      isConnecting = true;
      const connected = raw.connect().finally(() => {
        isConnecting = false;
        if (isOver) end();
      });
      return new Promise((resolve, reject) => {
        giveUp = reject;
        connected.then(resolve, reject);
      });
    },
    async subscribe(channels, hear) {
      await raw.subscribe(channels, hear);
    },
    send(command) {
      try {
        return raw.sendCommand(command, AS_BYTES);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    destroy() {
      isOver = true;
      giveUp(new Error("The connection was closed."));
      // A client that has no socket yet would forget that it is to have none, and keep the one that it gets.
      if (!isConnecting) end();
    },
  };
}
