/** Leases of records in files: a lock file for each record that is being made. */

import { join } from "node:path";
import type { Lease } from "../../contract/index.js";
import { removeOver, takeForAWhile } from "../../disk/index.js";
import { isAbsence } from "./absence.js";
import type { Layout } from "./layout.js";
import { namesIn } from "./walk.js";

/** The directory with the locks, in that of the cache. */
const LEASES = "leases";

/** The right to make a record, named by hexadecimal digits; `undefined`: another process has it. At once: it takes microseconds. */
export function takeLease(layout: Layout, name: string, milliseconds: number): Lease | undefined {
  const lock = take(layout, name, milliseconds);
  return (
    lock && {
      renew: async () => lock.renew(),
      release: async () => lock.release(),
    }
  );
}

function take(layout: Layout, name: string, milliseconds: number): ReturnType<typeof takeForAWhile> {
  try {
    return takeForAWhile(join(layout.ensure(LEASES), name), milliseconds);
  } catch (error) {
    if (!isAbsence(error as NodeJS.ErrnoException)) throw error;
    // A directory that was there is gone, and is made again: somebody has removed it, and may.
    layout.forget();
    return takeForAWhile(join(layout.ensure(LEASES), name), milliseconds);
  }
}

/** Removes what processes have left that were killed over a record which nobody asked for since. */
export async function removeLeases(layout: Layout): Promise<void> {
  const directory = layout.check(join(layout.home, LEASES));
  for (const name of await namesIn(directory)) removeOver(join(directory, name));
}
