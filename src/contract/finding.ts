/** What is found under a key by who only wants to look: for explanations, which must not change anything. */

import type { Entry } from "../entry.js";

/** Why what is there is not served, whatever its times say. */
export type Obstacle =
  /** It is not what was written, or it is no entry. */
  | "damaged"
  /** It was to be removed, and the engine has failed to. */
  | "removal-pending"
  /** Another process, or another engine that stood in for this one, has changed or removed it since. */
  | "changed-elsewhere"
  /** It has been in the memory for longer than that may serve it. */
  | "held-too-long"
  /** The store failed, or did not answer in time. */
  | "engine-failed";

/** What one tier of a store has of a key. */
export interface Finding {
  /** The engine of a memory in front; left out for the engine itself. */
  readonly memory?: string | undefined;
  /** The engine, where the store is made of several. Default: that of the cache. */
  readonly engine?: string | undefined;
  /** What is in this memory need not lie behind it. */
  readonly isAlone?: boolean | undefined;
  /** What is there, fresh or not. */
  readonly entry?: Entry | undefined;
  /** Bytes that it takes there, where that is known. */
  readonly bytes?: number | undefined;
  /** Why it is not served. */
  readonly obstacle?: Obstacle | undefined;
  /** The same in words, where there is more to say. */
  readonly detail?: string | undefined;
  /** The store cannot be asked without counting that as a use. */
  readonly isUse?: boolean | undefined;
  /** An entry of the same call is there, made by another version of the code under the same name. */
  readonly isOfOtherCode?: boolean | undefined;
}
