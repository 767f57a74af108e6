/** What an engine must do. An engine makes stores of one kind. */

import type { PolicyName } from "../policy/index.js";
import type { AsyncStore, StoreOptions, SyncStore } from "./store.js";

/** What the stores of an engine can do. What they cannot do is never asked of them. */
export interface Capabilities {
  /** Entries outlive the process. */
  readonly persistent: boolean;
  /** Where entries lie that outlive the process. A server has bounds of its own. Default: in a folder. */
  readonly location?: "folder" | "server";
  /** Policies by which the stores can evict. */
  readonly policies: readonly PolicyName[];
  /** The largest `maxSize` that the stores can keep; 0: they cannot keep one. */
  readonly maxSize: number;
  /** The stores can do without a bound on the number of entries. */
  readonly unbounded: boolean;
  /** The stores can keep `maxBytes`. */
  readonly maxBytes: boolean;
  /** The stores give out the very entry that they were given, so that a hit can put off its end. Default: they do not. */
  readonly idle?: boolean;
  /** The stores can say how many entries there are, and which. Default: they can. `false`: `size` is 0, `keys` are none. */
  readonly lists?: boolean;
}

/** Whether an engine can be used here: `true`, or the reason why not, as a phrase. */
export type Availability = true | string;

/** An engine whose stores answer at once; functions stay synchronous with it. */
export interface SyncEngine {
  /** The name by which it is chosen: lower case letters, digits and dashes. */
  readonly name: string;
  readonly kind: "sync";
  readonly capabilities: Capabilities;
  /** Whether it can be used here. Called before the first store is opened, not at import. */
  available(): Availability;
  /** Opens an empty store of its own for one cache. */
  open(options: StoreOptions): SyncStore;
}

/** An engine whose stores answer with promises; only functions that return promises can use it. */
export interface AsyncEngine {
  /** The name by which it is chosen: lower case letters, digits and dashes. */
  readonly name: string;
  readonly kind: "async";
  readonly capabilities: Capabilities;
  /** Whether it can be used here. Called before the first store is opened, not at import. */
  available(): Availability | Promise<Availability>;
  /**
   * The same at once, asked at decoration of a function that will have this engine or none. Default: it is found out at
   * the first call.
   */
  availableNow?(): Availability;
  /** Opens a store for one cache. */
  open(options: StoreOptions): AsyncStore | Promise<AsyncStore>;
}

/** Any engine. */
export type Engine = SyncEngine | AsyncEngine;
