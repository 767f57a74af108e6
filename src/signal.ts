/** Signals that somebody waits no more. */

/** The part of an `AbortSignal` that is used here, so that declarations need no platform. An `AbortSignal` is one. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What a signal is aborted by. */
export interface Controller {
  readonly signal: Signal;
  abort(reason: unknown): void;
}

/** Whether something is an `AbortSignal`. */
export function isSignal(thing: unknown): thing is Signal {
  return typeof thing === "object" && thing !== null && thing instanceof AbortSignal;
}
