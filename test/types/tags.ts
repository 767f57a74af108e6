/** What must infer, and what must not compile, of tags. Checked by tsc; never run. */

import { acache, batch, bcache, type invalidateNamespaces, type invalidateTags, mcache, withCache } from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

// The value is what the promise is fulfilled with, and the arguments are those of the function.
const user = acache(async (id: number, lang?: "en" | "de") => ({ id, lang }), {
  tags(value, id, lang) {
    expectType<Same<typeof value, { id: number; lang: "en" | "de" | undefined }>>();
    expectType<Same<typeof id, number>>();
    expectType<Same<typeof lang, "en" | "de" | undefined>>();
    return [`user:${value.id}`];
  },
});
mcache((text: string) => text.length, { tags: (length, text) => [length.toFixed(), text.trim()] });
bcache((text: string) => text.length, { tags: ["lengths"] as const, namespace: "tenant" });
batch(async (ids: readonly number[]) => ids.map(String), { tags: (name, id) => [name.trim(), id.toFixed()] });
// @ts-expect-error tags are a list
mcache((text: string) => text, { tags: "all" });
// @ts-expect-error of texts
mcache((text: string) => text, { tags: [1] });
// @ts-expect-error said at once
acache(async (text: string) => text, { tags: async () => ["all"] });
// @ts-expect-error of the value that there is
mcache((text: string) => text, { tags: (value) => [value.missing] });
// @ts-expect-error a block has no tags
withCache({ tags: ["all"] }, () => 1);

expectType<Same<ReturnType<typeof user.cache.invalidateTags>, void>>();
const kept = bcache((text: string) => text.length);
expectType<Same<ReturnType<typeof kept.cache.invalidateTags>, Promise<void>>>();
expectType<Same<ReturnType<typeof invalidateTags>, Promise<void>>>();
expectType<Same<ReturnType<typeof invalidateNamespaces>, Promise<void>>>();
// @ts-expect-error tags are texts
user.cache.invalidateTags(1);
