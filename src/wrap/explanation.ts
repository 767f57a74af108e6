/** What `explain` says. */

import type { TraceEvent } from "./trace.js";

/** An engine that was not used, and why, as a phrase. */
export interface SkippedEngine {
  readonly engine: string;
  readonly reason: string;
}

/** The key of a call, for people. It shows the caller's own arguments, and is given to the caller alone. */
export interface ExplainedKey {
  /** The arguments as they count in the key: what the option `key` says, without what is ignored; long ones are cut. */
  readonly args: string;
  /** The name space that the call is made in; `undefined`: none. */
  readonly namespace: string | undefined;
  /** What stands for `this` in the key; `undefined`: it does not count there. */
  readonly self: string | undefined;
}

/** The engine of a cache. */
export interface ExplainedEngine {
  /** Its name; until it is found, that of the one which was asked for. `"none"`: no engine can be used. */
  readonly name: string;
  /**
   * `"unopened"`: nothing was asked of it yet. `"failed"`: no store can be opened, or did not answer in time.
   * `"left alone"`: it has failed several times in a row, and is not asked by calls; see the option `breaker`.
   */
  readonly state: "open" | "unopened" | "failed" | "left alone" | "closed" | "off";
  /** Why it is this one, as a sentence. */
  readonly why: string;
  /** Those that come before it, and why each is not used. */
  readonly skipped: readonly SkippedEngine[];
}

/** What is in one tier. */
export interface ExplainedTier {
  /** The engine. */
  readonly name: string;
  /** It is a memory in front of the engine. */
  readonly isFront: boolean;
  /**
   * `"absent"`: there is nothing. `"fresh"`: what calls are served. `"stale"`: no longer fresh, and still of use. `"over"`: of
   * no use. `"invalidated"`: by one of its tags. `"withheld"`: there, and not served; `why` says what for. `"unknown"`: the
   * engine did not say.
   */
  readonly state: "absent" | "fresh" | "stale" | "over" | "invalidated" | "withheld" | "unknown";
  /** More about it; `undefined`: there is no more to say. */
  readonly why: string | undefined;
  /** Milliseconds since the value was made; `undefined`: not known, as for what has no lifetime in memory. */
  readonly age: number | undefined;
  /** Milliseconds for which it is fresh; 0: it is not any more. `Infinity`: until evicted. `undefined`: there is nothing. */
  readonly timeLeft: number | undefined;
  /** Bytes that it takes, or counts as; `undefined`: nobody counts them. */
  readonly bytes: number | undefined;
  /** Its tags; those of a name space not among them. */
  readonly tags: readonly string[];
  /** It is an error, which is thrown again. */
  readonly isError: boolean;
  /** The engine cannot be asked otherwise than by what counts as a use, so that this explanation may have put off its end. */
  readonly isUse: boolean;
}

/** Why the cache is not used. */
export type UncachedReason =
  /** By `TWAT_CACHE_DISABLE`. */
  | "disabled"
  /** The cache was closed. */
  | "closed"
  /** Another function has the same identity on disk; see the option `name`. */
  | "identity"
  /** The block around says so. */
  | "bypass"
  /** The option `when` says so, or failed. */
  | "when"
  /** No key can be made of the arguments. */
  | "key"
  /** There is a cache for each instance, and `this` is none. */
  | "this"
  /** No store can be opened. */
  | "engine-failed";

/** Why the function would run. Those marked with * are known by the option `trace` alone. */
export type MissReason =
  /** There is nothing; why, is not known. */
  | "absent"
  /** * It was never stored. */
  | "never-stored"
  /** Its lifetime is over. */
  | "expired"
  /** It was ended by `expire`. */
  | "ended"
  /** It, or one of its tags, was invalidated. */
  | "invalidated"
  /** * It was removed by `delete`. */
  | "deleted"
  /** * It was removed by `clear`. */
  | "cleared"
  /** * It had to make room. */
  | "evicted"
  /** * The last result was returned and not stored. */
  | "refused"
  /** * The function failed last time. */
  | "failed"
  /** * It was stored, and something else than this cache has removed it: another process, as a rule. */
  | "gone"
  /** It was made by another version of the code, under the same name. Known on engines in a database. */
  | "code-changed"
  /** What is there is not what was written. */
  | "damaged"
  /** Another process, or an engine that stood in for this one, has changed it. */
  | "changed-elsewhere"
  /** A change of it is under way, and until then it is not read. */
  | "changing"
  /** It was to be removed, which the engine has failed to do. */
  | "removal-pending"
  /** The engine did not say what there is. */
  | "engine-failed"
  /** The engine has failed several times in a row, and is left alone. */
  | "left-alone"
  /** The block around asks for a new value. */
  | "refresh";

/** What all explanations have. */
interface Explained {
  /** The name of the cache. */
  readonly name: string;
  /** The outcome in words. */
  readonly why: string;
  /** `undefined`: none was made, since the cache is not used. */
  readonly key: ExplainedKey | undefined;
  readonly engine: ExplainedEngine;
  /** The nearest first. None where the cache is not used. */
  readonly tiers: readonly ExplainedTier[];
  /** A load of this key is under way, which the call may share. */
  readonly isLoading: boolean;
  /** What the option `trace` has kept of this key, and of all keys together; the oldest first. */
  readonly events: readonly TraceEvent[];
}

/** The call would be answered with what is there. */
export interface ExplainedHit extends Explained {
  readonly outcome: "hit";
  /** What is there is an error, which is thrown. */
  readonly throws: boolean;
  /** A new value would be made in the background. */
  readonly refreshes: boolean;
}

/** The call would be answered with what is there, though that is no longer fresh. */
export interface ExplainedStale extends Explained {
  readonly outcome: "stale";
  /** A new value would be made in the background. */
  readonly refreshes: boolean;
}

/** The function would run, or a load that is under way would be shared. */
export interface ExplainedMiss extends Explained {
  readonly outcome: "miss";
  readonly reason: MissReason;
  /** There is a stale value to be served where the function fails. */
  readonly hasFallback: boolean;
}

/** The function would run as if it were not wrapped. */
export interface ExplainedUncached extends Explained {
  readonly outcome: "uncached";
  readonly reason: UncachedReason;
}

/** What a call would do now, and why. */
export type Explanation = ExplainedHit | ExplainedStale | ExplainedMiss | ExplainedUncached;
