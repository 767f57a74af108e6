/** Options are judged where they are written, before anything is done with them. */

import { ConfigurationError } from "../errors.js";
import { engineNamed } from "./engine-names.js";
import { configurationError, show } from "./issue.js";
import { issuesOf } from "./issues.js";
import type { OptionSet } from "./schema.js";
import { withoutTiers } from "./tiers.js";

/**
 * Options that are right, as they were written; what is `undefined` counts as left out.
 *
 * @param subject - Whose options they are, for the message.
 * @throws ConfigurationError that lists every problem.
 */
export function judgeOptions<T extends object>(set: OptionSet, options: T, subject: string): Readonly<T> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${subject}: expected an object with options; got ${show(options)}`);
  }
  const issues = issuesOf(set, options);
  if (issues.length > 0) throw configurationError(subject, issues);
  return Object.freeze(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T);
}

/** The same, ready for use: what can be written in more ways than one is in one of them. */
export function checkOptions<T extends object>(set: OptionSet, options: T, subject: string): Readonly<T> {
  return Object.freeze(uniform(judgeOptions(set, options, subject)));
}

/** Right options with one name for each engine, and without the long form of tiers. */
export function uniform<T extends object>(options: T): T {
  const flat = withoutTiers(options);
  const { engine } = flat as { readonly engine?: unknown };
  return engine === undefined ? flat : { ...flat, engine: engineNamed(engine) };
}
