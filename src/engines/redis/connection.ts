/**
 * One connection to a server, for all caches of this process that use it.
 *
 * A server that is not there is tried again in the background; meanwhile everything fails at once. A connection that has
 * failed is never used again, nor is what it had still to send: an old write must not come after a newer one.
 */

import type { Server } from "../../contract/index.js";
import { createHash } from "../../node/crypto.js";
import type { Client, ClientOptions, Command, Reply } from "./client.js";
import { requireList, textOf } from "./reply.js";
import type { Script } from "./scripts.js";
import { reach } from "./sentinel.js";
import { inTime, keptAlive, SilenceWatch } from "./silence.js";

/** Milliseconds after which a server that answers nothing at all, though it is asked, is given up. */
export const SILENCE = 1_000;
/** Bytes of commands that wait for their answers; beyond this there are errors, and no memory is used up. */
const MAX_UNANSWERED_BYTES = 32 * 1_048_576;
/** Milliseconds between two attempts to connect. */
const RETRY = { least: 200, most: 600 };
/** Operations that wait for the connection to be there. */
const MAX_WAITING = 5_000;
/** Milliseconds for which a connection stays that nobody uses any more. */
const LINGER = 1_000;
/** Milliseconds after which a server that takes no writes is left again, to look whether another one is in its place. */
const READ_ONLY = 1_000;

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly client: Client; readonly ready: Promise<void> }
  | { readonly kind: "up"; readonly client: Client }
  | { readonly kind: "down"; readonly retry: NodeJS.Timeout };

const IDLE: State = Object.freeze({ kind: "idle" });

/** What caches do with a server, or with a cluster of them. */
export interface RedisConnection {
  /** Caches that use it. */
  users: number;
  /** Where changes are heard. */
  readonly subscription: string | ClientOptions;
  /** Gets the values of several keys. */
  getMany(keys: readonly string[]): Promise<readonly Reply[]>;
  /** Runs a script, about keys that lie together. */
  run(script: Script, keys: readonly string[], values: readonly (string | Buffer)[]): Promise<Reply>;
  /** Tells those who listen to a channel. */
  publish(channel: string, message: string): Promise<void>;
  /** Walks through the names of keys that match a pattern and lie together, some at a time. */
  scan(pattern: string, step: number): AsyncGenerator<readonly string[]>;
  /** Begins to connect. */
  warmUp(): void;
  /** One user less; the last one closes the connection, unless somebody else waits for an answer. */
  release(): Promise<void>;
}

