/** The list of the caches in a database, by which those are found that nobody uses any more. */

import { absence } from "./answer.js";
import { removalsOf, tableOf } from "./sql.js";
import type { Steps } from "./steps.js";

/** The table of the list; the package @keyv/sqlite makes it in this form. */
export const LIST_TABLE = "caches";
/** The same, for other packages. */
export const CREATE_LIST: string = `CREATE TABLE IF NOT EXISTS ${LIST_TABLE}(key VARCHAR(255) PRIMARY KEY, value TEXT )`;
/** Milliseconds in a day. */
const DAY = 86_400_000;
/** Days without use after which the cache of an earlier version of a function is removed, or any other. */
const FORGET_AFTER = { earlier: 7, other: 90 };

/** Lists a cache as used, at most once a day, and removes what nobody has used for long. */
export function* registerCache(owner: string, label: string): Steps<void> {
  const now = Date.now();
  const rows = yield [`SELECT key, value FROM ${LIST_TABLE}`];
  const listed = rows.map((row) => ({ owner: String(row.key), ...readListing(row.value) }));
  if (listed.some((one) => one.owner === owner && Math.abs(now - one.usedAt) < DAY)) return;
  const value = JSON.stringify({ label, usedAt: now });
  yield [`INSERT OR REPLACE INTO ${LIST_TABLE} (key, value) VALUES (?, ?)`, owner, value];
  for (const one of listed) {
    const days = (now - one.usedAt) / DAY;
    const limit = one.label === label ? FORGET_AFTER.earlier : FORGET_AFTER.other;
    if (one.owner === owner || days <= limit || !OWNER.test(one.owner)) continue;
    for (const table of [tableOf(one.owner), removalsOf(one.owner)]) yield [`DROP TABLE IF EXISTS ${table}`];
    yield [`DELETE FROM ${LIST_TABLE} WHERE key = ?`, one.owner];
  }
}

/** What an owner is written as. */
const OWNER = /^[0-9a-f]{64}$/;
/** Earlier versions of a function that are looked into. */
const MAX_EARLIER = 20;

/** Whether another cache of the same name has a record of its own of a call: one of another source, version or `deps`. */
export function* isOfOtherCode(owner: string, label: string, idUnder: (owner: string) => string): Steps<boolean> {
  try {
    const rows = yield [`SELECT key, value FROM ${LIST_TABLE}`];
    const listed = rows.map((row) => ({ owner: String(row.key), ...readListing(row.value) }));
    const earlier = listed.filter((one) => one.label === label && one.owner !== owner && OWNER.test(one.owner));
    for (const one of earlier.sort((a, b) => b.usedAt - a.usedAt).slice(0, MAX_EARLIER)) {
      const found = yield [`SELECT 1 AS found FROM ${tableOf(one.owner)} WHERE id = ?`, idUnder(one.owner)];
      if (found.length > 0) return true;
    }
  } catch (error) {
    // A table that is listed, or the list, need not be there.
    absence(error);
  }
  return false;
}

/** What the list says about a cache. */
function readListing(value: unknown): { readonly label: unknown; readonly usedAt: number } {
  try {
    const { label, usedAt } = JSON.parse(String(value)) as { label?: unknown; usedAt?: unknown };
    return { label, usedAt: typeof usedAt === "number" ? usedAt : 0 };
  } catch {
    return { label: undefined, usedAt: 0 };
  }
}
