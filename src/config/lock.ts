/** One load of a key across processes: the option, and what comes of it. */

import { type Duration, parseDuration } from "../quantity.js";

/** How processes wait for each other's loads. */
export interface LockOptions {
  /**
   * How long a call waits for another process that is making its value; then it runs the function itself. Never longer
   * than half of `hardTimeout`, so that there is time left for the function. Default: `"5s"`.
   */
  wait?: Duration;
  /**
   * How long a process that says nothing any more keeps others waiting: for so long it may have been killed, or be busy
   * with something that lets no timer run. One whose load takes longer says so in time. Default: `"2s"`.
   */
  lease?: Duration;
}

/** Options about loads of the same key by several processes. */
export interface SharedLoadOptions {
  /**
   * Whether only one process at a time runs the function for a key, while calls in others wait for what it stores. For
   * entries on the engines `redis`, `sqlite` and `file`; one without leases, such as a Keyv object, makes no use of it and
   * says so once, and in memory calls share their loads anyway. It saves work and is no mutual exclusion: a process that
   * is killed, a wait that is over and a store that fails let another one run the function too. An error reaches the
   * callers of its own process only, and the next process tries. `refresh` neither waits nor is waited for. A value that
   * another process has made counts as a hit. Not with `sync: true`. Default: `false`.
   */
  lock?: boolean | LockOptions;
}

/** See {@link LockOptions}: milliseconds. */
export interface LockConfig {
  readonly wait: number;
  readonly lease: number;
}

/**
 * Milliseconds. A lease is long enough for a program that is busy to renew it in time, and short enough to be waited for
 * when its process was killed. Calls wait for two such leases and a bit: of two processes that die over one key, neither
 * makes all others load at the same time. Longer, and callers would rather have run the function.
 */
const LOCK: LockConfig = { wait: 5_000, lease: 2_000 };

/**
 * What was said about it; `undefined`: each process loads for itself.
 *
 * @param isPersistent - There is a place that processes have in common.
 */
export function resolveLock(
  { lock = false, hardTimeout }: SharedLoadOptions & { readonly hardTimeout?: Duration },
  isPersistent: boolean,
): LockConfig | undefined {
  if (lock === false || !isPersistent) return undefined;
  const { wait, lease } = lock === true ? ({} as LockOptions) : lock;
  const longest = (parseDuration(hardTimeout) ?? Number.POSITIVE_INFINITY) / 2;
  return Object.freeze({
    wait: Math.min(parseDuration(wait) ?? LOCK.wait, longest),
    lease: parseDuration(lease) ?? LOCK.lease,
  });
}