/** See above. */
export class ServerConnection implements RedisConnection {
  users = 0;
  readonly subscription: string | ClientOptions;
  #state: State = IDLE;
  #waiting = 0;
  /** Why the server could not be reached at the last attempt; `undefined`: it could, or was not tried yet. */
  #lastError: unknown;
  /** Commands without an answer, and their bytes. */
  #unanswered = 0;
  #unansweredBytes = 0;
  /** Keeps the process alive as long as there is something to wait for, which is not long. */
  readonly #watch = new SilenceWatch(SILENCE, () => {
    const client = this.#clientInUse;
    if (client !== undefined) this.#failed(client, new Error(`The server has not answered for ${SILENCE} ms.`));
  });
  #leaving: NodeJS.Timeout | undefined;
  #readOnlySince = Number.NEGATIVE_INFINITY;
  readonly #digests = new Map<Script, string>();

  constructor(options: Server["connection"]) {
    this.subscription = options ?? {};
  }

  getMany(keys: readonly string[]): Promise<readonly Reply[]> {
    const client = this.#inUse;
    const read = (reply: Reply): readonly Reply[] => requireList(reply, keys.length);
    const command = ["MGET", ...keys];
    if (client === undefined) return this.#ready().then((made) => this.#send(made, command, read));
    return this.#send(client, command, read);
  }

  async run(script: Script, keys: readonly string[], values: readonly (string | Buffer)[]): Promise<Reply> {
    const client = this.#inUse ?? (await this.#ready());
    const rest = [String(keys.length), ...keys, ...values];
    try {
      return await this.#send(client, ["EVALSHA", this.#digestOf(script), ...rest]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return this.#send(client, ["EVAL", script.text, ...rest]);
    }
  }

  async publish(channel: string, message: string): Promise<void> {
    const client = this.#inUse ?? (await this.#ready());
    await this.#send(client, ["PUBLISH", channel, message]);
  }

  async *scan(pattern: string, step: number): AsyncGenerator<readonly string[]> {
    let cursor = "0";
    do {
      const client = this.#inUse ?? (await this.#ready());
      const command = ["SCAN", cursor, "MATCH", pattern, "COUNT", String(step)];
      const [next, names] = (await this.#send(client, command)) as [Reply, readonly Reply[]];
      cursor = textOf(next);
      yield names.map(textOf);
    } while (cursor !== "0");
  }

  warmUp(): void {
    this.#ready().catch(() => undefined);
  }

  async release(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    if (this.#isAwaited) this.#linger();
    else this.#leave();
  }

  get #isAwaited(): boolean {
    return this.#unanswered > 0 || this.#waiting > 0;
  }

  /** Whether the server could not be reached at the last attempt. */
  get isGone(): boolean {
    return this.#lastError !== undefined;
  }

  /** The client, where there is nothing to wait for, and nothing else to see to. */
  get #inUse(): Client | undefined {
    return this.users > 0 && this.#state.kind === "up" ? this.#state.client : undefined;
  }

  async #ready(): Promise<Client> {
    this.#linger();
    if (this.#state.kind === "idle") this.#connect();
    const state = this.#state;
    if (state.kind === "up") return state.client;
    // Only the first attempt is waited for: silence would cost each call its time, and be taken for slowness.
    if (state.kind !== "connecting" || this.#lastError !== undefined) throw unreachable(this.#lastError);
    if (this.#waiting >= MAX_WAITING) throw new Error("Too many operations wait for the server.");
    this.#waiting += 1;
    try {
      await keptAlive(2 * SILENCE, state.ready);
    } finally {
      this.#waiting -= 1;
    }
    return state.client;
  }

  #connect(): void {
    // It may be told of before this is done.
    let client: Client | undefined;
    const failed = (error: unknown): void => {
      if (client !== undefined) this.#failed(client, error);
    };
    try {
      client = reach(this.subscription, failed);
    } catch (error) {
      this.#state = this.#down(error);
      return;
    }
    const made = client;
    const ready = inTime(SILENCE, "connect", greet(made)).then(
      () => {
        if (this.#clientInUse !== made) throw unreachable(this.#lastError);
        this.#lastError = undefined;
        this.#state = { kind: "up", client: made };
      },
      (error: unknown) => {
        this.#failed(made, error);
        throw unreachable(error);
      },
    );
    ready.catch(() => undefined);
    this.#state = { kind: "connecting", client, ready };
  }

  get #clientInUse(): Client | undefined {
    const { client } = this.#state as { readonly client?: Client };
    return client;
  }

  /** A client has lost its connection. Nothing that it had to send is sent any more. */
  #failed(client: Client, error: unknown): void {
    client.destroy();
    if (this.#clientInUse === client) this.#state = this.#down(error);
  }

  /** After a failover behind one name the connection is still to the server that was the master. Made anew at once. */
  #leaveReadOnly(client: Client): void {
    const now = performance.now();
    if (this.#clientInUse !== client || now - this.#readOnlySince < READ_ONLY) return;
    this.#readOnlySince = now;
    this.#state = IDLE;
    client.destroy();
    if (this.users > 0) this.#connect();
  }

  /** Nobody can use the server; tried again in a while, as long as somebody may want to. */
  #down(error: unknown): State {
    this.#lastError = error ?? new Error("The connection was lost.");
    const retry = setTimeout(() => {
      this.#state = IDLE;
      if (this.users > 0) this.#connect();
      else this.#lastError = undefined;
    }, pauseBetweenAttempts());
    retry.unref();
    return { kind: "down", retry };
  }

  /** Sends a command. Without further promises: each costs a lookup as much as it takes to read its answer. */
  #send<T = Reply>(client: Client, command: Command, read?: (reply: Reply) => T): Promise<T> {
    const bytes = sizeOf(command);
    if (this.#unanswered > 0 && this.#unansweredBytes + bytes > MAX_UNANSWERED_BYTES) {
      return Promise.reject(new Error("Too much waits for answers of the server."));
    }
    this.#unanswered += 1;
    this.#unansweredBytes += bytes;
    this.#watch.begin();
    return client.send(command).then(
      (reply) => {
        this.#answered(bytes);
        return read === undefined ? (reply as T) : read(reply);
      },
      (error: unknown) => {
        if (isReadOnly(error)) this.#leaveReadOnly(client);
        this.#answered(bytes);
        throw error;
      },
    );
  }

  #answered(bytes: number): void {
    this.#unanswered -= 1;
    this.#unansweredBytes -= bytes;
    this.#watch.heard(this.#unanswered === 0);
  }

  /** Who asks without using it, as those do who invalidate by tags, does not keep it for long. */
  #linger(): void {
    if (this.users > 0 || this.#leaving !== undefined) return;
    this.#leaving = setTimeout(() => {
      this.#leaving = undefined;
      if (this.#isAwaited) this.#linger();
      else if (this.users === 0) this.#leave();
    }, LINGER);
    this.#leaving.unref();
  }

  #leave(): void {
    const state = this.#state;
    this.#state = IDLE;
    if (state.kind === "down") clearTimeout(state.retry);
    if (state.kind === "up" || state.kind === "connecting") state.client.destroy();
    this.#lastError = undefined;
  }

  #digestOf(script: Script): string {
    const known = this.#digests.get(script) ?? createHash("sha1").update(script.text).digest("hex");
    this.#digests.set(script, known);
    return known;
  }
}

/** Connects, and sees that the server answers: one that was stopped takes connections too. */
async function greet(client: Client): Promise<void> {
  await client.connect();
  await client.send(["PING"]);
}

/** Whether a server has refused to write, itself or in a script. */
function isReadOnly(error: unknown): boolean {
  return error instanceof Error && /(^|-)READONLY /.test(error.message);
}

/** The bytes of a command. A character counts as one: what is long comes as bytes. */
function sizeOf(command: Command): number {
  return command.reduce((sum, { length }) => sum + length, 0);
}

/** Milliseconds until a server is tried again, chosen by chance, so that many processes do not come together. */
export function pauseBetweenAttempts(): number {
  return RETRY.least + Math.random() * (RETRY.most - RETRY.least);
}

/** The error for what cannot be done now, without what might hold a password. */
export function unreachable(cause: unknown): Error {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  const reason = typeof code === "string" ? `: ${code}` : "";
  return Object.assign(new Error(`The server cannot be reached${reason}.`), { code });
}
