/** What holds for a cache, for whoever asks. */

import { type EffectiveConfig, show } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { CacheRegistry } from "./registry.js";

/** What tells it, by the cache. */
const tellers = new WeakMap<object, () => EffectiveConfig>();

/** Notes what tells the configuration of a cache. */
export function tellConfigOf(cache: object, tell: () => EffectiveConfig): void {
  tellers.set(cache, tell);
}

/** A cached function, its handle, or a decorated method, whose type does not show that it is one. */
export type Configured = AnyFunction | { readonly name: string; readonly original: AnyFunction };

/** The type of {@link getEffectiveConfig}. */
export interface GetEffectiveConfig {
  (cache: Configured): EffectiveConfig;
  (name: string): EffectiveConfig | undefined;
}

/** The same for a list of caches, which knows them by name. */
export function effectiveConfigIn(caches: CacheRegistry): GetEffectiveConfig {
  /** The handle that was noted; those of single instances of a method have their own. */
  function handleOf(reference: Configured): object | undefined {
    if (typeof reference === "function") return (reference as { readonly cache?: object }).cache;
    if (typeof reference !== "object" || reference === null || tellers.has(reference)) return reference;
    const listed = caches.get(reference.name) as { readonly original?: AnyFunction } | undefined;
    return listed?.original === reference.original ? listed : undefined;
  }

  function getEffectiveConfig(cache: Configured): EffectiveConfig;
  function getEffectiveConfig(name: string): EffectiveConfig | undefined;
  function getEffectiveConfig(reference: Configured | string): EffectiveConfig | undefined {
    if (typeof reference === "string") return tellers.get(caches.get(reference) ?? {})?.();
    const tell = tellers.get(handleOf(reference) ?? {});
    if (tell !== undefined) return tell();
    throw new ConfigurationError(
      `getEffectiveConfig: expected a cached function, its handle, or the name of a cache; got ${show(reference)}. If it is decorated, put the cache's decorator on top.`,
    );
  }
  return getEffectiveConfig;
}
