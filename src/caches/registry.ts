/** A list of caches by name, held so that they can still be collected. */

import { CacheOperationError } from "../errors.js";
import { Counters, type Statistics, summarize } from "../stats.js";
import { createInvalidations, type Invalidations } from "../tags/index.js";

/** What a cache must have to be listed. The handle of a cached function has it; a cache of your own may. */
export interface RegisteredCache {
  readonly name: string;
  /** The cache's figures. */
  stats(): RegisteredStatistics;
  /** Removes all entries. */
  clear(): void | Promise<void>;
  /** Gives back what the cache holds. */
  close(): void | Promise<void>;
}

/** The figures of one cache, with what it knows of itself. */
export interface RegisteredStatistics extends Statistics {
  readonly name: string;
  readonly engine?: string | undefined;
  readonly size: number | undefined;
  readonly maxSize?: number | undefined;
}

/** The figures of all caches together, those of caches that were collected included, and of each one there is. */
export interface AllStatistics extends Statistics {
  /** Entries in all caches that know how many they have. */
  readonly size: number;
  /** How many caches there are. */
  readonly totalCaches: number;
  /** One record a cache. */
  readonly caches: readonly RegisteredStatistics[];
}

/** A cache in the list. Its counters, if they are known here, outlive it. */
interface Registration {
  readonly name: string;
  readonly cache: WeakRef<RegisteredCache>;
  readonly counters: Counters | undefined;
}

/** The caches of one program, or of one set of decorators. */
export class CacheRegistry {
  /** The invalidations that concern those of their entries that do not outlive this process. */
  readonly inMemory: Invalidations = createInvalidations();
  readonly #registrations = new Map<string, Registration>();
  /** The last number given to each name that is taken, so that the search for a free one need not begin anew. */
  readonly #numbers = new Map<string, number>();
  /** What caches counted that do not exist any more, and the time that they saved. */
  readonly #past = new Counters();
  #pastTimeSaved = 0;
  readonly #shared = new WeakMap<RegisteredCache, () => Invalidations | undefined>();
  readonly #collected = new FinalizationRegistry<Registration>((registration) => this.#remove(registration));

  /** The name under which a cache can be listed: the one wished for, or that with a number. */
  freeName(wish: string): string {
    if (!this.#registrations.has(wish)) {
      this.#numbers.delete(wish);
      return wish;
    }
    let number = this.#numbers.get(wish) ?? 1;
    do number += 1;
    while (this.#registrations.has(`${wish}#${number}`));
    this.#numbers.set(wish, number);
    return `${wish}#${number}`;
  }

  /** Lists a cache under its name, in place of an earlier one. */
  register(cache: RegisteredCache, counters?: Counters): void {
    this.unregister(cache.name);
    const registration = { name: cache.name, cache: new WeakRef(cache), counters };
    this.#registrations.set(cache.name, registration);
    this.#collected.register(cache, registration, registration);
  }

  /** Notes what tells which entries of a cache are valid that others see too; `undefined` once it is closed. */
  share(cache: RegisteredCache, invalidations: () => Invalidations | undefined): void {
    this.#shared.set(cache, invalidations);
  }

  /** What is to be told of invalidations: the memory, and every folder that one of the caches has entries in. */
  invalidations(): readonly Invalidations[] {
    const shared = this.all().flatMap((cache) => this.#shared.get(cache)?.() ?? []);
    return [...new Set([this.inMemory, ...shared])];
  }

  /** Takes a cache off the list; what it counted stays in the totals. Whether it was there. */
  unregister(name: string): boolean {
    const registration = this.#registrations.get(name);
    return registration !== undefined && this.#remove(registration);
  }

  /** The cache of that name. */
  get(name: string): RegisteredCache | undefined {
    return this.#registrations.get(name)?.cache.deref();
  }

  /** All caches, in the order in which they were listed. */
  all(): readonly RegisteredCache[] {
    return [...this.#registrations.values()].flatMap(({ cache }) => cache.deref() ?? []);
  }

  /** The figures of all caches together and of each. The time saved is the sum of what each has saved. */
  stats(): AllStatistics {
    const total = new Counters();
    const caches: RegisteredStatistics[] = [];
    let timeSaved = this.#pastTimeSaved;
    total.add(this.#past);
    for (const { cache, counters } of this.#registrations.values()) {
      const figures = cache.deref()?.stats();
      if (figures !== undefined) caches.push(figures);
      const counted = counters === undefined ? figures : summarize(counters);
      if (counted === undefined) continue;
      total.add(counted);
      timeSaved += counted.timeSaved;
    }
    const size = caches.reduce((sum, one) => sum + (one.size ?? 0), 0);
    const sums = { ...summarize(total), timeSaved, size, totalCaches: caches.length };
    return Object.freeze({ ...sums, caches: Object.freeze(caches) });
  }

  #remove(registration: Registration): boolean {
    const { name, cache, counters } = registration;
    this.#collected.unregister(registration);
    const counted = counters === undefined ? cache.deref()?.stats() : summarize(counters);
    if (counted !== undefined) {
      this.#past.add(counted);
      this.#pastTimeSaved += counted.timeSaved;
    }
    return this.#registrations.delete(name);
  }
}

/** Does something with each cache, all of them even if some fail; then one error tells of those that did. */
export async function withEach(
  caches: readonly RegisteredCache[],
  what: string,
  act: (cache: RegisteredCache) => void | Promise<void>,
): Promise<void> {
  // Started together: a cache that answers at once is done when this function returns its promise.
  const outcomes = await Promise.allSettled(caches.map(async (cache) => act(cache)));
  const causes = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  if (causes.length === 0) return;
  const cause = causes.length === 1 ? causes[0] : new AggregateError(causes);
  throw new CacheOperationError(`${causes.length} of ${caches.length} caches failed to ${what}.`, { cause });
}
