/** Durations and sizes as people write them. */

/**
 * A span of time: milliseconds, or a number with a unit: `"500ms"`, `"30s"`, `"5m"`, `"1h"`, `"7d"`. `Infinity` is
 * "until evicted", `0` is "not retained".
 */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** An amount of memory: bytes, or a number with a unit: `"512B"`, `"100KB"`, `"64MB"`, `"1GB"`; 1 KB is 1,024 bytes. */
export type Bytes = number | `${number}${"B" | "KB" | "MB" | "GB"}`;

const durations = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes = { B: 1, KB: 1_024, MB: 1_048_576, GB: 1_073_741_824 };

/** What a duration may be, for messages. */
export const DURATION_WORDS = 'milliseconds (0 or more), or a string such as "500ms", "30s", "5m", "1h", "7d"';
/** What a size may be, for messages. */
export const BYTES_WORDS = 'bytes (1 or more), or a string such as "512B", "100KB", "64MB", "1GB"';

function parse(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof value === "number") return value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(value) ?? [];
  if (amount === undefined || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  return Number(amount) * (units[unit] ?? Number.NaN);
}

/** Milliseconds; `undefined` for what is not a duration: negative, `NaN`, an unknown unit, a number in quotes. */
export function parseDuration(value: unknown): number | undefined {
  return parse(value, durations);
}

/** Bytes; `undefined` for what is not a size. */
export function parseBytes(value: unknown): number | undefined {
  const bytes = parse(value, sizes);
  return bytes !== undefined && bytes >= 1 ? bytes : undefined;
}

/** Milliseconds since 1970 of a date, or of a number of them; `undefined` for what is neither. */
export function parseMoment(value: unknown): number | undefined {
  const time = value instanceof Date ? value.getTime() : value;
  return typeof time === "number" && !Number.isNaN(time) ? time : undefined;
}
