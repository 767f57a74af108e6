/** One thing that is wrong with options, in our own words. */

import { ConfigurationError, type ConfigurationIssue } from "../errors.js";

/** Longer values are cut in messages. */
const MAX_SHOWN = 60;
/** What stands before the host of a URL, wherever somebody has written one by mistake. */
const CREDENTIALS = /\/\/[^/\s]*@/g;

/** Names a value in a message: short, and never by running code of it. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value.replaceAll(CREDENTIALS, "//…@")));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return cut(typeof value === "bigint" ? `${value}n` : String(value));
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** See above. */
export function issue(option: string, expected: string, received: string, hint?: string): ConfigurationIssue {
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
