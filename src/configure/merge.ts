/** Configurations, one over the other. */

import { type CacheConfig, show } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import { checkedConfig } from "./cache-config.js";

/** A configuration in which options may be there and say nothing. */
type Loose = { readonly [K in keyof CacheConfig]: CacheConfig[K] | undefined };

/** Names of options that say something for certain. */
type Sure<B> = { [K in keyof B]-?: object extends Pick<B, K> ? never : undefined extends B[K] ? never : K }[keyof B];

/** One configuration over another. */
type Over<A, B> = { readonly [K in Sure<B>]: B[K] } & {
  readonly [K in Exclude<Sure<A>, Sure<B>>]: K extends keyof B ? A[K] | Exclude<B[K], undefined> : A[K];
} & {
  readonly [K in Exclude<keyof A | keyof B, Sure<A> | Sure<B>>]?:
    | (K extends keyof A ? Exclude<A[K], undefined> : never)
    | (K extends keyof B ? Exclude<B[K], undefined> : never);
};

/** What `mergeConfigs` makes of layers of these types. */
export type MergedConfig<Layers extends readonly unknown[]> = Layers extends readonly [...infer Under, infer Top]
  ? Over<MergedConfig<Under>, Top>
  : unknown;

/**
 * Puts configurations together: what a later one says goes before what earlier ones say, as in `{ ...one, ...two }`, but
 * `undefined` says nothing. Values are not merged: `{ memory: { ttl } }` takes the place of the whole of an earlier
 * `memory`. `tiers` take the place of an earlier `engine` and `memory`, and these that of earlier `tiers`.
 *
 * @returns a frozen, checked configuration, as of `createCacheConfig`.
 * @throws ConfigurationError that lists everything that is wrong in what comes of it.
 *
 * @example
 * ```ts
 * import { mergeConfigs } from "twat-cache";
 * const production = mergeConfigs({ ttl: "1h", maxSize: 500 }, { ttl: "5m", maxSize: undefined });
 * console.log(production.ttl, production.maxSize); // => 5m 500
 * ```
 */
export function mergeConfigs<const Layers extends readonly Loose[]>(...layers: Layers): MergedConfig<Layers> {
  return checkedConfig(merged(layers, "mergeConfigs"), "mergeConfigs") as MergedConfig<Layers>;
}

/**
 * A configuration with some options said anew: `mergeConfigs` of the two.
 *
 * @throws ConfigurationError that lists everything that is wrong in what comes of it.
 *
 * @example
 * ```ts
 * import { createCacheConfig, extendConfig } from "twat-cache";
 * const base = createCacheConfig({ ttl: "1h", maxSize: 500 });
 * console.log(extendConfig(base, { maxSize: 10 })); // => { ttl: '1h', maxSize: 10 }
 * ```
 */
export function extendConfig<const Base extends Loose, const Patch extends Loose>(
  base: Base,
  patch: Patch,
): MergedConfig<[Base, Patch]> {
  return checkedConfig(merged([base, patch], "extendConfig"), "extendConfig") as MergedConfig<[Base, Patch]>;
}

function merged(layers: readonly unknown[], subject: string): object {
  const sum: Record<string, unknown> = {};
  for (const layer of layers) {
    if (typeof layer !== "object" || layer === null || Array.isArray(layer)) {
      throw new ConfigurationError(`${subject}: expected objects with options; got ${show(layer)}`);
    }
    const said = Object.entries(layer).filter(([, value]) => value !== undefined);
    const names = said.map(([name]) => name);
    if (names.includes("tiers")) for (const name of ["engine", "memory"]) delete sum[name];
    if (names.includes("engine") || names.includes("memory")) delete sum.tiers;
    Object.assign(sum, Object.fromEntries(said));
  }
  return sum;
}
