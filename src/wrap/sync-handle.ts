/** The handle of a function whose engine answers at once. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { scope } from "../scope.js";
import { namespaceOf } from "./admit.js";
import type { CacheSet } from "./cache-set.js";
import { carryOut } from "./entries.js";
import { listTrace } from "./explain.js";
import { explainNow, tracesOf } from "./explain-now.js";
import type { Explanation } from "./explanation.js";
import { type Bound, type CacheHandle, type CacheStatistics, instanceNeeded, statisticsOf } from "./handle.js";
import { argumentLists, callEach } from "./many.js";
import { type Call, maxSizeOf } from "./plan.js";
import type { SyncCache } from "./sync.js";
import { labelsOf, labelsText } from "./tagging.js";
import type { TraceEvent } from "./trace.js";
import { type WarmOptions, type WarmResult, warm } from "./warm.js";

/** See {@link CacheHandle}. */
export class SyncHandle implements CacheHandle {
  readonly #own: CacheSet;
  readonly #bound: Bound | undefined;

  constructor(set: CacheSet, bound?: Bound) {
    this.#own = set;
    this.#bound = bound;
  }

  /** The caches of the request around or, where there is none, the function's own. */
  get #set(): CacheSet {
    return this.#own.current;
  }

  get name(): string {
    return this.#own.subject.name;
  }

  get engine(): string {
    const { refusal, engine } = this.#own.opening;
    return refusal === undefined ? engine() : "none";
  }

  get original(): AnyFunction {
    return this.#own.subject.original;
  }

  /** The same handle for one object. */
  of(self: unknown): SyncHandle {
    return new SyncHandle(this.#own, { self });
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

  explain(...args: unknown[]): Explanation {
    this.#requireInstance();
    return explainNow(this.#set, this.#bound?.self, args);
  }

  trace(): readonly TraceEvent[] {
    this.#requireInstance();
    return listTrace(tracesOf(this.#set, this.#bound?.self));
  }

  set(args: readonly unknown[], value: unknown): void {
    const { refusal } = this.#set.opening;
    if (refusal !== undefined) throw new CacheOperationError(refusal);
    this.#cache()?.set(this.#call(args), value, this.#set.subject.awaited);
  }

  delete(...args: unknown[]): boolean {
    return this.#remove((set) => this.#cache(set)?.delete(set.keyOf(this.#bound?.self, args)));
  }

  expire(...args: unknown[]): boolean {
    return this.#remove((set) => this.#cache(set)?.expire(set.keyOf(this.#bound?.self, args)));
  }

  refresh(...args: unknown[]): unknown {
    const cache = this.#cache();
    const self = this.#bound?.self;
    if (cache === undefined) return this.#own.opening.plan.fn.apply(self, args);
    return cache.refresh(this.#call(args));
  }

  many(lists: Iterable<readonly unknown[]>): unknown[] | Promise<unknown[]> {
    this.#cache();
    const call = (args: unknown[]): unknown => this.#set.call(this.#bound?.self, args);
    return callEach(argumentLists("many", lists), call, this.#set.subject.awaited);
  }

  async warm(lists: Iterable<readonly unknown[]>, options: WarmOptions = {}): Promise<WarmResult> {
    const cache = this.#cache();
    const isFresh = (args: unknown[]): boolean =>
      cache === undefined || (scope.read?.()?.refresh !== true && cache.has(this.key(...args)));
    const load = (args: unknown[]): unknown => this.#set.call(this.#bound?.self, args, true);
    return warm(argumentLists("warm", lists), options, isFresh, load);
  }

  clear(): void {
    this.#remove((set) => {
      if (this.#bound === undefined) set.clear();
      else this.#cache(set)?.clear();
    });
  }

  stats(): CacheStatistics {
    const { subject, opened } = this.#own;
    const size = this.#bound === undefined ? this.#own.size : this.#cache(this.#own)?.size();
    const { name, counters } = subject;
    return statisticsOf(counters, {
      name,
      engine: opened?.engine(),
      size,
      maxSize: opened && maxSizeOf(opened.plan.config),
    });
  }

  close(): void {
    this.#own.close();
  }

  invalidateTags(...tags: string[]): void {
    const { plan, refusal, disabled } = this.#own.opening;
    const { tags: of, requestTags = of } = plan;
    const labels = labelsOf("invalidateTags", tags);
    plan.guard.trace?.note("invalidated", "invalidateTags", undefined, labelsText(labels));
    requestTags.invalidations.addNow(labels, requestTags.owner);
    if (refusal === undefined && !disabled && of !== requestTags) {
      carryOut(plan, "invalidate tags", () => of.invalidations.addNow(labels, of.owner));
    }
  }

  /** What a call with these arguments is, for operations that are about one. */
  #call(args: readonly unknown[]): Call {
    const namespace = namespaceOf(this.#set.opening.plan);
    return { key: this.key(...args), self: this.#bound?.self, args, namespace };
  }

  /** Removes something: what the request around has, and what that stands in for. Whether there was something. */
  #remove(act: (set: CacheSet) => unknown): boolean {
    const { current } = this.#own;
    const removed = act(current) === true;
    return current === this.#own ? removed : act(this.#own) === true || removed;
  }

  /** The cache that the handle is about; `undefined` where caching is off. */
  #cache(set: CacheSet = this.#set): SyncCache | undefined {
    this.#requireInstance(set);
    return set.cacheOf(this.#bound?.self);
  }

  #requireInstance(set: CacheSet = this.#set): void {
    if (this.#bound === undefined && set.opening.perInstance) throw instanceNeeded(this.name);
  }
}
