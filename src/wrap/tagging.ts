/** Which tags a result has, and whether it has been invalidated. */

import { type ResolvedConfig, show } from "../config/index.js";
import { type Entry, type Moment, TAGGED, type Tagged } from "../entry.js";
import { CacheOperationError, ConfigurationError } from "../errors.js";
import type { Namespace } from "../scope.js";
import { isTag, MAX_TAGS, namespaceLabel, TAG_WORDS, tagLabel } from "../tags/index.js";
import { atOnce, consult } from "./guard.js";
import type { Load } from "./inflight.js";
import type { Plan } from "./plan.js";
import type { Result } from "./result.js";

const NONE: readonly string[] = Object.freeze([]);

/**
 * When a load began, by the order of invalidations; `undefined` where no result has tags.
 *
 * @param namespace - The name space of the call.
 */
export function momentOf({ config, tags }: Plan, namespace: Namespace | undefined): Moment | undefined {
  return config.tags === undefined && namespace === undefined ? undefined : tags.invalidations.now();
}

/** Notes when a load begins. Where a function says its tags, nothing is known of them yet: each invalidation may concern it. */
export function begun(plan: Plan, load: Load, namespace: Namespace | undefined): Load {
  const { tags } = plan.config;
  const since = momentOf(plan, namespace);
  load.since = since;
  load.tagged = since && { ...since, labels: typeof tags === "function" ? NONE : labelsIn(tags, namespace) };
  return load;
}

function labelsIn(tags: readonly string[] = NONE, namespace: Namespace | undefined): readonly string[] {
  const labels = tags.map(tagLabel);
  return namespace === undefined ? labels : [...labels, ...namespace.map(namespaceLabel)];
}

/** Whether nothing has invalidated an entry. */
export function isValid({ tags }: Plan, { traits, tagged }: Entry): boolean {
  return (traits & TAGGED) === 0 || (tagged !== undefined && tags.invalidations.allow(tagged, tags.owner));
}

/** The tags and name spaces of an entry that were invalidated, for people. Any may be meant where nobody knows which. */
export function culpritsOf({ tags }: Plan, { tagged }: Entry): string {
  if (tagged === undefined) return "";
  const { epoch, count, labels } = tagged;
  const isOver = (label: string): boolean => !tags.invalidations.allow({ labels: [label], epoch, count }, tags.owner);
  return labelsText(labels.filter(isOver));
}

/** Tags and name spaces that are named to people; of more, how many there are. */
const MAX_NAMED = 10;

/** Tags and name spaces, for people. */
export function labelsText(labels: readonly string[]): string {
  const named = labels
    .slice(0, MAX_NAMED)
    .map((label) => `${label.startsWith("@") ? "name space" : "tag"} ${JSON.stringify(label.slice(1))}`);
  const more = labels.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/**
 * What a result has tags for; `undefined` where it has none.
 *
 * @throws OptionFailure when the function that says them fails.
 */
export function tagsOf({ tags }: ResolvedConfig, { value, args, since, namespace }: Result): Tagged | undefined {
  if (since === undefined) return undefined;
  const said = typeof tags === "function" ? consult("tags", () => checkTags(atOnce(tags(value, ...args)))) : tags;
  const labels = labelsIn(said, namespace);
  return labels.length === 0 ? undefined : { ...since, labels };
}

/** The same for an error, of which no function can say which tags it has: any invalidation ends it then. */
export function tagsOfError(config: ResolvedConfig, result: Result): Tagged | undefined {
  const { since } = result;
  if (since === undefined || typeof config.tags !== "function") return tagsOf(config, result);
  return { ...since, labels: NONE };
}

/**
 * Whether a caller who came to a load that was under way must not have what came of it: something has been invalidated
 * between the beginning of the load and the call, and it may be that.
 *
 * @param came - When the caller came, by the order of invalidations.
 */
export function isOvertaken({ tags }: Plan, { since, tagged }: Load, came: Moment | undefined): boolean {
  if (since === undefined || came === undefined) return false;
  if (since.epoch === came.epoch && since.count === came.count) return false;
  // In the epoch and at the count of the load: what has been found valid since may have been so after it began.
  return tagged !== undefined && !tags.invalidations.allow({ labels: tagged.labels, ...since }, tags.owner);
}

/**
 * The labels of tags that somebody wants to be invalidated.
 *
 * @throws CacheOperationError for what is no tag.
 */
export function labelsOf(operation: string, tags: readonly unknown[]): readonly string[] {
  if (tags.every(isTag)) return tags.map(tagLabel);
  const wrong = show(tags.find((tag) => !isTag(tag)));
  throw new CacheOperationError(`${operation}: expected tags, each ${TAG_WORDS}; got ${wrong}.`);
}

/** Tags, as they come out of an option or a call. */
function checkTags(said: unknown): readonly string[] {
  if (said === undefined) return NONE;
  if (Array.isArray(said) && said.length <= MAX_TAGS && said.every(isTag)) return said;
  throw new ConfigurationError(`Expected a list of up to ${MAX_TAGS} tags, each ${TAG_WORDS}; got ${show(said)}.`);
}
