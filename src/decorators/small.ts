/** The memory for small results, as options say it. */

import { type DiskCacheOptions, engineNamed, type ResolvedConfig, type SmallOptions } from "../config/index.js";
import { parseBytes } from "../quantity.js";
import type { NearBounds, Routing } from "../select/index.js";
import type { Routed } from "./recipe.js";

/** Small results that are in memory. */
const MAX_SIZE = 1_000;
/** Bytes that they may add up to: 64 MiB, since a thousand of the largest would take a gigabyte. */
const MAX_BYTES = 67_108_864;

/** The bounds of the memory for small results. */
export function boundsOf({ engine = "lru", maxSize = MAX_SIZE, maxBytes }: SmallOptions = {}): NearBounds {
  return {
    engine: engineNamed(engine) as NearBounds["engine"],
    maxSize,
    maxBytes: Math.floor(parseBytes(maxBytes) ?? MAX_BYTES),
  };
}

/** A lifetime, as options say it. */
type Said = NonNullable<DiskCacheOptions["ttl"]>;
type Ttl = ResolvedConfig["ttl"];

/**
 * Lifetimes of their own for both sides, where one was said, over that of the cache.
 *
 * @param small - That of what is in memory; `undefined`: that of the cache.
 * @param large - That of everything else.
 */
export function lifetimesOf({ sides }: Routing, small: Said | undefined, large?: Said): Pick<Routed, "lifetimes"> {
  if (small === undefined && large === undefined) return {};
  const lifetimes =
    (general: Ttl): Ttl =>
    (value, args) => {
      const own = (sides(value, 0) === undefined ? large : small) ?? general;
      return typeof own === "function" ? own(value, args) : own;
    };
  return { lifetimes };
}
