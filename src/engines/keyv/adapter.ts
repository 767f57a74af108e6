/**
 * The storage adapter that a program has given, or that is in the Keyv that it has given.
 *
 * It is asked directly: Keyv takes an adapter that fails for one that has nothing. What is written is what Keyv would have
 * written under that name, by its own serialization, so that a program that walks through its Keyv can read it.
 */

import { isKeyvStore, type KeyvStore } from "../../contract/index.js";
import { EngineError } from "../../errors.js";
import { type Failures, failuresOf } from "./failures.js";

/** A store that may have a name space: in version 5 Keyv puts it before each key. */
interface Named extends KeyvStore {
  readonly namespace?: unknown;
}

/** An adapter, with what some of them can do besides. */
interface Adapter extends KeyvStore {
  /** From Keyv 6 on: `expires` says that `set` takes a moment in place of a time to live. */
  readonly capabilities?: { readonly expires?: unknown };
  getMany?(keys: readonly string[]): unknown;
  iterator?(namespace: unknown): AsyncIterable<unknown>;
}

/** How Keyv writes what it keeps: in version 5 by the first two, in version 6 by the others. */
interface Serializer {
  serializeData?(data: object): unknown;
  deserializeData?(text: string): unknown;
  encode?(data: object): unknown;
  decode?(text: string): unknown;
}

/** The longest time to live that is passed on: Memcached takes more than 30 days for a date. */
const MAX_TTL = 30 * 24 * 3_600_000;

/** See above. */
export class KeyvAdapter {
  /** Whether it can be walked through. */
  readonly lists: boolean;
  readonly #given: Named;
  readonly #adapter: Adapter;
  readonly #serializer: Serializer | undefined;
  readonly #failures: readonly Failures[];

  constructor(given: KeyvStore) {
    const inner = adapterIn(given);
    this.#given = given;
    this.#adapter = inner ?? given;
    this.#serializer = inner && (given as Serializer);
    this.#failures = inner === undefined ? [failuresOf(given)] : [failuresOf(given), failuresOf(inner)];
    this.lists = this.#adapter instanceof Map || typeof this.#adapter.iterator === "function";
  }

  /** What names of keys begin with, so that they are among those of the namespace. Adapters of Keyv 6 see to it. */
  get prefix(): string {
    const { namespace } = this.#given;
    return this.#takesMoments || typeof namespace !== "string" || namespace === "" ? "" : `${namespace}:`;
  }

  /** The values of some keys; `undefined`: there is none. */
  async get(keys: readonly string[]): Promise<readonly unknown[]> {
    const adapter = this.#adapter;
    const stored = await this.#watch(() =>
      typeof adapter.getMany === "function" && keys.length > 1
        ? adapter.getMany([...keys])
        : Promise.all(keys.map(async (key) => adapter.get(key))),
    );
    if (!Array.isArray(stored) || stored.length !== keys.length) {
      throw new EngineError("The store answered with something that is not a value for each key.");
    }
    return Promise.all(stored.map((one) => this.#valueIn(one)));
  }

  /**
   * Keeps a text.
   *
   * @param ttl - Milliseconds; `undefined`: for ever.
   * @throws EngineError when it is not certain that it was kept.
   */
  async set(key: string, value: string, ttl?: number): Promise<void> {
    const left = ttl === undefined ? undefined : Math.min(MAX_TTL, Math.max(1, Math.ceil(ttl)));
    const expires = left === undefined ? undefined : Date.now() + left;
    const data = expires === undefined ? { value } : { value, expires };
    const written = await this.#textOf(data);
    const until = this.#takesMoments ? expires : left;
    const answer = await this.#watch(() => this.#adapter.set(key, written, until));
    if (answer === false) throw new EngineError("The store answered that it has not kept the entry.");
  }

  /** Removes a key; whether the store said that there was one. */
  async delete(key: string): Promise<boolean> {
    return (await this.#watch(() => this.#adapter.delete(key))) === true;
  }

  /** All names and values that can be walked through, other people's among them. */
  async *walk(): AsyncGenerator<readonly [name: string, value: unknown]> {
    const adapter = this.#adapter;
    const before = this.#failed;
    const pairs = adapter instanceof Map ? [...adapter] : (adapter.iterator?.(this.#given.namespace) ?? []);
    for await (const pair of pairs as AsyncIterable<unknown>) {
      if (Array.isArray(pair) && typeof pair[0] === "string") yield [pair[0], await this.#valueIn(pair[1])];
    }
    this.#refuse(before);
  }

  /** What Keyv has put into a text, or an adapter has taken out of it already; `undefined` for what it cannot read. */
  async #valueIn(stored: unknown): Promise<unknown> {
    if (stored === undefined || stored === null) return undefined;
    try {
      const text = Buffer.isBuffer(stored) ? stored.toString() : stored;
      const data = typeof text === "string" ? await this.#dataIn(text) : text;
      // Some adapters answer with an object without a value where there is nothing.
      return (data as { readonly value?: unknown } | undefined)?.value;
    } catch {
      return UNREADABLE;
    }
  }

  #dataIn(text: string): unknown {
    const { deserializeData, decode } = this.#serializer ?? {};
    if (typeof deserializeData === "function") return deserializeData.call(this.#serializer, text);
    return typeof decode === "function" ? decode.call(this.#serializer, text) : JSON.parse(text);
  }

  #textOf(data: object): unknown {
    const { serializeData, encode } = this.#serializer ?? {};
    if (typeof serializeData === "function") return serializeData.call(this.#serializer, data);
    return typeof encode === "function" ? encode.call(this.#serializer, data) : JSON.stringify(data);
  }

  get #takesMoments(): boolean {
    return this.#adapter.capabilities?.expires === true;
  }

  get #failed(): number {
    return this.#failures.reduce((sum, { count }) => sum + count, 0);
  }

  /** Waits for an operation. One during which the store has told of a failure has failed, whatever it answers. */
  async #watch<T>(operation: () => T): Promise<Awaited<T>> {
    const before = this.#failed;
    const answer = await operation();
    this.#refuse(before);
    return answer;
  }

  #refuse(before: number): void {
    if (this.#failed === before) return;
    const cause = this.#failures.find(({ count }) => count > 0)?.last;
    throw new EngineError("The store told of a failure.", { cause });
  }
}

/** Stands for what is there, and cannot be read. */
const UNREADABLE = Symbol("unreadable");

/** The adapter in a Keyv; `undefined` for what is none. */
function adapterIn(given: KeyvStore): Adapter | undefined {
  const { store, serializeData, encode } = given as Serializer & { readonly store?: unknown };
  const isKeyv = typeof serializeData === "function" || typeof encode === "function";
  return isKeyv && isKeyvStore(store) ? store : undefined;
}
