/** A network between a client and a Redis server, on this machine, in which everything goes wrong that can. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * What becomes of connections, commands and replies. Errors, and what is nonsense, are answers to commands about data;
 * those by which a client introduces itself go through.
 *
 * - `pass`: everything goes through; what was held before does too.
 * - `refuse`: nobody can connect, and who was connected is not any more.
 * - `hang`: connections are taken, and nothing is ever answered.
 * - `reset`: a connection ends in the middle of a reply.
 * - `half`: the first half of a reply comes, and then nothing.
 * - `drip`: one byte a second comes.
 * - `flap`: `refuse` and `pass` by turns, each for 50 ms.
 * - `hold`: what clients say is held, and comes through later, even of clients that are gone.
 * - `hold replies`: what the server says is held.
 */
export type Weather =
  | "pass"
  | "refuse"
  | "hang"
  | "reset"
  | "half"
  | "drip"
  | "flap"
  | "hold"
  | "hold replies"
  | keyof typeof ANSWERS;

/** Answers that take the place of the server's. */
const ANSWERS = {
  "wrong type": "+FINE\r\n",
  "wrong number": ":7\r\n",
  "wrong list": "*4\r\n$1\r\nx\r\n$1\r\ny\r\n$1\r\nz\r\n$1\r\n!\r\n",
  "-OOM": "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
  "-READONLY": "-READONLY You can't write against a read only replica.\r\n",
  "-LOADING": "-LOADING Redis is loading the dataset in memory\r\n",
  "-NOAUTH": "-NOAUTH Authentication required.\r\n",
  garbage: "\u0000\u0007?!garbage\r\n$-9\r\n*x\r\n",
} as const;

/** Commands by which a client introduces itself. */
const GREETINGS = new Set(["CLIENT", "HELLO", "AUTH", "SELECT", "PING"]);
const FLAP = 50;
const DRIP = 1_000;

/** Finds the commands in what a client says. */
class Commands {
  #rest = Buffer.alloc(0);

  /** The commands that are complete now: their names, and their bytes. */
  take(chunk: Buffer): { readonly name: string; readonly bytes: Buffer }[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const found: { readonly name: string; readonly bytes: Buffer }[] = [];
    for (let one = this.#next(); one !== undefined; one = this.#next()) {
      found.push({ name: one.name, bytes: this.#rest.subarray(0, one.end) });
      this.#rest = this.#rest.subarray(one.end);
    }
    return found;
  }

  #next(): { readonly name: string; readonly end: number } | undefined {
    let at = 0;
    const line = (): string | undefined => {
      const end = this.#rest.indexOf("\r\n", at);
      if (end < 0) return undefined;
      const text = this.#rest.toString("latin1", at, end);
      at = end + 2;
      return text;
    };
    const count = Number(line()?.slice(1));
    let name = "";
    for (let i = 0; i < count; i += 1) {
      const length = Number(line()?.slice(1));
      if (Number.isNaN(length) || at + length + 2 > this.#rest.length) return undefined;
      if (i === 0) name = this.#rest.toString("latin1", at, at + length).toUpperCase();
      at += length + 2;
    }
    return Number.isNaN(count) ? undefined : { name, end: at };
  }
}

/** See above. */
export class RedisProxy {
  readonly port: number;
  /** The port of the server that those come to who connect from now on. */
  target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #clients = 0;
  /** What is to happen when things go through again. */
  #held: (() => void)[] = [];
  #weather: Weather = "pass";
  #flapping: NodeJS.Timeout | undefined;
  /** The commands about data that clients have sent. */
  commands = 0;
  /** Connections that were taken. */
  connections = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
    this.port = (server.address() as { port: number }).port;
    server.on("connection", (client) => this.#take(client));
  }

  /** Opens a way to a server on this machine. */
  static async start(target: number): Promise<RedisProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RedisProxy(server, target);
  }

  /** What is held. */
  get held(): number {
    return this.#held.length;
  }

  /** Clients that are connected. */
  get open(): number {
    return this.#clients;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get weather(): Weather {
    return this.#weather;
  }

  set weather(weather: Weather) {
    clearInterval(this.#flapping);
    this.#weather = weather;
    if (weather === "flap") {
      let isUp = true;
      this.#flapping = setInterval(() => {
        isUp = !isUp;
        this.#admit(isUp);
      }, FLAP);
    }
    this.#admit(weather !== "refuse");
    if (weather === "pass") for (const go of this.#held.splice(0)) go();
  }

  /** Ends all connections. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.weather = "refuse";
    this.#held = [];
    if (this.#server.listening) await once(this.#server, "close");
  }

  #admit(isOpen: boolean): void {
    if (!isOpen) {
      this.#server.close();
      this.reset();
    } else if (!this.#server.listening) this.#server.listen(this.port, "127.0.0.1");
  }

  #take(client: Socket): void {
    this.connections += 1;
    if (this.#weather === "refuse") return void client.resetAndDestroy();
    const server = connect(this.target, "127.0.0.1");
    const commands = new Commands();
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    }
    this.#clients += 1;
    client.on("close", () => {
      this.#clients -= 1;
      // What is held is on its way, whoever has sent it.
      if (this.#weather === "hold") this.#held.push(() => server.end());
      else server.destroy();
    });
    server.on("close", () => client.destroy());
    client.on("data", (chunk: Buffer) => {
      for (const { name, bytes } of commands.take(chunk)) this.#hear(name, bytes, client, server);
    });
    server.on("data", (chunk: Buffer) => this.#answer(chunk, client));
  }

  #hear(name: string, bytes: Buffer, client: Socket, server: Socket): void {
    if (!GREETINGS.has(name)) this.commands += 1;
    if (this.#weather === "hang") return;
    if (this.#weather === "hold") return void this.#held.push(() => server.write(bytes));
    const answer = GREETINGS.has(name) ? undefined : ANSWERS[this.#weather as keyof typeof ANSWERS];
    if (answer === undefined) server.write(bytes);
    else client.write(answer, "latin1");
  }

  #answer(chunk: Buffer, client: Socket): void {
    const half = chunk.subarray(0, chunk.length >> 1);
    if (this.#weather === "hang" || client.destroyed) return;
    if (this.#weather === "hold replies") return void this.#held.push(() => client.write(chunk));
    if (this.#weather === "half") return void client.write(half);
    if (this.#weather === "reset") return void client.write(half, () => client.resetAndDestroy());
    if (this.#weather === "drip") return void drip(chunk, client);
    client.write(chunk);
  }
}

/** Sends one byte a second, until there is nobody to send it to. */
function drip(chunk: Buffer, client: Socket): void {
  let at = 0;
  const timer = setInterval(() => {
    if (client.destroyed || at >= chunk.length) return clearInterval(timer);
    client.write(chunk.subarray(at, at + 1));
    at += 1;
  }, DRIP);
}
