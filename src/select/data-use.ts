/** How data is used: words for how long it lasts, how it is read, and by whom. */

import { ConfigurationError } from "../errors.js";

/** How long data has to last. */
export const DataPersistence: {
  readonly EPHEMERAL: "ephemeral";
  readonly SESSION: "session";
  readonly LONG_TERM: "long_term";
} = Object.freeze({
  /** As long as the process, at most. */
  EPHEMERAL: "ephemeral",
  /** Some runs of the program. */
  SESSION: "session",
  LONG_TERM: "long_term",
});

/** One of {@link DataPersistence}. */
export type DataPersistence = (typeof DataPersistence)[keyof typeof DataPersistence];

/** How data is read and written. */
export const AccessPattern: {
  readonly READ_HEAVY: "read_heavy";
  readonly WRITE_HEAVY: "write_heavy";
  readonly BALANCED: "balanced";
  readonly TEMPORAL: "temporal";
  readonly FREQUENCY: "frequency";
} = Object.freeze({
  READ_HEAVY: "read_heavy",
  WRITE_HEAVY: "write_heavy",
  BALANCED: "balanced",
  /** What was used lately is used again. */
  TEMPORAL: "temporal",
  /** What is used often is used again. */
  FREQUENCY: "frequency",
});

/** One of {@link AccessPattern}. */
export type AccessPattern = (typeof AccessPattern)[keyof typeof AccessPattern];

/** Who uses data at the same time. */
export const ConcurrencyLevel: {
  readonly SINGLE_THREAD: "single_thread";
  readonly MULTI_THREAD: "multi_thread";
  readonly MULTI_PROCESS: "multi_process";
  readonly DISTRIBUTED: "distributed";
} = Object.freeze({
  SINGLE_THREAD: "single_thread",
  /** Worker threads: each has a memory of its own. */
  MULTI_THREAD: "multi_thread",
  MULTI_PROCESS: "multi_process",
  /** Many machines. */
  DISTRIBUTED: "distributed",
});

/** One of {@link ConcurrencyLevel}. */
export type ConcurrencyLevel = (typeof ConcurrencyLevel)[keyof typeof ConcurrencyLevel];

/**
 * Sees to it that a word is one of those that there are, or left out.
 *
 * @throws ConfigurationError for any other.
 */
export function oneOf(option: string, words: Readonly<Record<string, string>>, word: unknown): void {
  const known = Object.values(words);
  if (word === undefined || known.includes(word as string)) return;
  const got = typeof word === "string" ? JSON.stringify(word) : typeof word;
  const list = known.map((one) => `"${one}"`).join(", ");
  throw new ConfigurationError(`${option}: expected one of ${list}; got ${got}`);
}
