/** What the environment says: TWAT_CACHE_* variables, read when a cache is first used. */

import { parseBytes, parseDuration } from "../quantity.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Turns a variable's text into an option's value; `NaN` is what no option takes. */
const readers: Readonly<Record<string, readonly [variable: string, read: (text: string) => unknown]>> = {
  maxSize: ["TWAT_CACHE_MAXSIZE", readNumber],
  ttl: ["TWAT_CACHE_TTL", (text) => (parseDuration(text) === undefined ? readNumber(text) : text)],
  policy: ["TWAT_CACHE_POLICY", (text) => text],
  engine: ["TWAT_CACHE_ENGINE", (text) => text],
  maxBytes: ["TWAT_CACHE_MAX_BYTES", (text) => (parseBytes(text) === undefined ? readNumber(text) : text)],
  folderName: ["TWAT_CACHE_FOLDER", (text) => text],
  cacheDir: ["TWAT_CACHE_DIR", (text) => text],
  compress: ["TWAT_CACHE_COMPRESS", readBoolean],
  secure: ["TWAT_CACHE_SECURE", readBoolean],
  secret: ["TWAT_CACHE_SECRET", (text) => text],
  encryptionKey: ["TWAT_CACHE_ENCRYPTION_KEY", (text) => text],
};

const BOOLEANS: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  on: true,
  0: false,
  false: false,
  no: false,
  off: false,
};

/** A text that means yes or no; any other is left as it is, which no option takes. */
function readBoolean(text: string): unknown {
  return BOOLEANS[text.toLowerCase()] ?? text;
}

function readNumber(text: string): number {
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

/** The environment of this process; empty where there is none. */
export function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}

/** Options that the environment gives; an empty variable is one that is not set. */
export function readEnvironment(env: Environment): object {
  const options: Record<string, unknown> = {};
  for (const [option, [variable, read]] of Object.entries(readers)) {
    const text = env[variable];
    if (text !== undefined && text !== "") options[option] = read(text);
  }
  return options;
}

/** The variable that an option is read from, for messages. */
export function variableOf(option: string): string {
  return readers[option]?.[0] ?? option;
}

/** Whether `TWAT_CACHE_DISABLE` turns every cache off. */
export function isDisabled(env: Environment): boolean {
  return readBoolean(env.TWAT_CACHE_DISABLE ?? "") === true;
}
