/** The cache of one function in a store of an asynchronous engine, opened at the first use. */

import type { AsyncStore } from "../contract/index.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import { scope } from "../scope.js";
import { admit, askedKey, countBypass, namespaceOf, readSignal, stillMakes } from "./admit.js";
import { AsyncCache } from "./async.js";
import type { SkippedEngine } from "./explanation.js";
import type { Plan, Subject } from "./plan.js";
import { currentOf } from "./request.js";

/** What a cached function is made of once its options and the environment are settled; the engine takes longer. */
export interface AsyncOpening {
  readonly plan: Plan;
  /** The engine in use; until it is found, the one that was asked for. */
  engine(): string;
  /** The engines that were not used, and why, as far as that is known. */
  skipped(): readonly SkippedEngine[];
  open(): Promise<AsyncStore>;
  /** Entries of different objects are told apart, in one store. */
  readonly perInstance: boolean;
  /** Nothing is cached. */
  readonly disabled: boolean;
  /** Why nothing is, where that is not because caching is switched off. */
  readonly refusal?: string | undefined;
  /** Settles what requests use in the place of this cache, the first time that one does. */
  readonly forRequest?: (() => AsyncOpening) | undefined;
  /** To be called when the caches are closed. */
  onClose?(): void;
}

/** Everything about one wrapped function, made at its decoration, opened at its first call. */
export class AsyncCacheSet {
  readonly subject: Subject;
  readonly #settle: () => AsyncOpening;
  #opening: AsyncOpening | undefined;
  #cache: AsyncCache | undefined;
  #closed = false;

  constructor(subject: Subject, settle: () => AsyncOpening) {
    this.subject = subject;
    this.#settle = settle;
  }

  /** The opening, made at the first use. */
  get opening(): AsyncOpening {
    this.#opening ??= this.#settle();
    return this.#opening;
  }

  /** The cache that calls made here use: this one, or that of the request around. */
  get current(): AsyncCacheSet {
    return currentOf<AsyncOpening, AsyncCacheSet>(this, (settle) => new AsyncCacheSet(this.subject, settle));
  }

  /** Whether calls run the function as if it were not wrapped. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The opening, if there was a first use. */
  get opened(): AsyncOpening | undefined {
    return this.#opening;
  }

  /** The cache; `undefined` where there is none, and the function runs as if it were not wrapped. */
  get cache(): AsyncCache | undefined {
    const { plan, disabled, open } = this.opening;
    if (this.#closed || disabled) return undefined;
    this.#cache ??= new AsyncCache(plan, open());
    return this.#cache;
  }

  /** The same for who only wants to look: it is opened only where there may be entries before the first use. */
  lookFor(): AsyncCache | undefined {
    return this.subject.outlives ? this.cache : this.#cache;
  }

  /** See {@link askedKey}. */
  keyOf(self: unknown, args: readonly unknown[]): Key {
    return askedKey(this.opening.plan, self, args);
  }

  /**
   * A call. Rejects with nothing but the function's error.
   *
   * @param isNew - The caller knows that there is nothing fresh, and is not content with what is stale.
   */
  call(self: unknown, args: unknown[], isNew = false): Promise<unknown> {
    const rules = scope.read?.();
    const current = rules?.request === undefined ? this : this.current;
    if (current !== this) return current.call(self, args, isNew);
    const { plan } = this.opening;
    const { cache } = this;
    if (this.opening.refusal !== undefined && !this.#closed) countBypass(plan);
    const key = cache === undefined ? undefined : admit(plan, self, args, rules);
    if (cache === undefined || key === undefined) return run(plan.fn, self, args);
    const namespace = namespaceOf(plan, rules);
    const isUnchanged = (): boolean => stillMakes(plan, key, self, args, namespace);
    const signal = readSignal(plan, args);
    const call = { key, self, args, ttl: rules?.ttl, namespace, isUnchanged, signal };
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (rules?.refresh === true) return cache.refresh(call);
    // Where nothing stale is served a call is as good, and finds what was stored since the caller looked.
    return isNew && plan.config.loading !== undefined ? cache.getNew(call) : cache.call(call);
  }

  /** From now on calls run the function as if it were not wrapped. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#opening?.onClose?.();
    const cache = this.#cache;
    this.#cache = undefined;
    await cache?.close();
  }
}

/** Runs a function; what it throws, the promise rejects with. */
async function run(fn: AnyFunction, self: unknown, args: unknown[]): Promise<unknown> {
  return fn.apply(self, args);
}

/** The function that takes the place of the original. A method, so that it is no constructor. */
export function createAsyncWrapper(set: AsyncCacheSet): AnyFunction {
  return {
    cached(this: unknown, ...args: unknown[]): Promise<unknown> {
      return set.call(this, args);
    },
  }.cached;
}
