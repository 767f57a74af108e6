/** A way to a server that lets everything through, until nothing comes back any more to those who have subscribed. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** See above. */
export class Passage {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isMute = false;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      let hasSubscribed = false;
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
      near.on("data", (data) => {
        hasSubscribed ||= data.toString("latin1").toLowerCase().includes("subscribe");
        far.write(data);
      });
      far.on("data", (data) => {
        if (!this.#isMute || !hasSubscribed) near.write(data);
      });
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
    });
  }

  /** Opens a way to a port of this machine. */
  static async open(port: number): Promise<Passage> {
    const passage = new Passage(port);
    passage.#server.listen(0, "127.0.0.1");
    await once(passage.#server, "listening");
    return passage;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing comes back to those who have subscribed. */
  mute(): void {
    this.#isMute = true;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
