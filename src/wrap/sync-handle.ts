/** The handle of a function whose engine answers at once. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import type { CacheSet } from "./cache-set.js";
import { type Bound, type CacheHandle, type CacheStatistics, instanceNeeded, statisticsOf } from "./handle.js";
import { maxSizeOf } from "./plan.js";
import type { SyncCache } from "./sync.js";

/** See {@link CacheHandle}. */
export class SyncHandle implements CacheHandle {
  readonly #set: CacheSet;
  readonly #bound: Bound | undefined;

  constructor(set: CacheSet, bound?: Bound) {
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
  of(self: unknown): SyncHandle {
    return new SyncHandle(this.#set, { self });
  }

  key(...args: unknown[]): Key {
    return this.#set.keyOf(this.#bound?.self, args);
  }

  has(...args: unknown[]): boolean {
    return this.#cache()?.has(this.key(...args)) ?? false;
  }

  peek(...args: unknown[]): unknown {
    return this.#cache()?.peek(this.key(...args));
  }

  set(args: readonly unknown[], value: unknown): void {
    const { refusal } = this.#set.opening;
    if (refusal !== undefined) throw new CacheOperationError(refusal);
    const key = this.key(...args);
    this.#cache()?.set({ key, self: this.#bound?.self, args }, value, this.#set.subject.awaited);
  }

  delete(...args: unknown[]): boolean {
    return this.#cache()?.delete(this.key(...args)) ?? false;
  }

  refresh(...args: unknown[]): unknown {
    const cache = this.#cache();
    const self = this.#bound?.self;
    if (cache === undefined) return this.#set.opening.plan.fn.apply(self, args);
    return cache.refresh({ key: this.key(...args), self, args });
  }

  clear(): void {
    if (this.#bound === undefined) this.#set.clear();
    else this.#cache()?.clear();
  }

  stats(): CacheStatistics {
    const { subject, opened } = this.#set;
    const size = this.#bound === undefined ? this.#set.size : this.#cache()?.size();
    const { name, counters } = subject;
    return statisticsOf(counters, {
      name,
      engine: opened?.engine(),
      size,
      maxSize: opened && maxSizeOf(opened.plan.config),
    });
  }

  close(): void {
    this.#set.close();
  }

  /** The cache that the handle is about; `undefined` where caching is off. */
  #cache(): SyncCache | undefined {
    if (this.#bound === undefined && this.#set.opening.perInstance) throw instanceNeeded(this.name);
    return this.#set.cacheOf(this.#bound?.self);
  }
}
