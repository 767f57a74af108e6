/** What a function gave. */

import type { Moment } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { Namespace } from "../scope.js";

/** A result, and the call it came from. */
export interface Result {
  readonly key: Key;
  readonly args: readonly unknown[];
  readonly value: unknown;
  /** The function returned a promise for the value. */
  readonly awaited: boolean;
  /** A lifetime that overrides the configured one, in milliseconds. */
  readonly ttl: number | undefined;
  /** Milliseconds that its load took; `undefined`: there was none. */
  readonly cost?: number | undefined;
  /** When its load began, by the order of invalidations; `undefined`: it has no tags. */
  readonly since: Moment | undefined;
  /** The name space of its call. */
  readonly namespace: Namespace | undefined;
  /** The store takes a snapshot of the value, so that it need not be copied before. */
  readonly isolated?: boolean;
}
