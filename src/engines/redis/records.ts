/** The records of one cache on a Redis server. */

import type { Fence, Kept, Lease, Server, StoreOptions, Watch } from "../../contract/index.js";
import {
  type AsyncRecords,
  Gathering,
  type Limit,
  type More,
  newEpoch,
  type RecordFacts,
  type Seen,
} from "../../disk/index.js";
import type { Key } from "../../keys/index.js";
import { log } from "../../logging.js";
import { busOf } from "./bus.js";
import type { RedisConnection } from "./connection.js";
import type { ServerInvalidations } from "./invalidations.js";
import { channelOf, writeMessage } from "./message.js";
import { OwnRemovals } from "./own-removals.js";
import { fenceIn, numberIn, type RedisFence, recordIn, requireFence, requireList, storedOf } from "./reply.js";
import { CLEAR, COUNT, DELETE, DROP, FENCE, LEASE, RELEASE, RENEW, type Script, SET, SWEEP } from "./scripts.js";
import { Undelivered } from "./undelivered.js";
import { RedisWatch } from "./watch.js";

/** Characters of whose the entries are that stand in the names of their keys. Each record says the rest. */
const OWNER = 32;
/** Keys that are looked at in one step of a walk. */
const STEP = 500;
/** Milliseconds for which whoever puts a value in waits at least. */
const PATIENCE = 500;
/** Milliseconds for which closing waits for what is to be removed. What is left ends at its time, or is evicted. */
const CLOSING = 1_000;

/** An entry that is to be stored. */
interface Write {
  readonly id: string;
  /** The milliseconds that are left of its time, or "". */
  readonly left: string;
  readonly stored: Buffer;
  /** The `meta` that says what was known of removals when its making began. */
  readonly meta: string;
}

/**
 * Bytes that are written at once, those of what comes with a record among them. A server whose memory is almost full
 * refuses a script with many, where it would still take some of them.
 */
const WRITES: Limit<Write> = { most: 128_000, weigh: ({ stored }) => stored.byteLength + 1_000 };

/** See above. Keys of one cache lie together in a cluster, since its scripts need them together. */
export class RedisRecords implements AsyncRecords {
  readonly #connection: RedisConnection;
  readonly #options: StoreOptions;
  readonly #invalidations: ServerInvalidations;
  /** What the names of the cache's keys begin with. */
  readonly #base: string;
  readonly #meta: string;
  readonly #removals: string;
  readonly #own = new OwnRemovals();
  readonly #lookups = new Gathering<string, readonly unknown[]>((ids) => this.#look(ids));
  readonly #writes = new Gathering<Write, unknown>((writes) => this.#write(writes), WRITES);
  readonly #undelivered = new Undelivered(this);
  /** What was heard last of removals. A value that is put in by name is newer. */
  #latest: RedisFence | undefined;
  readonly #server: Server;
  readonly #owner: string;
  /** Who changes entries here: a number by chance. */
  readonly #who = newEpoch();
  /** Where others are told of it. */
  readonly #channel: string;
  #isClosed = false;
  #chores: Promise<void> = Promise.resolve();
  /** When chores have to be left as they are, by `performance.now()`. */
  #endAt = Number.POSITIVE_INFINITY;

  constructor(
    connection: RedisConnection,
    server: Server,
    owner: string,
    invalidations: ServerInvalidations,
    options: StoreOptions,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#invalidations = invalidations;
    this.#server = server;
    this.#owner = owner.slice(0, OWNER);
    this.#channel = channelOf(server);
    this.#base = `${server.prefix}{${this.#owner}}:`;
    this.#meta = `${this.#base}~meta`;
    this.#removals = `${this.#base}~removals`;
  }

