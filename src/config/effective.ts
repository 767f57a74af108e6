/** What holds for a cache, and who said so. */

import { builtIn } from "./built-in.js";
import type { LayerName, Layers } from "./layers.js";
import { redacted } from "./redact.js";
import { whereabouts } from "./resolve.js";
import { optionNames } from "./schema.js";

/** An option, and where its value comes from. */
export interface EffectiveOption {
  /**
   * The value as it was written, or what is built in; `undefined`: nothing was said, and nothing is built in, or it is
   * found out at the first call, as the engine is. In the place of secrets stands `"[redacted]"`, in that of engines and
   * codecs that were given as objects their name.
   */
  readonly value: unknown;
  /**
   * `"option"`: the call; `"world"`: `createCache`; `"block"`: the block around it; `"environment"`: a `TWAT_CACHE_*` variable; `"file"`: the config
   * file; `"defaults"`: `setDefaults`; `"built-in"`: nobody has said anything.
   */
  readonly from: LayerName;
}

/** What holds for a cache. */
export interface EffectiveConfig {
  /** The name of the cache. */
  readonly name: string;
  /** Nothing is cached, whatever the options say: `TWAT_CACHE_DISABLE` is set. */
  readonly disabled: boolean;
  /** Every option that the cache can have, by its name. */
  readonly options: Readonly<Record<string, EffectiveOption>>;
}

/**
 * Tells by the layers what holds. The option `tiers` is told as `engine` and `memory`.
 *
 * @param usualScope - That of what is wrapped, where nobody says another one.
 */
export function effectiveConfig(name: string, layers: Layers, usualScope?: "instance" | "shared"): EffectiveConfig {
  const { isPersistent, own, merged, disabled } = layers;
  const scope = merged.thisKey === undefined ? usualScope : "shared";
  const basis = builtIn({ isPersistent, isRemote: whereabouts(layers).server !== undefined });
  const list = [...layers.list, { name: "built-in" as const, options: { ...basis, name, scope } }];
  const names = new Set([...optionNames(isPersistent ? "disk" : "cache"), ...Object.keys(own)]);
  names.delete("tiers");
  const options = [...names].map((option) => {
    const layer = list.find((one) => one.options[option] !== undefined);
    const value = redacted(option, layer?.options[option]);
    return [option, Object.freeze({ value, from: layer?.name ?? "built-in" })];
  });
  return Object.freeze({ name, disabled, options: Object.freeze(Object.fromEntries(options)) });
}
