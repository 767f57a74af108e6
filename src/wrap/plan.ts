/** What is known of a cached function. */

import type { ResolvedConfig } from "../config/index.js";
import type { Engine, Place, StoreOptions } from "../contract/index.js";
import type { AnyFunction } from "../function.js";
import type { Key } from "../keys/index.js";
import type { Namespace } from "../scope.js";
import type { Signal } from "../signal.js";
import type { Counters } from "../stats.js";
import type { Tags } from "../tags/index.js";
import type { Guard } from "./guard.js";
import type { Keyer } from "./keyer.js";

/** What is known of a function when it is wrapped. */
export interface Subject {
  readonly name: string;
  /** What it is called on disk: the name without the number that tells it from others of this process. */
  readonly lastingName: string;
  readonly original: AnyFunction;
  readonly counters: Counters;
  /** It always returns promises, so that a bare value put into its cache is given out as one. */
  readonly awaited: boolean;
  /** There may be entries before the first use, of an earlier run or another process. */
  readonly outlives: boolean;
}

/** What all caches of one cached function have in common: one cache for a function, one an instance for a method. */
export interface Plan {
  /** What runs on a miss. */
  readonly fn: AnyFunction;
  readonly config: ResolvedConfig;
  readonly counters: Counters;
  readonly guard: Guard;
  readonly keyOf: Keyer;
  /** The same for who only wants to look, where a key changes what later calls are. Default: `keyOf`. */
  readonly keyForLook?: Keyer | undefined;
  readonly tags: Tags;
  /** The same of what requests have of their own, where that is none of these. */
  readonly requestTags?: Tags | undefined;
  /** The name space of calls outside of all blocks. Default: that of the options. */
  readonly namespace?: Namespace | undefined;
  /** Whether its loads are followed beyond the first `await` of the function, to find those that wait for themselves. */
  readonly followsTasks: boolean;
  /** Where a persistent engine keeps the entries; `undefined`: no such engine may be used. */
  readonly place?: Place | undefined;
  /**
   * Is told when a lookup begins in a store that answers with promises, and gives what is to be called when it has ended:
   * a function that is asked for many at once waits for those who may ask.
   */
  readonly lookingUp?: (() => () => void) | undefined;
}

/** One call: its key, and what the function is run with on a miss. */
export interface Call {
  readonly key: Key;
  readonly self: unknown;
  readonly args: readonly unknown[];
  /** What is stored lives this long, in milliseconds; `undefined`: as configured. */
  readonly ttl?: number | undefined;
  /** The name space that it is made in. */
  readonly namespace?: Namespace | undefined;
  /** Ends the caller's wait. */
  readonly signal?: Signal | undefined;
  /** Nobody waits for what comes of it. */
  readonly isBackground?: boolean;
  /** What runs on a miss; default: the plan's function. */
  readonly fn?: AnyFunction | undefined;
  /** Whether the arguments still are those that the key was made of. Default: they are. */
  isUnchanged?(): boolean;
}

/** How many entries there may be: on disk, where the cache is one on disk. */
export function maxSizeOf({ disk, maxSize }: ResolvedConfig): number {
  return disk?.maxSize ?? maxSize;
}

/** What an engine is told when it opens a store for this plan. Made once: there may be a store for each of many objects. */
export function storeOptionsFor(plan: Plan): (engine: Engine) => StoreOptions {
  const made = new Map<Engine, StoreOptions>();
  return (engine) => {
    const known = made.get(engine) ?? storeOptionsOf(plan, engine);
    made.set(engine, known);
    return known;
  };
}

function storeOptionsOf({ config, guard, place }: Plan, { capabilities }: Engine): StoreOptions {
  const { name, clock, disk } = config;
  // A memory that stands in for the disk has bounds of its own.
  const { maxSize, maxBytes } = capabilities.persistent && disk !== undefined ? disk : config;
  return {
    name,
    maxSize,
    maxBytes,
    policy: capabilities.policies.includes(config.policy) ? config.policy : (capabilities.policies[0] ?? config.policy),
    now: () => clock.now(),
    onDrop: (key, entry, reason) => guard.dropped(key, entry, reason),
    onDamage: (reason) => guard.damaged(reason),
    place,
  };
}
