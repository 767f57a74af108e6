/** Whether an entry is valid, by what is known of invalidations in a folder or on a server. */

import type { Tagged } from "../entry.js";
import { randomUUID } from "../node/crypto.js";
import { InvalidationTable } from "../tags/index.js";
import { markOf } from "./mark.js";

/** Marks that may wait to be told to others; of more, everything is taken to be invalid. */
export const MAX_UNTOLD = 10_000;

/** A number by chance, for an order that begins anew: digits of a UUID, which comes from a pool and costs next to nothing. */
export function newEpoch(): string {
  return randomUUID().replaceAll("-", "").slice(0, 16);
}

/** A table of this process alone, or of what was learned since now. */
export function newTable(): InvalidationTable<number> {
  return new InvalidationTable(newEpoch());
}

/** The marks that others have not learned of yet. */
interface Untold {
  readonly size: number;
  has(mark: number): boolean;
}

/** Whether nothing that is known, or that waits to be told, has invalidated the entry of an owner. */
export function isValid(tagged: Tagged, owner: string, table: InvalidationTable<number>, untold: Untold): boolean {
  if (tagged.epoch !== table.epoch) return false;
  if (tagged.count === table.count && untold.size === 0) return true;
  tagged.marks ??= tagged.labels.flatMap((label) => [markOf(label), markOf(label, owner)]);
  const marks = tagged.marks as readonly number[];
  if (concerns(untold, marks) || table.hasSince(marks, tagged.count)) return false;
  // Not asked again until something else is invalidated.
  tagged.count = table.count;
  return true;
}

function concerns(untold: Untold, marks: readonly number[]): boolean {
  if (untold.size === 0) return false;
  return untold.size > MAX_UNTOLD || marks.length === 0 || marks.some((mark) => untold.has(mark));
}
