/** From a result to the entry that is stored, or to the reason why none is. */

import { copyExactly, freezeDeeply } from "../clone/index.js";
import { type ResolvedConfig, show } from "../config/index.js";
import { AWAITED, createEntry, ENCODED, type Entry, withTags } from "../entry.js";
import { CacheValueError, ConfigurationError } from "../errors.js";
import { isEncoded, type Key } from "../keys/index.js";
import { atOnce, consult, type Guard, OptionFailure } from "./guard.js";
import { lifetimeOf, timesOf } from "./lifetime.js";
import { oneShotKind } from "./one-shot.js";
import type { Plan } from "./plan.js";
import type { Result } from "./result.js";
import { tagsOf } from "./tagging.js";

/** The entry for a result of the function; `undefined`, with the reason told to the guard, when it is not to be stored. */
export function retain(config: ResolvedConfig, guard: Guard, result: Result): Entry | undefined {
  const { shouldCache } = config;
  try {
    refuseOneShot(result.value);
    if (shouldCache !== undefined && !consult("shouldCache", () => shouldCache(result.value, result.args))) {
      return guard.declined("shouldCache", result.key);
    }
    const { cost } = result;
    const minCost = config.lifetimes?.minCost;
    if (minCost !== undefined && cost !== undefined && cost <= minCost) return guard.declined("minCost", result.key);
    const entry = makeEntry(config, result);
    if (entry === undefined) guard.trace?.note("refused", "option", result.key, "Its lifetime is over at once.");
    return entry;
  } catch (error) {
    if (error instanceof OptionFailure) return guard.optionFailed(error.option, error.cause, result.key);
    return guard.refused(error instanceof CacheValueError ? error.message : "It cannot be looked at.", result.key);
  }
}

/**
 * The entry for a value that the user puts into the cache; `undefined` when its TTL is 0. What cannot be kept is the
 * user's to know.
 *
 * @throws CacheValueError when the value cannot be kept; what a function given as an option throws.
 */
export function retainExplicit(config: ResolvedConfig, result: Result): Entry | undefined {
  try {
    refuseOneShot(result.value);
    return makeEntry(config, result);
  } catch (error) {
    throw error instanceof OptionFailure ? error.cause : error;
  }
}

function makeEntry(config: ResolvedConfig, result: Result): Entry | undefined {
  const ttl = lifetimeOf(config, result);
  if (!(ttl > 0)) return undefined;
  const value = keptValue(config, result);
  const size = config.maxBytes === Number.POSITIVE_INFINITY ? 0 : sizeIn(config, result.key, value);
  const tagged = tagsOf(config, result);
  // Last: a value lives from when it is ready to be served.
  const times = timesOf(config, ttl);
  const traits = times.traits + (result.awaited ? AWAITED : 0) + (isEncoded(result.key) ? ENCODED : 0);
  const entry = createEntry(value, traits, times.createdAt, times.expiresAt, size, times.staleUntil);
  return tagged === undefined ? entry : withTags(entry, tagged);
}

function keptValue(config: ResolvedConfig, { value, isolated = false }: Result): unknown {
  if (config.clone === "freeze") return freezeDeeply(value);
  return isolated ? value : release(config, value);
}

function refuseOneShot(value: unknown): void {
  const kind = oneShotKind(value);
  if (kind !== undefined) throw new CacheValueError(`Expected a value that can be used more than once; got ${kind}.`);
}

/** A stored value on its way to a caller. */
export function release(config: ResolvedConfig, value: unknown): unknown {
  return config.clone === "structured" ? copyExactly(value) : value;
}

/** The same for an entry that came out of a store; `undefined`, told to the guard, for one that cannot be copied. */
export function releaseEntry({ config, guard }: Plan, { value }: Entry): { readonly value: unknown } | undefined {
  try {
    return { value: release(config, value) };
  } catch (error) {
    return guard.engineFailed("get", error);
  }
}

/** The same for one of several callers that waited for one load, whose value may not be copyable. */
export function releaseShared(config: ResolvedConfig, value: unknown): unknown {
  try {
    return release(config, value);
  } catch {
    return value;
  }
}

/** Bytes that the entry counts as: the value and the key. */
export function sizeIn(config: ResolvedConfig, key: Key, value: unknown): number {
  const bytes = consult("sizeOf", () => {
    const said: unknown = atOnce<unknown>(config.sizeOf(value));
    if (typeof said === "number" && said >= 0) return said;
    throw new ConfigurationError(`Expected a number of bytes, 0 or more; got ${show(said)}.`);
  });
  return Math.ceil(bytes) + (typeof key === "string" ? 2 * key.length : 0);
}
