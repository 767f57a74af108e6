/** The list of what was removed from a cache in a database, by which writes of older values are refused. */

import { randomBytes } from "../node/crypto.js";
import type { Statements } from "./sql.js";
import type { Row, Step, Steps } from "./steps.js";

/** Removals that are remembered. What began before the oldest of them is not stored. */
const REMEMBERED = 4_000;
/** Removals between two times that older ones are forgotten. */
const FORGET_EVERY = 250;
/** Bytes of a number by chance, which as likely as not ever comes twice. */
const NUMBER_BYTES = 6;

/** A number by chance: with which a list begins, so that no two have one in common, or for one who removes. */
export function numberByChance(): number {
  return randomBytes(NUMBER_BYTES).readUIntBE(0, NUMBER_BYTES);
}

/** The step that begins the list, if there is none. */
export function beginning(sql: Statements): Step {
  return [sql.begin, numberByChance()];
}

/** After a removal was noted: forgets what is old, now and then. Any process does, whoever has noted the others. */
export function* forgetOld(sql: Statements, noted: readonly Row[]): Steps<void> {
  const number = Number(noted[0]?.number);
  if (number % FORGET_EVERY === 0) yield [sql.trim, number - REMEMBERED];
}

/**
 * After a write was refused: begins the list anew where that was since its fence is missing, and not for its age. A list
 * that is damaged would refuse everything.
 */
export function* mend(sql: Statements, fence: number): Steps<void> {
  yield [sql.mend, fence, fence];
  yield beginning(sql);
}
