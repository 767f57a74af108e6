/** Work that nobody waits for. */

import { overhear } from "../promise.js";
import type { Guard } from "./guard.js";

/** What came of an attempt: a result or, of one that threw, the error. */
export type Attempt = { readonly result: unknown } | { readonly error: unknown };

/** Calls a function that may throw. */
export function attempt(act: () => unknown): Attempt {
  try {
    return { result: act() };
  } catch (error) {
    return { error };
  }
}

/** Tells the host of work under way, which never rejects. */
export function handOver(
  guard: Guard,
  waitUntil: ((background: Promise<void>) => void) | undefined,
  work: Promise<unknown>,
): void {
  if (waitUntil === undefined) return;
  const told = attempt(() => waitUntil(work.then(() => undefined)));
  const failed = (error: unknown): void => guard.optionFailed("waitUntil", error);
  if ("error" in told) failed(told.error);
  else overhear(told.result, failed);
}
