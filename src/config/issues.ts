/** Everything that is wrong with options: what is expected, what came, the way out. */

import { closestMatch } from "leven";
import type { ConfigurationIssue } from "../errors.js";
import { conflictsOf } from "./conflicts.js";
import { counterpartOf, plainName } from "./foreign-names.js";
import { issue, show } from "./issue.js";
import { judge, type OptionSet, optionNames } from "./schema.js";
import { SECRET, wordsFor } from "./words.js";

/** Names of this length or more may be a third of it apart, shorter ones two letters: two that changed places, say. */
const SHORT_NAME = 6;

/** Options that only the call can give, and why. */
const ONLY_AT_CALLS: Readonly<Record<string, string>> = {
  name: "a name is for one cache: write it at the call",
  sync: "write it at the call, since it decides whether the function stays synchronous",
  useSql: 'write it at the call, or here engine: "sqlite" or "file"',
  deps: "write it at the call, since it is about one function",
};

/** `did you mean …?`, where a known name is close enough to the wrong one. */
export function suggestion(wrong: string, known: readonly string[]): string | undefined {
  const exact = known.find((name) => plainName(name) === plainName(wrong));
  const close = exact ?? closestMatch(wrong, known, { maxDistance: Math.ceil(Math.max(wrong.length, SHORT_NAME) / 3) });
  return close === undefined ? undefined : `did you mean "${close}"?`;
}

/** Everything that is wrong with options, taken together. */
export function issuesOf(set: OptionSet, options: object): ConfigurationIssue[] {
  const { unknown, invalid } = judge(set, options);
  const values = options as Readonly<Record<string, unknown>>;
  const issues = unknown.map((option) => issue(option, "an option that exists", "an unknown one", wayOut(set, option)));
  for (const option of invalid) {
    const [expected, hint] = wordsFor(option, set === "data");
    const received = SECRET.has(option) ? "something else" : show(values[option]);
    issues.push(issue(option, expected, received, hint));
  }
  return [...issues, ...conflictsOf(values, invalid, set === "data" || set === "default")];
}

/** What to write in the place of an unknown option. */
function wayOut(set: OptionSet, option: string): string {
  const known = optionNames(set);
  const { option: meant = ours(option), phrase } = counterpartOf(option) ?? {};
  if (meant === undefined) return phrase ?? suggestion(option, known) ?? `there are ${known.join(", ")}`;
  const question = meant === option ? undefined : `did you mean "${meant}"?`;
  return [question, phrase, elsewhere(set, meant)].filter((part) => part !== undefined).join(" ");
}

/** The option that is meant by a name in another spelling. */
function ours(name: string): string | undefined {
  return optionNames("disk").find((option) => plainName(option) === plainName(name));
}

/** Where an option belongs that is unknown here. */
function elsewhere(set: OptionSet, option: string): string | undefined {
  if (optionNames(set).includes(option)) return undefined;
  if (set === "hybrid" || set === "smart") {
    const which = set === "hybrid" ? "hybridCache has a memory of its own" : "smartCache chooses the engine";
    return `${which}; with this option use ucache`;
  }
  if (set === "large") return "it is about all results: write it beside large";
  if (set === "cache") return "for results on disk use bcache, fcache or ucache";
  if (set === "block") return "it is about one function: write it where that is wrapped";
  return ONLY_AT_CALLS[option] ?? "it is a function, and a file holds data: write it at the call, or in setDefaults";
}
