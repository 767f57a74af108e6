/**
 * A cluster: a connection to each node that has keys of caches of this process, made when it is first needed. A node that
 * is not there, or answers nothing, concerns nobody but the caches that lie on it.
 */

import type { Server } from "../../contract/index.js";
import { type Address, hostIn, joined, optionsAt } from "./address.js";
import { type Client, type ClientOptions, createClient, type Reply } from "./client.js";
import { pauseBetweenAttempts, type RedisConnection, ServerConnection, SILENCE, unreachable } from "./connection.js";
import type { Script } from "./scripts.js";
import { inTime, keptAlive } from "./silence.js";
import { movedTo, ownersIn, slotOf } from "./slots.js";

/** Nodes that are asked at the same time who has which slot. */
const ASKED = 3;
/** Milliseconds for which that is not asked again, whatever fails. */
const KNOWN = 500;
/** How often a command goes to where it is sent on to. */
const MAX_MOVES = 5;

/** Options of a cluster. */
type ClusterOptions = ClientOptions & { readonly rootNodes: readonly ClientOptions[] };

/** Whether options are those of a cluster. */
export function isCluster(options: Server["connection"]): options is ClusterOptions {
  return typeof options === "object" && options.rootNodes !== undefined;
}

/** A node, by the address under which the others know it. */
interface Node {
  readonly host: string;
  readonly connection: ServerConnection;
}

/** See above. */
export class ClusterConnection implements RedisConnection {
  users = 0;
  readonly #options: ClusterOptions;
  /** By "host:port". */
  readonly #nodes = new Map<string, Node>();
  /** By slot. Empty: nobody has said so yet. */
  #owners: (Address | undefined)[] = [];
  #learning: Promise<void> | undefined;
  #learnedAt = Number.NEGATIVE_INFINITY;
  #retry: NodeJS.Timeout | undefined;
  /** Why nobody could say who has which slot; `undefined`: somebody could, or was not asked yet. */
  #lastError: unknown;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Any node will do: each passes on what is published by another. */
  get subscription(): ClientOptions {
    return oneOf(this.#everywhere());
  }

  async getMany(keys: readonly string[]): Promise<readonly Reply[]> {
    const groups = new Map<number, number[]>();
    for (const [i, key] of keys.entries()) {
      const slot = slotOf(key);
      const group = groups.get(slot);
      if (group === undefined) groups.set(slot, [i]);
      else group.push(i);
    }
    const values: Reply[] = Array(keys.length);
    const asked = [...groups].map(async ([slot, group]) => {
      const found = await this.#at(slot, (node) => node.getMany(group.map((i) => keys[i] as string)));
      for (const [at, i] of group.entries()) values[i] = found[at];
    });
    await Promise.all(asked);
    return values;
  }

  run(script: Script, keys: readonly string[], values: readonly (string | Buffer)[]): Promise<Reply> {
    return this.#at(slotOf(keys[0] as string), (node) => node.run(script, keys, values));
  }

  publish(channel: string, message: string): Promise<void> {
    return this.#at(slotOf(channel), (node) => node.publish(channel, message));
  }

  async *scan(pattern: string, step: number): AsyncGenerator<readonly string[]> {
    const node = await this.#at(slotOf(pattern), async (node) => node);
    yield* node.scan(pattern, step);
  }

  warmUp(): void {
    if (this.#owners.length === 0) this.#ready().catch(() => undefined);
  }

  async release(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#lastError = undefined;
    for (const name of this.#nodes.keys()) await this.#leave(name);
  }

  /** Asks the node that has a slot, and the one that has it now, if another one has. */
  async #at<T>(slot: number, ask: (node: ServerConnection) => Promise<T>): Promise<T> {
    if (this.#owners.length === 0) await this.#ready();
    for (let moves = 0; ; moves += 1) {
      const node = this.#nodeAt(this.#owners[slot]);
      try {
        return await ask(node.connection);
      } catch (error) {
        // Somebody else may have its place by now.
        this.#learnAgain();
        const owner = movedTo(error, node.host);
        if (owner === undefined || moves >= MAX_MOVES) throw error;
        this.#owners[slot] = owner;
      }
    }
  }

  #nodeAt(owner: Address | undefined): Node {
    if (owner === undefined) {
      this.#learnAgain();
      throw new Error("No node of the cluster has this slot.");
    }
    const { defaults, nodeAddressMap } = this.#options;
    const name = nameOf(owner);
    const node = this.#nodes.get(name) ?? {
      host: owner.host,
      connection: new ServerConnection(optionsAt(owner, defaults, nodeAddressMap)),
    };
    this.#nodes.set(name, node);
    // Who uses the cluster uses each of its nodes.
    node.connection.users = this.users;
    return node;
  }

  async #leave(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    this.#nodes.delete(name);
    if (node === undefined) return;
    node.connection.users = 1;
    await node.connection.release();
  }

