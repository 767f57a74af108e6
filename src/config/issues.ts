/** Our own words for what is wrong with options: what is expected, what came, the way out. */

import { closestMatch } from "leven";
import { ConfigurationError, type ConfigurationIssue } from "../errors.js";
import { FOLDER_NAME_WORDS } from "../folder-name.js";
import { policyNames } from "../policy/index.js";
import { BYTES_WORDS, DURATION_WORDS } from "../quantity.js";
import { judge, type OptionSet, optionNames } from "./schema.js";

/** Names of this length or more may be a third of it apart, shorter ones two letters: two that changed places, say. */
const SHORT_NAME = 6;
/** Longer values are cut in messages. */
const MAX_SHOWN = 60;

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** For each option what it takes and, where there is one to name, the way out. */
const words: Readonly<Record<string, readonly [expected: string, hint?: string]>> = {
  name: ["a text of 1 to 200 characters"],
  maxSize: ["a whole number of entries, 1 or more, or Infinity", "for a bound in bytes use maxBytes"],
  maxBytes: [BYTES_WORDS],
  ttl: [`${DURATION_WORDS}, Infinity, or a function that returns one of these`, "numbers are milliseconds"],
  policy: [`one of ${listed(policyNames)}`],
  engine: ["the name of an engine, or an engine object"],
  fallback: ["true or false"],
  ignore: ["a list of positions (0 is the first argument), or a function (argument, position) => boolean"],
  scope: [`one of ${listed(["instance", "shared"])}`],
  clone: [`one of ${listed(["none", "structured", "freeze"])}`],
  engineTimeout: [DURATION_WORDS],
  clock: ['"tick", "exact", or an object with a function now()'],
  bypass: ["true or false"],
  refresh: ["true or false"],
  namespace: ["a text of 1 to 200 characters"],
  folderName: [FOLDER_NAME_WORDS, "for a directory elsewhere use cacheDir"],
  cacheDir: ["the path of a directory"],
  compress: ["true, false, or { algorithm, level, minSize }", 'algorithms are "gzip", "brotli", "zstd"'],
  secure: ["true or false"],
  secret: ["a text of 16 or more characters, or as many bytes"],
  encryptionKey: ["32 bytes, or a text of 64 hexadecimal digits"],
  codec: ['"exact", "json", or an object with name, encode and decode'],
  verifyRoundTrip: ["true or false"],
  version: ["a text or a number"],
  deps: ["a list of values"],
  sync: ["true or false"],
  memory: ["true, false, or { maxSize, ttl }"],
  useSql: ["true or false"],
};
/** Options whose values are in no message. */
const SECRET = new Set(["secret", "encryptionKey"]);
const A_FUNCTION: readonly [expected: string, hint?: string] = ["a function"];

/** Names a value in a message: short, and never by running code of it. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return cut(typeof value === "bigint" ? `${value}n` : String(value));
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** `did you mean …?`, where a known name is close enough to the wrong one. */
export function suggestion(wrong: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.replaceAll(/[_-]/g, "").toLowerCase();
  const exact = known.find((name) => plain(name) === plain(wrong));
  const close = exact ?? closestMatch(wrong, known, { maxDistance: Math.ceil(Math.max(wrong.length, SHORT_NAME) / 3) });
  return close === undefined ? undefined : `did you mean "${close}"?`;
}

/** Everything that is wrong with options, taken together. */
export function issuesOf(set: OptionSet, options: object): ConfigurationIssue[] {
  const { unknown, invalid } = judge(set, options);
  const values = options as Record<string, unknown>;
  const known = optionNames(set);
  const issues = unknown.map((option) =>
    issue(
      option,
      "an option that exists",
      "an unknown one",
      suggestion(option, known) ?? elsewhere(set, option) ?? `there are ${known.join(", ")}`,
    ),
  );
  for (const option of invalid) {
    const [expected, hint] = words[option] ?? A_FUNCTION;
    const received = SECRET.has(option) ? "something else" : show(values[option]);
    issues.push(issue(option, expected, received, hint));
  }
  return [...issues, ...conflicts(values, invalid)];
}

/** Where an option that is unknown here belongs. */
function elsewhere(set: OptionSet, option: string): string | undefined {
  if (set !== "cache" || !optionNames("disk").includes(option)) return undefined;
  return "for results on disk use bcache, fcache or ucache";
}

/** Options that are right each for itself and cannot go together. */
function conflicts(options: Record<string, unknown>, invalid: readonly string[]): ConfigurationIssue[] {
  const found: ConfigurationIssue[] = [];
  const given = (name: string): boolean => options[name] !== undefined && !invalid.includes(name);
  if (given("sizeOf") && options.maxBytes === undefined) {
    found.push(issue("sizeOf", "to stand beside maxBytes", "no maxBytes", "say how many bytes there may be"));
  }
  if (options.sync === true && given("memory") && options.memory !== false) {
    found.push(issue("memory", "no memory in front of an engine that answers at once", "sync: true", "leave it out"));
  }
  if (given("thisKey") && options.scope === "instance") {
    found.push(issue("thisKey", 'scope: "shared"', 'scope: "instance"', 'leave "scope" out'));
  }
  return found;
}

function issue(option: string, expected: string, received: string, hint?: string): ConfigurationIssue {
  return { option, expected, received, ...(hint !== undefined && { hint }) };
}

/** One error that lists all problems. */
export function configurationError(subject: string, issues: readonly ConfigurationIssue[]): ConfigurationError {
  const lines = issues.map(({ option, expected, received, hint }) => {
    const line = `  ${option}: expected ${expected}; got ${received}`;
    return hint === undefined ? line : `${line} (${hint})`;
  });
  return new ConfigurationError(`${subject}:\n${lines.join("\n")}`, issues);
}
