/** The handle of a function whose engine answers with promises. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import type { AsyncCache } from "./async.js";
import type { AsyncCacheSet } from "./async-set.js";
import { type AsyncCacheHandle, type Bound, type CacheStatistics, instanceNeeded, statisticsOf } from "./handle.js";
import { maxSizeOf } from "./plan.js";

/** See {@link AsyncCacheHandle}. */
export class AsyncHandle implements AsyncCacheHandle {
  readonly #set: AsyncCacheSet;
  readonly #bound: Bound | undefined;

  constructor(set: AsyncCacheSet, bound?: Bound) {
    this.#set = set;
    this.#bound = bound;
  }

  get name(): string {
    return this.#set.subject.name;
  }

  get engine(): string {
    const { refusal, engine } = this.#set.opening;
    return refusal === undefined ? engine() : "none";
  }

  get original(): AnyFunction {
    return this.#set.subject.original;
  }

  /** The same handle for one object. */
  of(self: unknown): AsyncHandle {
    return new AsyncHandle(this.#set, { self });
  }

  key(...args: unknown[]): Key {
    return this.#set.keyOf(this.#bound?.self, args);
  }

  async has(...args: unknown[]): Promise<boolean> {
    return (await this.#cache()?.has(this.key(...args))) ?? false;
  }

  async peek(...args: unknown[]): Promise<unknown> {
    return this.#cache()?.peek(this.key(...args));
  }

  async set(args: readonly unknown[], value: unknown): Promise<void> {
    const { refusal } = this.#set.opening;
    if (refusal !== undefined) throw new CacheOperationError(refusal);
    const self = this.#bound?.self;
    await this.#cache()?.set({ key: this.key(...args), self, args }, value);
  }

  async delete(...args: unknown[]): Promise<boolean> {
    return (await this.#cache()?.delete(this.key(...args))) ?? false;
  }

  async refresh(...args: unknown[]): Promise<unknown> {
    const cache = this.#cache();
    const { opening } = this.#set;
    const self = this.#bound?.self;
    if (cache === undefined) return opening.plan.fn.apply(self, args);
    return cache.refresh({ key: this.key(...args), self, args });
  }

  async clear(): Promise<void> {
    if (this.#bound !== undefined && this.#set.opening.perInstance) {
      const message = `"${this.name}" keeps the entries of all instances in one store, which can only be cleared whole, by the method's own handle.`;
      throw new CacheOperationError(message);
    }
    await this.#set.cache?.clear();
  }

  stats(): CacheStatistics {
    const { subject, opened } = this.#set;
    const { name, counters } = subject;
    return statisticsOf(counters, {
      name,
      engine: opened?.engine(),
      size: undefined,
      maxSize: opened && maxSizeOf(opened.plan.config),
    });
  }

  close(): Promise<void> {
    return this.#set.close();
  }

  /** The cache that the handle is about; `undefined` where caching is off. */
  #cache(): AsyncCache | undefined {
    if (this.#bound === undefined && this.#set.opening.perInstance) throw instanceNeeded(this.name);
    return this.#set.cache;
  }
}
