/** The list of the caches in a database, by which those are found that nobody uses any more. */

import { tableOf } from "./sql.js";
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
    if (one.owner === owner || days <= limit || !/^[0-9a-f]{64}$/.test(one.owner)) continue;
    yield [`DROP TABLE IF EXISTS ${tableOf(one.owner)}`];
    yield [`DELETE FROM ${LIST_TABLE} WHERE key = ?`, one.owner];
  }
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
