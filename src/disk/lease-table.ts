/**
 * The leases of the records of one cache, in a table that all caches of a database have in common: what is to be done,
 * whatever kind of connection does it.
 */

import { isMissing } from "./answer.js";
import { numberByChance } from "./removals.js";
import type { Row, Steps } from "./steps.js";

const TABLE = "leases";
/** Times are those of the wall clock, which all who can use the database have in common. */
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  id TEXT PRIMARY KEY, token INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL)`;
/** Milliseconds by which the clock may be set back; one that begins later than that is of before, and is over. */
const SKEW = 1_000;
/** Milliseconds for which a lease that is over stays: its owner may only be late. */
const PATIENCE = 60_000;
/** Leases that are taken between two times that those are removed which nobody came back for; the first time is at once. */
const SWEEP_EVERY = 500;

const LOOK = `SELECT 1 AS held FROM ${TABLE} WHERE id = ? AND since <= ? AND until > ?`;
/** Where two look at the same time, one gets it. */
const TAKE = `INSERT INTO ${TABLE} AS old VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
  SET token = excluded.token, since = excluded.since, until = excluded.until
  WHERE old.since > excluded.since + ${SKEW} OR old.until <= excluded.since RETURNING 1`;
const RENEW = `UPDATE ${TABLE} SET since = ?, until = ? WHERE id = ? AND token = ? RETURNING 1`;
const RELEASE = `DELETE FROM ${TABLE} WHERE id = ? AND token = ?`;
const SWEEP = `DELETE FROM ${TABLE} WHERE until <= ?`;

/** A lease that was taken. */
export interface LeaseRow {
  readonly id: string;
  /** A whole number by chance, by which its owner is known. */
  readonly token: number;
}

/** See above. */
export class LeaseTable {
  readonly #owner: string;
  #takenToSweep = 1;

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** Whether somebody has the lease of a record. Changes nothing, so that those who wait are in nobody's way. */
  *isHeld(record: string): Steps<boolean> {
    const now = Date.now();
    try {
      return (yield [LOOK, this.#idOf(record), now + SKEW, now]).length > 0;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Takes the lease of a record for so many milliseconds; `undefined`: somebody else has it. */
  *take(record: string, milliseconds: number): Steps<LeaseRow | undefined> {
    const [id, token, now] = [this.#idOf(record), numberByChance(), Date.now()];
    const values = [id, token, now, now + Math.ceil(milliseconds)] as const;
    let rows: readonly Row[];
    try {
      rows = yield [TAKE, ...values];
    } catch (error) {
      if (!isMissing(error)) throw error;
      yield [CREATE];
      rows = yield [TAKE, ...values];
    }
    if (rows.length === 0) return undefined;
    this.#takenToSweep -= 1;
    if (this.#takenToSweep <= 0) {
      this.#takenToSweep = SWEEP_EVERY;
      yield [SWEEP, now - PATIENCE];
    }
    return { id, token };
  }

  /** Whether it was still there. */
  *renew({ id, token }: LeaseRow, milliseconds: number): Steps<boolean> {
    const now = Date.now();
    return (yield [RENEW, now, now + Math.ceil(milliseconds), id, token]).length > 0;
  }

  *release({ id, token }: LeaseRow): Steps<void> {
    yield [RELEASE, id, token];
  }

  /** Whose it is takes so few digits as in the name of a table: should two ever have one lease, one waits for the other. */
  #idOf(record: string): string {
    return `${this.#owner.slice(0, 20)}:${record}`;
  }
}
