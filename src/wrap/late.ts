/** Writes that take longer than their calls may wait. */

import { TimeUp } from "./budget.js";
import type { Guard } from "./guard.js";

/** Milliseconds after which a write that nobody waits for any more is taken for lost, and told of. */
const LATE = 5_000;

/**
 * Hears what becomes of a write, which is told only if it comes to a failure, or to nothing.
 *
 * @param failed - Is told what it rejects with.
 */
export function hearLater(written: Promise<unknown>, guard: Guard, failed: (cause: unknown) => void): void {
  const late = setTimeout(() => guard.engineFailed("set", new TimeUp()), LATE);
  (late as { unref?(): void }).unref?.();
  written.then(
    () => clearTimeout(late),
    (cause: unknown) => {
      clearTimeout(late);
      failed(cause);
    },
  );
}
