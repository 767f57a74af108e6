/** How large values are, in steps. */

import { estimateBytes } from "../size.js";

/** Sizes of values, in steps: below 10 KB, 1 MB, 100 MB, and from there on. */
export const DataSize: {
  readonly SMALL: "small";
  readonly MEDIUM: "medium";
  readonly LARGE: "large";
  readonly VERY_LARGE: "very_large";
} = Object.freeze({
  SMALL: "small",
  MEDIUM: "medium",
  LARGE: "large",
  VERY_LARGE: "very_large",
});

/** One of {@link DataSize}. */
export type DataSize = (typeof DataSize)[keyof typeof DataSize];

/** Bytes that small values are below. */
export const SMALL_BELOW = 10_240;
/** Bytes from which on a value is very large, whatever else there is of it. */
const VERY_LARGE_FROM = 104_857_600;

/** Bytes that a value of each size is below. */
const BELOW: readonly (readonly [DataSize, bytes: number])[] = [
  ["small", SMALL_BELOW],
  ["medium", 1_048_576],
  ["large", VERY_LARGE_FROM],
];

/**
 * How large a value is in memory, by {@link estimateBytes}: `"small"` below 10 KB, `"medium"` below 1 MB, `"large"` below
 * 100 MB, `"very_large"` from there on. What cannot be looked at is `"medium"`.
 *
 * @example
 * ```ts
 * import { DataSize, estimateDataSize } from "twat-cache";
 * console.log(estimateDataSize("a few words"), estimateDataSize(new Uint8Array(2_000_000))); // => small large
 * console.log(estimateDataSize({ text: "a".repeat(7_500) }) === DataSize.MEDIUM); // => true
 * ```
 */
export function estimateDataSize(value: unknown): DataSize {
  try {
    const bytes = estimateBytes(value, VERY_LARGE_FROM);
    return BELOW.find(([, below]) => bytes < below)?.[0] ?? "very_large";
  } catch {
    return "medium";
  }
}
