/**
 * The slot through which a block (`withCache`) reaches the cached functions that are called inside it. It is empty until
 * a first block opens; a program that never opens one pays a single comparison a call.
 */

/** What a block says about the calls inside it. */
export interface Overrides {
  /** Calls run the function and leave the cache alone. */
  readonly bypass?: boolean | undefined;
  /** Calls run the function and replace what is cached. */
  readonly refresh?: boolean | undefined;
  /** What is stored lives this long, in milliseconds. */
  readonly ttl?: number | undefined;
  /** Calls see and fill a key space of their own. */
  readonly namespace?: string | undefined;
  /** Defaults for the options of caches made inside the block. */
  readonly defaults?: object | undefined;
}

/** Reads the overrides of the block around the current call; `read` is `undefined` while no block was ever opened. */
export const scope: { read: (() => Overrides | undefined) | undefined } = { read: undefined };
