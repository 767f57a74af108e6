/** What each option takes, in words. */

import { FOLDER_NAME_WORDS } from "../folder-name.js";
import { policyNames } from "../policy/index.js";
import { BYTES_WORDS, DURATION_WORDS } from "../quantity.js";
import { MAX_TAGS, TAG_WORDS } from "../tags/index.js";

type Words = readonly [expected: string, hint?: string];

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** For each option what it takes and, where there is one to name, the way out. */
const words: Readonly<Record<string, Words>> = {
  name: ["a text of 1 to 200 characters"],
  maxSize: ["a whole number of entries, 1 or more, or Infinity", "for a bound in bytes use maxBytes"],
  maxBytes: [BYTES_WORDS],
  ttl: [`${DURATION_WORDS}, Infinity, or a function that returns one of these`, "numbers are milliseconds"],
  expiresAt: ["a date, milliseconds since 1970, or a function that returns one of these"],
  idle: [`${DURATION_WORDS}, more than 0`],
  jitter: ["a number from 0 to 1", "0.1 shortens lifetimes by up to a tenth"],
  negativeTtl: [`${DURATION_WORDS}, or { ttl, when }`],
  cacheErrors: [`${DURATION_WORDS}, or { ttl, when }`],
  minCost: [DURATION_WORDS],
  staleWhileRevalidate: [DURATION_WORDS, "counted from when the value expires"],
  staleIfError: [`${DURATION_WORDS}, or { for, backoff }`, "counted from when the value expires"],
  refreshAhead: ["a number between 0 and 1", "0.8 refreshes when four fifths of the lifetime are over"],
  softTimeout: [`${DURATION_WORDS}, more than 0`],
  hardTimeout: [`${DURATION_WORDS}, more than 0`],
  detectCycles: ["true or false"],
  policy: [`one of ${listed(policyNames)}`],
  engine: ["the name of an engine, an engine object, or a store of Keyv", "a name is one word"],
  fallback: ["true or false"],
  ignore: ["a list of positions (0 is the first argument), or a function (argument, position) => boolean"],
  scope: [`one of ${listed(["instance", "shared"])}, or of a block "request"`],
  clone: [`one of ${listed(["none", "structured", "freeze"])}`],
  engineTimeout: [DURATION_WORDS],
  breaker: ["false, or { threshold, pause }", "threshold is a number of failures, 1 or more; pause is more than 0"],
  clock: ['"tick", "exact", or an object with a function now()'],
  tags: [`a list of up to ${MAX_TAGS} tags, each ${TAG_WORDS}, or a function (value, ...args) that returns one`],
  bypass: ["true or false"],
  refresh: ["true or false"],
  namespace: ["a text of 1 to 200 characters"],
  trace: ["a whole number of events, 0 to 10000"],
  folderName: [FOLDER_NAME_WORDS, "for a directory elsewhere use cacheDir"],
  cacheDir: ["the path of a directory"],
  redis: [
    "a URL that begins with redis:// or rediss://, or options of @redis/client",
    "ports are 1 to 65535, databases 0 or more",
  ],
  compress: ["true, false, or { algorithm, level, minSize }", 'algorithms are "gzip", "brotli", "zstd"'],
  secure: ["true or false"],
  secret: ["a text of 16 or more characters, or as many bytes"],
  encryptionKey: ["32 bytes, or a text of 64 hexadecimal digits"],
  codec: ['"exact", "json", or an object with name, encode and decode'],
  verifyRoundTrip: ["true or false"],
  version: ["a text or a number"],
  deps: ["a list of values"],
  lock: ["true, false, or { wait, lease }", "both are durations, and lease is more than 0"],
  sync: ["true or false"],
  memory: ["true, false, or { maxSize, ttl }"],
  tiers: ["a list of tiers: { engine, maxSize, ttl }", "the nearest first"],
  useSql: ["true or false"],
  threshold: [BYTES_WORDS],
  sizeThreshold: [BYTES_WORDS],
  small: ["{ engine, maxSize, maxBytes, ttl }", 'engine is "lru" or "map"'],
  large: ["an object with options"],
  persistence: [`one of ${listed(["ephemeral", "session", "long_term"])}`],
  concurrency: [`one of ${listed(["single_thread", "multi_thread", "multi_process"])}`, "for many machines use redis"],
};
/** Options whose values are in no message. */
export const SECRET: ReadonlySet<string> = new Set(["secret", "encryptionKey", "redis"]);
const A_FUNCTION: Words = ["a function"];

/** The same of what may be in a file or in the environment, where it is not the same. */
const wordsOfData: Readonly<Record<string, Words>> = {
  engine: ["the name of an engine", "an engine object is given at the call, or to setDefaults"],
  codec: ['"exact" or "json"', "a codec of your own is given at the call, or to setDefaults"],
  clock: ['"tick" or "exact"'],
  tiers: ["a list of tiers: { engine, maxSize, ttl }", "the nearest first, with names of engines"],
  negativeTtl: [DURATION_WORDS],
  cacheErrors: [`${DURATION_WORDS}, or { ttl }`],
  ttl: [`${DURATION_WORDS}, or Infinity`, "numbers are milliseconds"],
  expiresAt: ["milliseconds since 1970"],
  ignore: ["a list of positions (0 is the first argument)"],
  tags: [`a list of up to ${MAX_TAGS} tags, each ${TAG_WORDS}`],
};

/** What an option takes, and the way out where there is one to name. */
export function wordsFor(option: string, isData = false): Words {
  return (isData ? wordsOfData[option] : undefined) ?? words[option] ?? A_FUNCTION;
}
