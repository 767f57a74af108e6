/** Redis servers of the tests' own, on free ports of this machine, that can be stopped, killed and started again. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@keyv/redis";

/** Whether there is a server to start. Where all tests are wanted, one that is missing is a failure. */
export const hasRedis: boolean = (() => {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch (error) {
    if (process.env.TWAT_CACHE_ALL_TESTS === "1") throw error;
    console.warn("Skipped: tests with Redis. There is no redis-server on the path.");
    return false;
  }
})();

/** A port of this machine that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** See above. */
export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #settings: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, settings: readonly string[]) {
    this.port = port;
    this.#settings = settings;
    this.#directory = mkdtempSync(join(tmpdir(), "twat-cache-redis-"));
  }

  /** Starts a server; `settings` as on its command line. */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings);
    await server.start();
    return server;
  }

  /** A server that is not running, on a port of its own. */
  static async absent(): Promise<RedisServer> {
    return new RedisServer(await freePort(), []);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const where = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#directory];
    const keeps = ["--save", "", "--appendonly", "no", "--daemonize", "no"];
    // A file of settings has to come first.
    const child = spawn("redis-server", [...this.#settings, ...where, ...keeps], { stdio: "ignore" });
    this.#child = child;
    for (let attempt = 0; attempt < 500; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`);
      if ((await this.tell("PING").catch(() => "")).match(/^(\+PONG|-NOAUTH)/)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("redis-server did not start.");
  }

  /** Says one line to the server, by a connection of its own, and gives the beginning of its answer. */
  async tell(line: string): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    try {
      socket.write(`${line}\r\n`);
      const [data] = (await Promise.race([once(socket, "data"), once(socket, "close").then(() => [""])])) as [
        Buffer | string,
      ];
      return String(data);
    } finally {
      socket.destroy();
    }
  }

  /** Gives the server a command, and gives its answer as texts. Not for answers within answers. */
  async command(...command: readonly string[]): Promise<string[]> {
    const client = createClient({ url: this.url, ...(this.#password !== undefined && { password: this.#password }) });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const reply: unknown = await client.sendCommand([...command]);
      return Array.isArray(reply) ? reply.map(String) : [String(reply)];
    } finally {
      client.destroy();
    }
  }

  get #password(): string | undefined {
    const at = this.#settings.indexOf("--requirepass");
    return at < 0 ? undefined : this.#settings[at + 1];
  }

  /** The server takes connections, and answers nothing. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
