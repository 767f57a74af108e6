/** A function that does what it is told: the source behind a cache. */

import { type Deferred, defer } from "./deferred.js";

/** A source. Each run does what is told at that time. */
export interface Source {
  runs: number;
  /** What a run comes to. */
  act: () => unknown;
  /** The function to cache. */
  readonly load: (key: string) => Promise<unknown>;
  /** The same, as one that answers at once. */
  readonly loadNow: (key: string) => unknown;
  /** From now on runs give this. */
  gives(value: unknown): void;
  /** From now on runs fail with this. */
  fails(error: unknown): void;
  /** From now on runs wait to be settled from outside. */
  waits(): Deferred<unknown>;
}

export function createSource(first?: unknown): Source {
  const source: Source = {
    runs: 0,
    act: () => first,
    load: async (_key) => {
      source.runs += 1;
      return source.act();
    },
    loadNow: (_key) => {
      source.runs += 1;
      return source.act();
    },
    gives(value) {
      source.act = () => value;
    },
    fails(error) {
      source.act = () => {
        throw error;
      };
    },
    waits() {
      const deferred = defer<unknown>();
      source.act = () => deferred.promise;
      return deferred;
    },
  };
  return source;
}
