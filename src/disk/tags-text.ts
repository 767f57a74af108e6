/** Tags of an entry as text. */

import type { Tagged } from "../entry.js";
import { DamageError } from "./damage.js";

/** What an entry has tags for, as text. */
export function tagsText({ epoch, count, labels }: Tagged): string {
  return JSON.stringify([epoch, count, ...labels]);
}

/**
 * What a text was made of.
 *
 * @throws DamageError for a text that was not made so.
 */
export function tagsFrom(text: string): Tagged {
  try {
    const [epoch, count, ...labels] = JSON.parse(text) as [string, number, ...string[]];
    if (typeof epoch === "string" && typeof count === "number") return { epoch, count, labels };
  } catch {
    // See below.
  }
  throw new DamageError("Its tags are not what tags are.");
}
