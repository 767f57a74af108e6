/**
 * The slot through which a block (`withCache`) reaches the cached functions that are called inside it. It is empty until
 * a first block opens; a program that never opens one pays a single comparison a call.
 */

/** A name space in others, the outermost first. */
export type Namespace = readonly string[];

/** What can stand in for something until it is closed. */
interface Closable {
  close(): void | Promise<void>;
}

/** What lives as long as a request: for each thing that others share, one that they do not. */
export interface Request {
  /** What stands in for a thing inside the request, made when it is first asked for; once the request is over, closed. */
  standIn<T extends Closable>(shared: T, make: () => T): T;
}

/** What a block says about the calls inside it. */
export interface Overrides {
  /** Calls run the function and leave the cache alone. */
  readonly bypass?: boolean | undefined;
  /** Calls run the function and replace what is cached. */
  readonly refresh?: boolean | undefined;
  /** What is stored lives this long, in milliseconds. */
  readonly ttl?: number | undefined;
  /** Calls see and fill a key space of their own: that of the blocks around them, the outermost first. */
  readonly namespace?: Namespace | undefined;
  /** Calls use caches that live as long as the block. */
  readonly request?: Request | undefined;
  /** Defaults for the options of caches made inside the block. */
  readonly defaults?: object | undefined;
}

/** Reads the overrides of the block around the current call; `read` is `undefined` while no block was ever opened. */
export const scope: { read: (() => Overrides | undefined) | undefined } = { read: undefined };
