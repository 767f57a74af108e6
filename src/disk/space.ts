/** The space that a database takes: its log is copied into it, and pages that are free are given back. */

import { tryLock } from "./lock.js";
import { PAGE } from "./page.js";
import type { Steps } from "./steps.js";

/** Pages given back in one step. */
const VACUUM_STEP = 256;
/** Free pages that are kept, as a part of all: they will be needed again. */
const FREE_SHARE = 0.25;

/** The bytes that records can count as, at most, for each byte of the database: see `bytesInFile`. */
const MOST_A_BYTE = 4;

/** The bytes that all records of the database can count as, at most. */
export function* mostBytes(): Steps<number> {
  const [all] = yield ["PRAGMA page_count"];
  return Number(all?.page_count ?? Number.POSITIVE_INFINITY) * PAGE * MOST_A_BYTE;
}

/** Copies the log into the database, if no other process is about to; and cuts it, to give back its space too. */
export function* checkpoint(path: string, mode: "PASSIVE" | "TRUNCATE"): Steps<void> {
  const unlock = tryLock(`${path}.lock`);
  try {
    if (unlock !== undefined) yield [`PRAGMA wal_checkpoint(${mode})`];
  } finally {
    unlock?.();
  }
}

/** Gives some free pages back; whether there are more to give. */
export function* vacuum(): Steps<boolean> {
  const [free] = yield ["PRAGMA freelist_count"];
  const [all] = yield ["PRAGMA page_count"];
  const surplus = Number(free?.freelist_count ?? 0);
  if (surplus === 0 || surplus < Number(all?.page_count ?? 0) * FREE_SHARE) return false;
  yield [`PRAGMA incremental_vacuum(${VACUUM_STEP})`];
  return surplus > VACUUM_STEP;
}
