/** Callers that stop waiting: a signal ends its caller's wait, and a load ends when nobody waits for it any more. */

import type { ResolvedConfig } from "../config/index.js";
import { isSignal, type Signal } from "../signal.js";
import { consult } from "./guard.js";
import type { Load } from "./inflight.js";
import type { Call } from "./plan.js";

/** The signal of a call: what `signalOf` says, or the first among the arguments. Throws an `OptionFailure`. */
export function signalIn({ signalOf }: ResolvedConfig, args: readonly unknown[]): Signal | undefined {
  const found = signalOf === undefined ? args.find(isSignal) : consult("signalOf", () => signalOf(args));
  return isSignal(found) ? found : undefined;
}

/**
 * The arguments for a load: the load's own signal stands where the caller's was, among the arguments or as a property
 * `signal` of one of them.
 */
export function argsFor(load: Load, { args, signal }: Call): readonly unknown[] {
  if (signal === undefined) return args;
  load.controller ??= new AbortController();
  const own = load.controller.signal;
  return args.map((argument) => {
    if (argument === signal) return own;
    const holds = typeof argument === "object" && argument !== null && Object.hasOwn(argument, "signal");
    return holds && (argument as { signal: unknown }).signal === signal ? { ...argument, signal: own } : argument;
  });
}

/**
 * Waits for something until the signal is aborted, and rejects with the signal's reason then.
 *
 * @param leave - Is told that the caller waits no more.
 */
export function waitUnlessAborted<T>(promise: Promise<T>, signal: Signal, leave: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      leave();
      reject(signal.reason);
    };
    // A signal may live as long as the program: nothing stays on it.
    const settled = (): void => signal.removeEventListener("abort", aborted);
    signal.addEventListener("abort", aborted, { once: true });
    // What was called since the call began may have done it already, and is not told again.
    if (signal.aborted) aborted();
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}
