/** What a database answers, and what that means. */

import type { Row } from "./steps.js";

/** What comes before the number of a fence where there might be a record. */
export const FENCE_SIGN = "#";

/** A record as it came back; `undefined`: there is none. */
export function recordOf(answer: unknown): Buffer | undefined {
  return answer === undefined || answer === null ? undefined : bytesOf(answer);
}

/** The record in the answer; `undefined`: there is none. */
export function recordIn(rows: readonly Row[]): Buffer | undefined {
  return recordOf(rows[0]?.record);
}

/** The fence in the place of a record; `undefined`: it is none. */
export function fenceOf(answer: unknown): number | undefined {
  return typeof answer === "string" && /^#\d+$/.test(answer) ? Number(answer.slice(FENCE_SIGN.length)) : undefined;
}

/** What it means that a record could not be got: where there is no table yet, there is none. Throws other errors. */
export function absence(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** Whether an error says that a table is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && /no such table/.test(error.message);
}

/** Bytes as a Buffer, which is all that the packages take for them; what is not bytes becomes some that no one made. */
function bytesOf(thing: unknown): Buffer {
  if (Buffer.isBuffer(thing)) return thing;
  return thing instanceof Uint8Array
    ? Buffer.from(thing.buffer, thing.byteOffset, thing.byteLength)
    : Buffer.from(String(thing), "latin1");
}
