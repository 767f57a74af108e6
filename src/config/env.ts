/** What the environment says: TWAT_CACHE_* variables, read when a cache is first used. */

import { parseDuration } from "../quantity.js";
import type { CacheOptions } from "./options.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Turns a variable's text into an option's value; `NaN` is what no option takes. */
const readers: Readonly<Record<string, readonly [variable: string, read: (text: string) => unknown]>> = {
  maxSize: ["TWAT_CACHE_MAXSIZE", readNumber],
  ttl: ["TWAT_CACHE_TTL", (text) => (parseDuration(text) === undefined ? readNumber(text) : text)],
  policy: ["TWAT_CACHE_POLICY", (text) => text],
  engine: ["TWAT_CACHE_ENGINE", (text) => text],
};

function readNumber(text: string): number {
  if (text === "Infinity") return Number.POSITIVE_INFINITY;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

/** The environment of this process; empty where there is none. */
export function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}

/** Options that the environment gives; an empty variable is one that is not set. */
export function readEnvironment(env: Environment): CacheOptions {
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
  return ["1", "true", "yes", "on"].includes(env.TWAT_CACHE_DISABLE?.toLowerCase() ?? "");
}
