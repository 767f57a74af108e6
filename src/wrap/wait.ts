/** Waiting for a load as long as the options say, and doing without it then. */

import type { LoadingConfig } from "../config/index.js";
import { CacheTimeoutError } from "../errors.js";

/** The longest that a timer can take; a longer one would ring at once. */
const LONGEST = 2 ** 31 - 1;

/** What a caller waits for. */
export interface Wait<T> {
  /** The name of the cache, for the error. */
  readonly name: string;
  readonly loading: LoadingConfig;
  /** When the function was called, by `performance.now()`; `undefined`: it was not yet. */
  began(): number | undefined;
  /** What there is to serve in its place, asked for when it is needed; `undefined`: nothing. */
  instead(): { readonly value: T } | undefined;
}

/**
 * What a load comes to, or what is served in its place.
 *
 * @throws CacheTimeoutError when it takes longer than `hardTimeout`, and there is nothing; what the load rejects with.
 */
export function waitFor<T>(load: Promise<T>, { name, loading, began, instead }: Wait<T>): Promise<T> {
  const { softTimeout, hardTimeout } = loading;
  if (softTimeout === undefined && hardTimeout === undefined) return load;
  return new Promise((resolve, reject) => {
    let soft: NodeJS.Timeout | undefined;
    let hard: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(soft);
      clearTimeout(hard);
      act();
    };
    if (softTimeout !== undefined) {
      // From when the function was called, before which nobody knows of a stale value; and who comes later need not wait
      // as long again.
      const left = (): number => {
        const since = began();
        return since === undefined ? softTimeout : since + softTimeout - performance.now();
      };
      const ring = (): void => {
        const milliseconds = left();
        if (milliseconds > 0) {
          soft = after(milliseconds, ring);
          return;
        }
        const found = instead();
        if (found !== undefined) settle(() => resolve(found.value));
      };
      soft = after(left(), ring);
    }
    if (hardTimeout !== undefined) {
      hard = after(hardTimeout, () => {
        const found = instead();
        settle(() => (found === undefined ? reject(new CacheTimeoutError(name, hardTimeout)) : resolve(found.value)));
      });
    }
    load.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}

/** A timer of its own. The load keeps the program alive if it is about to come to something; the wait for it does not. */
function after(milliseconds: number, ring: () => void): NodeJS.Timeout {
  return setTimeout(ring, Math.max(0, Math.min(milliseconds, LONGEST))).unref();
}
