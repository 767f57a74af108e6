/** The handle of a function whose engine answers with promises. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { scope } from "../scope.js";
import { namespaceOf, stillMakes } from "./admit.js";
import type { AsyncCache } from "./async.js";
import type { AsyncCacheSet } from "./async-set.js";
import { carryOutLater } from "./entries.js";
import { listTrace } from "./explain.js";
import { explainLater } from "./explain-later.js";
import type { Explanation } from "./explanation.js";
import { type AsyncCacheHandle, type Bound, type CacheStatistics, instanceNeeded, statisticsOf } from "./handle.js";
import { argumentLists, callEach } from "./many.js";
import { type Call, maxSizeOf } from "./plan.js";
import { labelsOf, labelsText } from "./tagging.js";
import type { TraceEvent } from "./trace.js";
import { type WarmOptions, type WarmResult, warm } from "./warm.js";

/** See {@link AsyncCacheHandle}. */
export class AsyncHandle implements AsyncCacheHandle {
  readonly #own: AsyncCacheSet;
  readonly #bound: Bound | undefined;

  constructor(set: AsyncCacheSet, bound?: Bound) {
    this.#own = set;
    this.#bound = bound;
  }

  /** The cache of the request around or, where there is none, the function's own. */
  get #set(): AsyncCacheSet {
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
  of(self: unknown): AsyncHandle {
    return new AsyncHandle(this.#own, { self });
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

  async explain(...args: unknown[]): Promise<Explanation> {
    this.#requireInstance();
    return explainLater(this.#set, this.#bound?.self, args);
  }

  trace(): readonly TraceEvent[] {
    this.#requireInstance();
    return listTrace([this.#set.opened?.plan.guard.trace]);
  }

  async set(args: readonly unknown[], value: unknown): Promise<void> {
    const { refusal } = this.#set.opening;
    if (refusal !== undefined) throw new CacheOperationError(refusal);
    await this.#cache()?.set(this.#call(args), value);
  }

  async delete(...args: unknown[]): Promise<boolean> {
    return this.#remove(async (set) => this.#cache(set)?.delete(set.keyOf(this.#bound?.self, args)));
  }

  async expire(...args: unknown[]): Promise<boolean> {
    return this.#remove(async (set) => this.#cache(set)?.expire(set.keyOf(this.#bound?.self, args)));
  }

  async refresh(...args: unknown[]): Promise<unknown> {
    const cache = this.#cache();
    const { opening } = this.#set;
    const self = this.#bound?.self;
    if (cache === undefined) return opening.plan.fn.apply(self, args);
    const call = this.#call(args);
    const isUnchanged = (): boolean => stillMakes(opening.plan, call.key, self, args, call.namespace);
    return cache.refresh({ ...call, isUnchanged });
  }

  async many(lists: Iterable<readonly unknown[]>): Promise<unknown[]> {
    this.#cache();
    return callEach(argumentLists("many", lists), (args) => this.#set.call(this.#bound?.self, args), true);
  }

  async warm(lists: Iterable<readonly unknown[]>, options: WarmOptions = {}): Promise<WarmResult> {
    const cache = this.#cache();
    const isFresh = async (args: unknown[]): Promise<boolean> =>
      cache === undefined || (scope.read?.()?.refresh !== true && (await cache.has(this.key(...args))));
    const load = (args: unknown[]): unknown => this.#set.call(this.#bound?.self, args, true);
    return warm(argumentLists("warm", lists), options, isFresh, load);
  }

  async clear(): Promise<void> {
    if (this.#bound !== undefined && this.#own.opening.perInstance) {
      const message = `"${this.name}" keeps the entries of all instances in one store, which can only be cleared whole, by the method's own handle.`;
      throw new CacheOperationError(message);
    }
    await this.#remove(async (set) => set.cache?.clear());
  }

  stats(): CacheStatistics {
    const { subject, opened } = this.#own;
    const { name, counters } = subject;
    return statisticsOf(counters, {
      name,
      engine: opened?.engine(),
      size: undefined,
      maxSize: opened && maxSizeOf(opened.plan.config),
    });
  }

  close(): Promise<void> {
    return this.#own.close();
  }

  async invalidateTags(...tags: string[]): Promise<void> {
    const { plan, refusal, disabled } = this.#own.opening;
    const { tags: of, requestTags = of } = plan;
    const labels = labelsOf("invalidateTags", tags);
    plan.guard.trace?.note("invalidated", "invalidateTags", undefined, labelsText(labels));
    requestTags.invalidations.addNow(labels, requestTags.owner);
    if (refusal !== undefined || disabled || of === requestTags) return;
    await carryOutLater(plan, "invalidate tags", async () => of.invalidations.add(labels, of.owner));
  }

  /** What a call with these arguments is, for operations that are about one. */
  #call(args: readonly unknown[]): Call {
    const namespace = namespaceOf(this.#set.opening.plan);
    return { key: this.key(...args), self: this.#bound?.self, args, namespace };
  }

  /** Removes something: what the request around has, and what that stands in for. Whether there was something. */
  async #remove(act: (set: AsyncCacheSet) => Promise<unknown>): Promise<boolean> {
    const { current } = this.#own;
    // Begun together: a store that is slow, or fails, does not keep the other one from removing it.
    const acts = current === this.#own ? [act(current)] : [act(current), act(this.#own)];
    const outcomes = await Promise.allSettled(acts);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    return outcomes.some((outcome) => outcome.status === "fulfilled" && outcome.value === true);
  }

  /** The cache that the handle is about; `undefined` where caching is off. */
  #cache(set: AsyncCacheSet = this.#set): AsyncCache | undefined {
    this.#requireInstance(set);
    return set.cache;
  }

  #requireInstance(set: AsyncCacheSet = this.#set): void {
    if (this.#bound === undefined && set.opening.perInstance) throw instanceNeeded(this.name);
  }
}
