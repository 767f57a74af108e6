/** Time without the machine's: what was spent while the event loop stood still is nobody's who was waiting in it. */

const TICK = 2;
/** Timers ring this much later anywhere. */
const USUAL = 3;

/** The event loop stood still for so many milliseconds. */
const HICCUP = 15;

/**
 * Milliseconds that something took, without those by which the event loop was late: another process had the processor, or
 * this one was busy itself. And how often it was late for long.
 */
export async function timed(act: () => Promise<unknown>): Promise<{ readonly took: number; readonly hiccups: number }> {
  let late = 0;
  let hiccups = 0;
  let ticked = performance.now();
  const note = (): void => {
    const now = performance.now();
    const by = now - ticked - TICK;
    if (by > USUAL) late += by;
    if (by > HICCUP) hiccups += 1;
    ticked = now;
  };
  const timer = setInterval(note, TICK);
  const started = performance.now();
  try {
    await act();
  } finally {
    note();
    clearInterval(timer);
  }
  return { took: Math.max(0, performance.now() - started - late), hiccups };
}

/** The one in the middle. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
}

/** Waits until something is so, and says how long it took. Fails after so many milliseconds. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  within = 10_000,
  pause = 10,
): Promise<number> {
  const started = performance.now();
  while (!(await isSo())) {
    if (performance.now() - started > within) throw new Error(`Waited in vain for ${within} ms: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return performance.now() - started;
}
