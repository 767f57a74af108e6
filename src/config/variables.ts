/** The TWAT_CACHE_* variables that there are, and how each is read. */

import { LOG_LEVELS } from "../logging.js";
import { parseBytes, parseDuration } from "../quantity.js";
import { readYesOrNo, YES_OR_NO_WORDS } from "../yes-or-no.js";

/** How a variable is read. */
export interface Variable {
  /** The option that it gives; none for what is no option by itself. */
  readonly option?: string;
  /** What the text means; `undefined`: nothing. What else it gives is judged as the option's value. */
  read(text: string): unknown;
  /** What it takes, where that is not what the option takes. */
  readonly expected?: string;
}

/** What the names of all variables begin with. */
export const PREFIX = "TWAT_CACHE_";

/** Variables whose values are in no message. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  "SECRET",
  "ENCRYPTION_KEY",
  "REDIS_URL",
  "REDIS_PASSWORD",
]);

const asText = (text: string): string => text;
const durationText = (text: string): unknown => (parseDuration(text) === undefined ? readNumber(text) : text);
const bytesText = (text: string): unknown => (parseBytes(text) === undefined ? readNumber(text) : text);
const yesOrNo = { read: readYesOrNo, expected: YES_OR_NO_WORDS };

/** By their names, without what these begin with. */
export const variables: Readonly<Record<string, Variable>> = {
  MAXSIZE: { option: "maxSize", read: readNumber },
  TTL: { option: "ttl", read: durationText },
  ENGINE_TIMEOUT: { option: "engineTimeout", read: durationText },
  POLICY: { option: "policy", read: asText },
  ENGINE: { option: "engine", read: asText },
  MAX_BYTES: { option: "maxBytes", read: bytesText },
  FOLDER: { option: "folderName", read: asText },
  DIR: { option: "cacheDir", read: asText },
  COMPRESS: { option: "compress", ...yesOrNo },
  SECURE: { option: "secure", ...yesOrNo },
  SECRET: { option: "secret", read: asText },
  ENCRYPTION_KEY: { option: "encryptionKey", read: asText, expected: "64 hexadecimal digits" },
  REDIS_URL: { option: "redis", read: asText, expected: "a URL that begins with redis:// or rediss://" },
  REDIS_HOST: { read: asText },
  REDIS_PORT: { read: wholeNumber(1, 65_535), expected: "a port, 1 to 65535" },
  REDIS_DB: { read: wholeNumber(0, Number.MAX_SAFE_INTEGER), expected: "a whole number, 0 or more" },
  REDIS_PASSWORD: { read: asText },
  DISABLE: yesOrNo,
  // Used elsewhere: here they are only judged.
  CONFIG: { read: asText },
  DEBUG: yesOrNo,
  LOG_FILE: { read: asText },
  LOG_LEVEL: {
    read: (text) => (LOG_LEVELS.includes(text.toLowerCase()) ? text : undefined),
    expected: `one of ${LOG_LEVELS.join(", ")}`,
  },
};

/** A whole text as a number; `undefined` for any other. */
function readNumber(text: string): number | undefined {
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function wholeNumber(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const number = readNumber(text) ?? Number.NaN;
    return Number.isSafeInteger(number) && number >= least && number <= most ? number : undefined;
  };
}
