/** What it takes to keep a function's results on disk: a name for it that lasts, and a place. */

import {
  type CacheOptions,
  type CheckedOptions,
  type DiskCacheOptions,
  type DiskConfig,
  type ResolvedConfig,
  show,
} from "../config/index.js";
import type { Place } from "../contract/index.js";
import { CacheKeyError, ConfigurationError } from "../errors.js";
import { type AnyFunction, seesThis } from "../function.js";
import { claim, functionId, isNative, placeName, placeOf, unclaim } from "../identity/index.js";
import type { Identify } from "../keys/index.js";
import type { Voice } from "../logging.js";
import type { Target } from "./target.js";

/**
 * Refuses options that make no sense on disk.
 *
 * @throws ConfigurationError for a policy by which no engine on disk evicts, for `sizeOf`, and for `idle`.
 */
export function refuseMemoryOptions({ label }: Target, { policy, sizeOf, idle }: CacheOptions): void {
  if (policy !== undefined && policy !== "fifo") {
    throw new ConfigurationError(
      `${label}: policy: expected "fifo", since on disk entries leave in the order of their last write; got ${show(policy)}.`,
    );
  }
  if (idle !== undefined) {
    throw new ConfigurationError(`${label}: idle: expected none on disk, where a hit never writes. Use ttl.`);
  }
  if (sizeOf !== undefined) {
    throw new ConfigurationError(
      `${label}: sizeOf: expected none, since entries on disk count as what they take there.`,
    );
  }
}

/**
 * Refuses a function that has no identity that lasts.
 *
 * @throws ConfigurationError for one without a name of its own, and for a method of which nothing says whose it is.
 */
export function requireIdentity({ fn, source = fn, isMethod, name, label }: Target, options: CheckedOptions): void {
  const { name: given, thisKey, key, scope, version, deps } = options as DiskCacheOptions;
  // Throws for what is not the same in every process.
  if (deps !== undefined) functionId(source, { name: given ?? name, version, deps });
  if (given !== undefined) return;
  if (name === "" || isNative(source)) {
    const what = name === "" ? "an anonymous function" : "a native or bound function";
    throw new ConfigurationError(
      `${label}: expected a function that can be told from others after a restart; got ${what}. Give the option "name".`,
    );
  }
  const isSaid = thisKey !== undefined || (key !== undefined && scope === "shared");
  if (isMethod && seesThis(fn) && !isSaid) {
    throw new ConfigurationError(
      `${label}: expected "thisKey", which says whose results ${show(name)} gives, or a "name" for those of the one object that it is called on; got neither. For results in memory use mcache or acache.`,
    );
  }
}

/** The place of a function's results, and its claim to it. */
export interface Persistence {
  readonly place: Place;
  /** Gives the claim back. */
  release(): void;
}

/**
 * The place of a function's results; or why it has none: another function has the same identity, and would share them.
 */
export function persistenceOf(
  fn: AnyFunction,
  label: string,
  { name }: ResolvedConfig,
  disk: DiskConfig,
  voice: Voice,
): Persistence | string {
  const { version, deps } = disk;
  const place = placeOf(disk, label, functionId(fn, { name: label, version, deps }));
  // Who gives a version, or what the function depends on, has said who it is.
  if (version !== undefined || deps !== undefined) return { place, release: () => undefined };
  const identity = placeName(place);
  if (claim(identity, fn)) return { place, release: () => unclaim(identity, fn) };
  const refusal = `The cache "${name}" is not used: another function of the same name and source is cached in the same folder, and what the two have captured may differ. Give each a "name" of its own, or say in "deps" what they depend on.`;
  voice.warnOnce(`${name}:identity`, refusal);
  return refusal;
}

/** Says who the one object is that a method is called on. */
export interface TheOneObject {
  readonly identify: Identify;
  /** The same for who only wants to look: nobody becomes it. */
  readonly look: Identify;
}

/**
 * Identifies the one object that a method with a `name`, and without `thisKey`, is called on: the first. While that is
 * alive, results for another one have no key.
 */
export function theOneObject(name: string): TheOneObject {
  let one: WeakRef<object> | undefined;
  const look: Identify = (thing) => {
    const known = one?.deref();
    if (known === undefined || known === thing) return "@one;";
    throw new CacheKeyError(
      `The method "${name}" is called on several objects, and nothing says whose results are whose. Give the option "thisKey".`,
    );
  };
  const identify: Identify = (thing, role) => {
    const token = look(thing, role);
    if (one?.deref() === undefined) one = new WeakRef(thing as object);
    return token;
  };
  return { identify, look };
}
