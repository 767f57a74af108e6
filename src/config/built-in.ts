/** What holds where nobody has said anything. Defaults are stated here and nowhere else. */

import type { Duration } from "../quantity.js";
import { environment } from "./env.js";

/** How many entries a cache in memory holds unless told otherwise. */
export const DEFAULT_MAX_SIZE = 1_000;

/** What defaults depend on. */
export interface Circumstances {
  /** The entries are to outlive the process. */
  readonly isPersistent: boolean;
  /** A server keeps them. */
  readonly isRemote: boolean;
}

/** When an engine that fails is left alone; those who say half of it get the other half from here. */
export const BREAKER: { readonly threshold: number; readonly pause: Duration } = Object.freeze({
  threshold: 5,
  pause: "1s",
});

/** What is the same for all caches. */
const COMMON = {
  ttl: Number.POSITIVE_INFINITY,
  fallback: true,
  jitter: 0,
  trace: 0,
  clock: "tick",
  breaker: BREAKER,
};

const IN_MEMORY = Object.freeze({
  ...COMMON,
  maxSize: DEFAULT_MAX_SIZE,
  maxBytes: Number.POSITIVE_INFINITY,
  policy: "lru",
  clone: "none",
  engineTimeout: "100ms",
});

const PERSISTENT = {
  ...COMMON,
  maxSize: Number.POSITIVE_INFINITY,
  maxBytes: "1GB",
  // A hit never writes, so that entries leave in the order of their last write.
  policy: "fifo",
  // What is read anew at each hit need not be copied.
  clone: "structured",
  secure: true,
  compress: false,
  codec: "exact",
  memory: false,
  lock: false,
};

/** The options as they are built in; those that are not there are `undefined`. */
export function builtIn({ isPersistent, isRemote }: Circumstances): Readonly<Record<string, unknown>> {
  if (!isPersistent) return IN_MEMORY;
  const verifyRoundTrip = environment().NODE_ENV === "development";
  return Object.freeze({ ...PERSISTENT, engineTimeout: isRemote ? "150ms" : "100ms", verifyRoundTrip });
}
