/** Knows every timer of the program that has neither rung nor been cleared. */

/** Watches from now on. */
export function watchTimers(): { readonly left: () => number[] } {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  /** Timers, with the milliseconds that they were set for. */
  const live = new Map<unknown, number>();
  const watched = (callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]): NodeJS.Timeout => {
    const timer = set(() => {
      live.delete(timer);
      callback(...args);
    }, delay);
    live.set(timer, delay);
    return timer;
  };
  globalThis.setTimeout = Object.assign(watched, {
    __promisify__: set.__promisify__,
  }) as unknown as typeof globalThis.setTimeout;
  globalThis.clearTimeout = (timer) => {
    live.delete(timer);
    clear(timer);
  };
  return { left: () => [...live.values()].map(Math.ceil) };
}
