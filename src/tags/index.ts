/** Tags: entries that go together, and are invalidated together. */

export { createInvalidations, type Invalidations, type Tags } from "./invalidations.js";
export { InvalidationTable } from "./table.js";
export { isTag, MAX_TAGS, namespaceLabel, TAG_WORDS, tagLabel } from "./tagged.js";
