/** How tags and name spaces are written down. */

/** How a tag is written among the labels of an entry. */
export function tagLabel(tag: string): string {
  return `#${tag}`;
}

/** How a name space is written among the labels of an entry. */
export function namespaceLabel(namespace: string): string {
  return `@${namespace}`;
}

/** Whether something can be a tag. */
export function isTag(thing: unknown): thing is string {
  return typeof thing === "string" && thing.length >= 1 && thing.length <= 200;
}

/** Tags that an entry may have. */
export const MAX_TAGS = 100;

/** What a tag is, for messages. */
export const TAG_WORDS = "a text of 1 to 200 characters";
