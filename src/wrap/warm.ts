/** Filling a cache before anybody asks. */

import { show } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import { overhear } from "../promise.js";
import type { Signal } from "../signal.js";
import { attempt } from "./background.js";

/** How far `warm` has come. */
export interface WarmProgress {
  /** Lists of arguments that are done: loaded, skipped, or failed. */
  readonly done: number;
  /** Lists of arguments that there are. */
  readonly total: number;
  /** Those among `done` for which the function failed. */
  readonly failed: number;
}

/** Options of `warm`. */
export interface WarmOptions {
  /** How many calls of the function may be under way at a time. Default: 10. `Infinity`: all of them. */
  concurrency?: number;
  /** Is told after each list of arguments. What it throws stops nothing. Default: nobody is told. */
  onProgress?(progress: WarmProgress): void;
  /** When it is aborted, no further calls begin; those under way come to their end. Default: nobody stops it. */
  signal?: Signal;
}

/** What `warm` has done. With a `signal` that was aborted, the sum is less than there were lists of arguments. */
export interface WarmResult {
  /** The function has run, or a load that was under way has come to its end. */
  readonly loaded: number;
  /** There was a fresh entry already, or caching is switched off. */
  readonly skipped: number;
  /** The function failed, or no key can be made of the arguments. */
  readonly failed: number;
}

/** How many calls are under way at a time, unless told otherwise. */
const CONCURRENCY = 10;

/**
 * Loads what is not fresh. Does not reject for what `load` fails with.
 *
 * @param isFresh - Whether there is nothing to do for these arguments. May throw; that counts as a failure.
 * @throws ConfigurationError for a concurrency that cannot work.
 */
export async function warm(
  lists: readonly unknown[][],
  { concurrency = CONCURRENCY, onProgress, signal }: WarmOptions,
  isFresh: (args: unknown[]) => boolean | Promise<boolean>,
  load: (args: unknown[]) => unknown,
): Promise<WarmResult> {
  const isBound = concurrency === Number.POSITIVE_INFINITY || (Number.isInteger(concurrency) && concurrency >= 1);
  if (!isBound) {
    throw new ConfigurationError(
      `warm: concurrency: expected a whole number from 1, or Infinity; got ${show(concurrency)}.`,
    );
  }
  const result = { loaded: 0, skipped: 0, failed: 0 };
  let done = 0;
  const warmOne = async (args: unknown[]): Promise<keyof WarmResult> => {
    try {
      if (await isFresh(args)) return "skipped";
      await load(args);
      return "loaded";
    } catch {
      return "failed";
    }
  };
  const waiting = lists.values();
  const work = async (): Promise<void> => {
    // All workers take from one iterator: each list of arguments is for one of them.
    for (const args of waiting) {
      if (signal?.aborted === true) return;
      result[await warmOne(args)] += 1;
      done += 1;
      tell(onProgress, { done, total: lists.length, failed: result.failed });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, lists.length) }, work));
  return Object.freeze(result);
}

/** Tells somebody whose failures are nobody's concern. */
function tell(onProgress: WarmOptions["onProgress"], progress: WarmProgress): void {
  const told = attempt(() => onProgress?.(progress));
  if ("result" in told) overhear(told.result);
}