  get(id: string, _more?: More, seen?: Seen): Promise<Buffer | undefined> {
    return this.#lookups.ask(id).then(
      ([stored, meta]) => {
        const record = recordIn(stored, meta);
        if (record === undefined && fenceIn(meta) !== undefined) seen?.(this.#heard(meta));
        return record;
      },
      (error: unknown) => {
        // Whoever closes a cache while it is asked has closed it, and nothing has failed.
        if (this.#isClosed) return undefined;
        throw error;
      },
    );
  }

  async set(id: string, record: Buffer, { expiresAt }: RecordFacts, fence?: Fence): Promise<Kept> {
    const left = leftUntil(expiresAt, this.#options.now());
    const put = async (since: RedisFence): Promise<Kept> => {
      const fence = this.#own.advance(id, since);
      const kept = await this.#writes.ask({ id, left, stored: storedOf(record, fence), meta: fence.text });
      return numberIn(kept) === 1 ? true : "fenced";
    };
    if (fence !== undefined) return put(fence as RedisFence);
    // With a fence too: what arrives long after it was given up must not undo a removal that came later.
    const began = performance.now();
    const kept = this.#latest === undefined ? "fenced" : await put(this.#latest);
    if (kept !== "fenced") return kept;
    const since = await this.#ask();
    // Nor may it be tried again, with what is known now, once its caller may have given it up.
    if (performance.now() - began > PATIENCE) throw new Error("The server took too long to take a value.");
    return put(since);
  }

  async fence(): Promise<Fence> {
    const [fence] = await Promise.all([this.#ask(), this.#invalidations.ready()]);
    return fence;
  }

  async lease(id: string, milliseconds: number): Promise<Lease | undefined> {
    // Not among the entries, by its name.
    const keys = [`${this.#base}~lease:${id}`];
    const values = [newEpoch(), String(Math.ceil(milliseconds))];
    const taken = await this.#connection.run(LEASE, keys, values);
    if (numberIn(taken) !== 1) return undefined;
    return {
      renew: async () => numberIn(await this.#connection.run(RENEW, keys, values)) === 1,
      release: async () => {
        await this.#connection.run(RELEASE, keys, values);
      },
    };
  }

  delete(id: string): Promise<boolean> {
    return this.#undelivered.watch(id, async () => {
      const reply = await this.#run(DELETE, [this.#base + id], id, ...this.#told(id));
      const [existed, meta, before] = requireList(reply, 3);
      this.#own.removed(id, this.#heard(meta), numberIn(before));
      return numberIn(existed) > 0;
    });
  }

  async drop(id: string, record: Buffer): Promise<void> {
    await this.#connection.run(DROP, [this.#base + id], [record]);
  }

  async clear(): Promise<void> {
    await this.#undelivered.watch(undefined, async () => {
      this.#own.cleared(this.#heard(await this.#run(CLEAR, [], ...this.#told())));
    });
    this.#chores = this.#chores
      .then(() => this.#sweep())
      .catch((error: unknown) => log("debug", "What was cleared on a server was not removed there.", { err: error }));
  }

  async size(): Promise<number> {
    let count = 0;
    for await (const keys of this.#walk()) {
      count += numberIn(await this.#run(COUNT, keys));
    }
    return count;
  }

  async *ids(): AsyncGenerator<string> {
    for await (const keys of this.#walk()) yield* keys.map((key) => key.slice(this.#base.length));
  }

  watch(idOf: (key: Key) => string): Watch {
    return new RedisWatch(busOf(this.#server), this.#owner, this.#who, idOf);
  }

  /** Where a change of an entry, or of all, is told, and in which words; with an empty id, those before it. */
  #told(id?: string): readonly string[] {
    return [this.#channel, writeMessage(this.#who, this.#owner, id)];
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endAt = performance.now() + CLOSING;
    await this.#undelivered.close();
    await this.#chores;
    await this.#connection.release();
  }

  /** What is stored under each id, with the cache's `meta`. */
  #look(ids: readonly string[]): Promise<readonly (readonly unknown[])[]> {
    const keys = ids.map((id) => this.#base + id);
    return this.#connection.getMany([...keys, this.#meta, this.#invalidations.head]).then((found) => {
      const meta = found[ids.length];
      const answers = ids.map((_id, i) => [found[i], meta]);
      const followed = this.#invalidations.follow(found[ids.length + 1]);
      return followed === undefined ? answers : followed.then(() => answers);
    });
  }

  /** Stores several entries; of each, whether it was. */
  async #write(writes: readonly Write[]): Promise<readonly unknown[]> {
    const keys = writes.map(({ id }) => this.#base + id);
    const values = writes.flatMap(({ id, left, stored, meta }) => [id, left, stored, meta]);
    return requireList(await this.#run(SET, keys, ...this.#told(""), ...values), writes.length);
  }

  async #ask(): Promise<RedisFence> {
    return this.#heard(await this.#run(FENCE, []));
  }

  /** The fence in a `meta`, the latest from now on. Throws where there is none. */
  #heard(meta: unknown): RedisFence {
    this.#latest = requireFence(meta);
    return this.#latest;
  }

  /** The names of the entries' keys, each once. */
  async *#walk(): AsyncGenerator<readonly string[]> {
    const met = new Set<string>();
    for await (const names of this.#connection.scan(`${this.#base}*`, STEP)) {
      const fresh = names.filter((name) => !name.startsWith(`${this.#base}~`) && !met.has(name));
      for (const name of fresh) met.add(name);
      if (fresh.length > 0) yield fresh;
    }
  }

  async #sweep(): Promise<void> {
    for await (const keys of this.#walk()) {
      if (performance.now() > this.#endAt) return;
      await this.#run(SWEEP, keys);
    }
  }

  #run(script: Script, keys: readonly string[], ...values: readonly (string | Buffer)[]): Promise<unknown> {
    return this.#connection.run(script, [this.#meta, this.#removals, ...keys], [newEpoch(), ...values]);
  }
}

/** The milliseconds until an entry ends, for the server; "": it does not, or at a time that the server cannot take. */
function leftUntil(expiresAt: number | undefined, now: number): string {
  const left = expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.ceil(expiresAt - now);
  return left > Number.MAX_SAFE_INTEGER ? "" : String(Math.max(1, left));
}
