/** Stores of the package keyv, as far as they are asked for here. */

/**
 * A Keyv, or a storage adapter for one: anything that has these four methods, which may answer at once or with promises.
 * Where it has `getMany`, `iterator` or `on` too, they are made use of.
 *
 * @example
 * ```ts
 * import { Keyv } from "keyv";
 * import { bcache } from "twat-cache";
 * const square = bcache(async (n: number) => n * n, { name: "square", engine: new Keyv({ namespace: "app" }) });
 * console.log(await square(4), await square(4), square.cache.engine); // => 16 16 keyv
 * await square.cache.close();
 * ```
 */
export interface KeyvStore {
  get(key: string): unknown;
  /** @param ttl - Milliseconds. */
  set(key: string, value: unknown, ttl?: number): unknown;
  delete(key: string): unknown;
  clear(): unknown;
}

/** Whether something is such a store, and not an engine. */
export function isKeyvStore(thing: unknown): thing is KeyvStore {
  if (typeof thing !== "object" || thing === null) return false;
  const { get, set, delete: remove, clear, open } = thing as Partial<KeyvStore & { readonly open: unknown }>;
  return open === undefined && [get, set, remove, clear].every((method) => typeof method === "function");
}
