/** Single calls become calls for many: what is asked for together is asked for at once. */

import { copyExactly } from "../clone/index.js";
import { show } from "../config/index.js";
import { CacheOperationError } from "../errors.js";
import { overhear } from "../promise.js";
import { type Overrides, scope } from "../scope.js";

/** A function for many; what it gives is looked at before it is believed. */
type ForMany = (items: unknown[]) => unknown;

/** One call that waits for its part of a batch. */
interface Waiting {
  readonly item: unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Lookups that began before the same batch, and have no answer yet. */
interface Lookups {
  open: number;
}

/** How many arguments a batch has at most, and how the function is called in messages. */
export interface CollectorOptions {
  readonly label: string;
  readonly maxBatch: number;
}

/** The calls of one function that are inside one block, or outside of all: what a block says is not for the others. */
class Group {
  readonly #forMany: ForMany;
  readonly #options: CollectorOptions;
  #waiting: Waiting[] = [];
  /** The lookups that a batch which begins now would wait for. */
  #lookups: Lookups = { open: 0 };
  /** Those that the batch which has begun waits for, so that lookups that begin later cannot put it off for ever. */
  #awaited: Lookups | undefined;

  constructor(forMany: ForMany, options: CollectorOptions) {
    this.#forMany = forMany;
    this.#options = options;
  }

  begin(): () => void {
    const lookups = this.#lookups;
    lookups.open += 1;
    return () => {
      lookups.open -= 1;
      if (lookups === this.#awaited && lookups.open === 0) this.#sendSoon();
    };
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#awaited !== undefined) return;
    this.#awaited = this.#lookups;
    this.#lookups = { open: 0 };
    if (this.#awaited.open === 0) this.#sendSoon();
  }

  /** Sends the batch when all promise jobs are done, so that calls which they make belong to it. */
  #sendSoon(): void {
    Promise.resolve().then(() => process.nextTick(() => this.#send()));
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#awaited = undefined;
    const { maxBatch } = this.#options;
    for (let from = 0; from < waiting.length; from += maxBatch) void this.#run(waiting.slice(from, from + maxBatch));
  }

  /** Runs the function for a batch, and gives each caller its part. Never rejects. */
  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = this.#check(await this.#forMany(batch.map(({ item }) => item)), batch.length);
      for (const [position, { resolve, reject }] of batch.entries()) {
        const settle = (result: unknown): void => (result instanceof Error ? reject(result) : resolve(result));
        // A result may be a promise, which may be fulfilled with an error.
        Promise.resolve(results[position]).then(settle, reject);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #check(results: unknown, count: number): readonly unknown[] {
    if (Array.isArray(results) && results.length === count) return results;
    // Nobody can be given the promises that are in there.
    if (Array.isArray(results)) for (const result of results as unknown[]) overhear(result);
    const got = Array.isArray(results) ? `an array of ${results.length}` : show(results);
    throw new CacheOperationError(
      `${this.#options.label}: expected an array of ${count}, a result for each argument in the order of the arguments; got ${got}.`,
    );
  }
}

/** See above. */
export class Collector {
  readonly #forMany: ForMany;
  readonly #options: CollectorOptions;
  readonly #outside: Group;
  readonly #inBlocks = new WeakMap<Overrides, Group>();

  constructor(forMany: ForMany, options: CollectorOptions) {
    this.#forMany = forMany;
    this.#options = options;
    this.#outside = new Group(forMany, options);
  }

  /** A lookup begins, which may end in a call for one; to be called when it has ended. The next batch waits for that. */
  lookingUp(): () => void {
    return this.#group().begin();
  }

  /** A call for one. */
  ask(item: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#group().add({ item: asAsked(item), resolve, reject });
    });
  }

  #group(): Group {
    const block = scope.read?.();
    if (block === undefined) return this.#outside;
    const group = this.#inBlocks.get(block) ?? new Group(this.#forMany, this.#options);
    this.#inBlocks.set(block, group);
    return group;
  }
}

/** The argument as it is now, which its key was made of: callers go on before the batch is sent. */
function asAsked(item: unknown): unknown {
  if (typeof item !== "object" || item === null) return item;
  try {
    return copyExactly(item);
  } catch {
    // It is told apart by being itself, and has to stay that.
    return item;
  }
}