  /** Waits until it is known who has which slot: for the first attempt, and for no other one. */
  async #ready(): Promise<void> {
    if (this.#lastError !== undefined) throw unreachable(this.#lastError);
    await keptAlive(2 * SILENCE, this.#learn());
  }

  #learnAgain(): void {
    if (performance.now() - this.#learnedAt > KNOWN) this.#learn().catch(() => undefined);
    else if (this.#retry === undefined) this.#learnLater();
  }

  #learn(): Promise<void> {
    this.#learning ??= this.#ask()
      .then(
        (owners) => {
          this.#lastError = undefined;
          this.#owners = [...owners];
          const names = new Set(owners.map((owner) => owner && nameOf(owner)));
          for (const name of this.#nodes.keys()) if (!names.has(name)) void this.#leave(name);
        },
        (error: unknown) => {
          if (this.#owners.length === 0) this.#lastError = error ?? new Error("The cluster cannot be reached.");
          throw unreachable(error);
        },
      )
      .finally(() => {
        this.#learnedAt = performance.now();
        this.#learning = undefined;
        // Somebody else may get the place of one that is gone.
        const isOneGone = [...this.#nodes.values()].some(({ connection }) => connection.isGone);
        if (isOneGone || this.#lastError !== undefined) this.#learnLater();
      });
    return this.#learning;
  }

  /** Asked again in a while, as long as somebody may want to know. */
  #learnLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (this.users > 0) this.#learn().catch(() => undefined);
      else this.#lastError = undefined;
    }, pauseBetweenAttempts());
    this.#retry.unref();
  }

  /** What some node says, a few at a time, in any order. */
  async #ask(): Promise<readonly (Address | undefined)[]> {
    const nodes = shuffled(this.#everywhere());
    let error: unknown;
    while (nodes.length > 0) {
      const asked: Client[] = [];
      try {
        const answers = nodes.splice(0, ASKED).map((options) => askOne(options, asked));
        return await inTime(SILENCE, "learn who has which slot", Promise.any(answers));
      } catch (failure) {
        error = failure instanceof AggregateError ? failure.errors[0] : failure;
      } finally {
        for (const client of asked) client.destroy();
      }
    }
    throw error;
  }

  /** Options of all nodes that are known. */
  #everywhere(): readonly ClientOptions[] {
    const { rootNodes, defaults } = this.#options;
    const roots = rootNodes.map((root) => joined((defaults ?? {}) as ClientOptions, root));
    return [...roots, ...[...this.#nodes.values()].map(({ connection }) => connection.subscription as ClientOptions)];
  }
}

/** @param asked - Gets the client that is used for this. */
async function askOne(options: ClientOptions, asked: Client[]): Promise<readonly (Address | undefined)[]> {
  const client = createClient(options, () => undefined);
  asked.push(client);
  await client.connect();
  return ownersIn(await client.send(["CLUSTER", "SLOTS"]), hostIn(options));
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

function oneOf<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T;
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = items.map((item) => ({ item, at: Math.random() }));
  return order.sort((one, other) => one.at - other.at).map(({ item }) => item);
}
