/** Hears what others change in one cache on a server. */

import type { Since, Watch } from "../../contract/index.js";
import { Changes, EVERYTHING, markOfEntry } from "../../disk/index.js";
import type { Key } from "../../keys/index.js";
import type { Bus, Listener } from "./bus.js";
import type { Message } from "./message.js";

/** See above. */
export class RedisWatch implements Watch, Listener {
  readonly owner: string;
  readonly #bus: Bus;
  readonly #who: string;
  readonly #changes: Changes;

  /** @param who - Whose changes are known without being told. */
  constructor(bus: Bus, owner: string, who: string, idOf: (key: Key) => string) {
    this.owner = owner;
    this.#bus = bus;
    this.#who = who;
    this.#changes = new Changes(idOf);
    bus.join(this);
  }

  heard({ who, id }: Message): void {
    if (who !== this.#who) this.#changes.add(id === undefined ? EVERYTHING : markOfEntry(id));
  }

  missed(): void {
    this.#changes.beginAnew();
  }

  now(): Since {
    return this.#changes.now();
  }

  isUnchanged(key: Key, since: Since): boolean {
    return this.#bus.isUpToDate && this.#changes.isUnchanged(key, since);
  }

  close(): void {
    this.#bus.leave(this);
  }
}
