/** What can be done with all caches of a world together. */

import { CacheOperationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import { isTag, namespaceLabel, TAG_WORDS, tagLabel } from "../tags/index.js";
import {
  type AllStatistics,
  type CacheRegistry,
  type RegisteredCache,
  type RegisteredStatistics,
  withEach,
} from "./registry.js";

/** A cached function, or the name of a cache. */
export type CacheReference = string | (AnyFunction & { readonly cache: RegisteredCache });

/** See above; each is what the function of that name is for the program's caches. */
export interface CacheOperations {
  /** See {@link getStats}. */
  getStats(): AllStatistics;
  getStats(reference: CacheReference): RegisteredStatistics | undefined;
  /** See {@link listCaches}. */
  listCaches(): readonly string[];
  /** See {@link clearCache}. */
  clearCache(reference?: CacheReference): Promise<boolean>;
  /** See {@link closeCaches}. */
  closeCaches(): Promise<void>;
  /** See {@link invalidateTags}. */
  invalidateTags(...tags: string[]): Promise<void>;
  /** See {@link invalidateNamespaces}. */
  invalidateNamespaces(...namespaces: string[]): Promise<void>;
  /** See {@link registerCache}. */
  registerCache(cache: RegisteredCache): void;
  /** See {@link unregisterCache}. */
  unregisterCache(name: string): boolean;
}

/** The operations on a list of caches. */
export function operationsOn(caches: CacheRegistry): CacheOperations {
  const find = (reference: CacheReference): RegisteredCache | undefined =>
    typeof reference === "string" ? caches.get(reference) : reference.cache;

  function getStats(): AllStatistics;
  function getStats(reference: CacheReference): RegisteredStatistics | undefined;
  function getStats(reference?: CacheReference): AllStatistics | RegisteredStatistics | undefined {
    return reference === undefined ? caches.stats() : find(reference)?.stats();
  }

  async function invalidate(labels: readonly string[]): Promise<void> {
    const all = caches.invalidations();
    // Started together: what is in memory is done when this function returns its promise.
    const outcomes = await Promise.allSettled(all.map(async (one) => one.add(labels)));
    const causes = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    if (causes.length === 0) return;
    const cause = causes.length === 1 ? causes[0] : new AggregateError(causes);
    throw new CacheOperationError("Other processes could not be told what is invalid.", { cause });
  }

  return {
    getStats,
    listCaches: () => caches.all().map(({ name }) => name),
    async clearCache(reference) {
      const found = reference === undefined ? caches.all() : [find(reference)].filter((cache) => cache !== undefined);
      await withEach(found, "clear", (cache) => cache.clear());
      return found.length > 0;
    },
    async closeCaches() {
      await withEach(caches.all(), "close", (cache) => cache.close());
    },
    async invalidateTags(...tags) {
      await invalidate(tags.map((tag) => tagLabel(checked("invalidateTags", "tags", tag))));
    },
    async invalidateNamespaces(...namespaces) {
      await invalidate(namespaces.map((name) => namespaceLabel(checked("invalidateNamespaces", "name spaces", name))));
    },
    registerCache: (cache) => caches.register(cache),
    unregisterCache: (name) => caches.unregister(name),
  };
}

function checked(operation: string, what: string, text: unknown): string {
  if (isTag(text)) return text;
  throw new CacheOperationError(`${operation}: expected ${what}, each ${TAG_WORDS}; got ${String(text)}.`);
}
