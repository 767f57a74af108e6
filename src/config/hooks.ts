/** Hooks: functions of the user that are told what a cache does. */

import type { Key } from "../keys/index.js";

/** Why an entry left the cache. */
export type RemovalReason = "evicted" | "expired" | "deleted" | "cleared" | "replaced" | "invalidated";

/** A call was answered from the cache, or could not be. */
export interface CallEvent {
  /** The name of the cache. */
  readonly name: string;
  readonly key: Key;
  readonly args: readonly unknown[];
}

/** A value was stored. */
export interface SetEvent {
  /** The name of the cache. */
  readonly name: string;
  readonly key: Key;
  readonly value: unknown;
}

/** An entry left the cache. */
export interface EvictEvent extends SetEvent {
  readonly reason: RemovalReason;
}

/** Something of the cache failed; the call it happened in got the function's result all the same. */
export interface ErrorEvent {
  /** The name of the cache. */
  readonly name: string;
  /** What was being done: an operation of the engine, or the option whose function failed. */
  readonly operation: string;
  readonly error: unknown;
}

/**
 * Functions that are told what a cache does. What they throw, and what their promises reject with, is logged once and
 * never reaches a caller. They run inside the call, so a slow one makes calls slow.
 */
export interface Hooks {
  /** After each hit. */
  onHit?(event: CallEvent): void;
  /** After each miss, before the function runs. */
  onMiss?(event: CallEvent): void;
  /** After each value that was stored. */
  onSet?(event: SetEvent): void;
  /**
   * After each entry that left, with the reason. Not when an instance's cache goes as a whole: collected with the
   * instance, or when the method's caches of all instances are cleared at once. On an engine that answers with promises,
   * only of what had expired, once something else is in its place: what it removes would have to be read first.
   */
  onEvict?(event: EvictEvent): void;
  /** After each failure of the engine, or of a function given as an option. */
  onError?(event: ErrorEvent): void;
}
