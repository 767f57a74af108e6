/** Where time comes from. Injected everywhere, so that no test has to wait. */

/**
 * A source of time.
 *
 * @example
 * ```ts
 * import { type Clock, mcache } from "twat-cache";
 * const clock: Clock = { now: () => Date.now() };
 * const square = mcache((n: number) => n * n, { ttl: "1m", clock });
 * ```
 */
export interface Clock {
  /** Milliseconds, on a scale that never goes back. */
  now(): number;
  /** The same, cheaper: may be as old as the current turn of the event loop. Default: `now`. */
  tick?(): number;
}

/** The raw readings that the system clock is made of; other ones are for tests. */
export interface ClockSources {
  /** Milliseconds since any fixed point; never goes back, may stand still while the machine sleeps. */
  monotonic(): number;
  /** Milliseconds since 1970 by the wall clock; may jump either way. */
  wall(): number;
  /** Runs the callback when the current turn of the event loop is over; absent where the platform has no such thing. */
  afterTurn?: ((callback: () => void) => void) | undefined;
}

/** A wall clock this far ahead of the monotonic one has jumped or slept; less is the two clocks' ordinary drift. */
const JUMP = 1_000;
/** Readings closer together than this belong to one burst of calls: 20 calls would fit between them. */
const BURST_GAP = 0.05;
/** Exact readings in a burst before `tick` begins to repeat itself: scheduling the reset costs as much as ten readings. */
const BURST_START = 8;
/** How often `tick` may repeat itself before it looks again: bounds its age in long synchronous runs. */
const REPEATS = 64;

/**
 * The clock of the machine. It advances with the monotonic clock, so that setting the wall clock back makes nothing
 * younger; when the wall clock runs ahead (the machine slept, or the clock was set forward) it follows, so that nothing
 * outlives its TTL.
 */
export function createSystemClock(sources: ClockSources): Required<Clock> {
  let offset = sources.wall() - sources.monotonic();
  let last = 0;
  let burst = 0;
  let repeats = 0;
  let resetPending = false;

  function now(): number {
    last = sources.monotonic() + offset;
    const ahead = sources.wall() - last;
    if (ahead > JUMP) {
      offset += ahead;
      last += ahead;
    }
    return last;
  }

  function reset(): void {
    resetPending = false;
    repeats = 0;
    burst = 0;
  }

  function look(): number {
    const before = last;
    const time = now();
    burst = time - before < BURST_GAP ? burst + 1 : 0;
    if (sources.afterTurn !== undefined && (resetPending || burst >= BURST_START)) {
      repeats = REPEATS;
      if (!resetPending) {
        resetPending = true;
        sources.afterTurn(reset);
      }
    }
    return time;
  }

  return {
    now,
    tick(): number {
      if (repeats > 0) {
        repeats -= 1;
        return last;
      }
      return look();
    },
  };
}

/** Held from the start: test tools that replace `setImmediate` must not stop the clock. */
const { setImmediate } = globalThis;

/** The clock that caches use unless the option `clock` says otherwise. */
export const systemClock: Required<Clock> = createSystemClock({
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  afterTurn: typeof setImmediate === "function" ? (callback) => void setImmediate(callback) : undefined,
});
