/** The invalidations that concern what lies on a server, by whatever machine. */

import type { Server } from "../../contract/index.js";
import { isValid, MAX_UNTOLD, markOf, newEpoch, newTable } from "../../disk/index.js";
import type { Moment, Tagged } from "../../entry.js";
import { type Invalidations, InvalidationTable } from "../../tags/index.js";
import { isInstalled } from "./client.js";
import type { RedisConnection } from "./connection.js";
import { connectionTo, nameOfServer } from "./connections.js";
import { channelOf } from "./message.js";
import { fenceIn, nonsense, requireFence, requireList, textOf } from "./reply.js";
import { Retry } from "./retry.js";
import { LEARN, TELL } from "./scripts.js";

/** Notes that the server keeps. Of more, all entries with tags are made anew. */
const MAX_NOTES = 32_768;
/** Stands for all marks beyond that. No mark is negative. */
const ANY = -1;

/**
 * What is known of them here is what the server has said at the last lookup, which asks for it each time. Until the server
 * has answered for the first time, and where another engine stands in for it, they are those of this process.
 */
export class ServerInvalidations implements Invalidations {
  /** The key that says how far they have come. */
  readonly head: string;
  readonly #notes: string;
  readonly #server: Server;
  #connection: RedisConnection | undefined;
  #table: InvalidationTable<number> = newTable();
  #isShared = false;
  /** What the others cannot know yet, by mark: the number of the last invalidation of it. */
  readonly #untold = new Map<number, number>();
  #last = 0;
  readonly #retry = new Retry(() => this.#tell());
  #telling: Promise<void> | undefined;
  #learning: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.head = `${server.prefix}{tags}:head`;
    this.#notes = `${server.prefix}{tags}:notes`;
  }

  now(): Moment {
    return this.#table.now;
  }

  allow(tagged: Tagged, owner: string): boolean {
    return isValid(tagged, owner, this.#table, this.#untold);
  }

  async add(labels: readonly string[], owner?: string): Promise<void> {
    if (this.#isAlone) {
      for (const label of labels) this.#table.addOne(markOf(label, owner));
      return;
    }
    for (const label of labels) this.#note(markOf(label, owner));
    // What is being told may not hold all of it.
    await this.#telling?.catch(() => undefined);
    await this.#tell();
  }

  addNow(labels: readonly string[], owner?: string): void {
    // Here they hold from now on; what the others did not learn is told with the next lookup.
    this.add(labels, owner).catch(() => undefined);
  }

  /** Sees to it that what is known here is what the server knows. */
  async ready(): Promise<void> {
    if (!this.#isShared) await (this.#learning ?? this.#learn());
  }

  /** Learns what is new, where the server says that something is, and tells what could not be told. */
  follow(head: unknown): Promise<void> | undefined {
    const learned = this.#isKnown(head) ? undefined : (this.#learning ?? this.#learn());
    if (this.#untold.size === 0) return learned;
    const told = (): void => {
      if (this.#untold.size > 0 && this.#telling === undefined) this.#tell().catch(() => undefined);
    };
    if (learned !== undefined) return learned.then(told);
    told();
    return undefined;
  }

  #isKnown(head: unknown): boolean {
    const said = fenceIn(head);
    return this.#isShared && said?.epoch === this.#table.epoch && said.count <= this.#table.count;
  }

  async #learn(): Promise<void> {
    this.#learning = this.#ask().finally(() => {
      this.#learning = undefined;
    });
    return this.#learning;
  }

  #note(mark: number): void {
    this.#last += 1;
    const hasRoom = this.#untold.size <= MAX_UNTOLD || this.#untold.has(mark);
    this.#untold.set(hasRoom ? mark : ANY, this.#last);
  }

  async #ask(): Promise<void> {
    const known = this.#isShared ? this.#table.now : undefined;
    const values = [newEpoch(), known?.epoch ?? "", String(known?.count ?? 0)];
    const reply = requireList(await this.#reach().run(LEARN, [this.head, this.#notes], values), 2);
    const now = requireFence(reply[0]);
    const notes = reply[1] as readonly unknown[];
    if (known === undefined || now.epoch !== known.epoch) this.#table = new InvalidationTable(now.epoch);
    this.#isShared = true;
    for (const note of notes) this.#table.addOne(Number(textOf(note)));
    // Somebody has written what none of ours would.
    if (this.#table.count !== now.count) this.#isShared = false;
  }

  async #tell(): Promise<void> {
    if (this.#untold.size === 0) return;
    const telling = this.#send([...this.#untold])
      .catch((error: unknown) => {
        this.#retry.begin();
        throw error;
      })
      .finally(() => {
        if (this.#telling === telling) this.#telling = undefined;
      });
    this.#telling = telling;
    return telling;
  }

  async #send(untold: readonly (readonly [mark: number, number: number])[]): Promise<void> {
    const bound = untold.length > MAX_UNTOLD ? 0 : MAX_NOTES;
    const values = [newEpoch(), String(bound), channelOf(this.#server), ...untold.map(([mark]) => String(mark))];
    const head = await this.#reach().run(TELL, [this.head, this.#notes], values);
    if (fenceIn(head) === undefined) throw nonsense();
    // Not before they are in the table: until then nothing else says so here.
    if (!this.#isKnown(head)) await (this.#learning ?? this.#learn());
    if (!this.#isKnown(head)) await this.#learn();
    // What was invalidated again meanwhile may have been made anew by others in between, and is told again.
    for (const [mark, number] of untold) if (this.#untold.get(mark) === number) this.#untold.delete(mark);
  }

  /** Whether another engine stands in for the server, so that there is nobody to tell. */
  get #isAlone(): boolean {
    return this.#server.connection === undefined || isInstalled() !== true;
  }

  #reach(): RedisConnection {
    this.#connection ??= connectionTo(this.#server);
    return this.#connection;
  }
}

const known = new Map<string, ServerInvalidations>();

/** The invalidations of what lies on a server under one prefix. */
export function serverInvalidations(server: Server): ServerInvalidations {
  const name = `${server.prefix}\0${nameOfServer(server)}`;
  const found = known.get(name) ?? new ServerInvalidations(server);
  known.set(name, found);
  return found;
}
