/** A clock that stands still until it is told to go. */

import type { Clock } from "../clock.js";
import { ConfigurationError } from "../errors.js";
import { DURATION_WORDS, type Duration, parseDuration } from "../quantity.js";

/** A clock for tests. */
export interface FakeClock extends Clock {
  /** Lets time pass. */
  advance(duration: Duration): void;
}

/**
 * A clock that advances only when it is told to, so that no test has to wait.
 *
 * @param start - Its first reading, in milliseconds. Default: 1,000,000.
 *
 * @example
 * ```ts
 * import { mcache } from "twat-cache";
 * import { createFakeClock } from "twat-cache/testing";
 * const clock = createFakeClock();
 * let runs = 0;
 * const rate = mcache((currency: string) => `${currency} ${++runs}`, { ttl: "5m", clock });
 * rate("EUR");
 * clock.advance("5m");
 * console.log(rate("EUR")); // => EUR 2
 * ```
 */
export function createFakeClock(start: number = 1_000_000): FakeClock {
  let time = start;
  return {
    now: () => time,
    advance(duration) {
      const step = parseDuration(duration);
      if (step === undefined) throw new ConfigurationError(`advance: expected ${DURATION_WORDS}; got ${duration}`);
      time += step;
    },
  };
}
