/** Looking into a store without changing anything. */

import type { Key } from "../keys/index.js";
import { overhear } from "../promise.js";
import type { Finding } from "./finding.js";
import type { AsyncStore, SyncStore } from "./store.js";

/** A store, as far as it can be looked into. */
type Sighted<S extends SyncStore | AsyncStore> = Pick<S, "get" | "peek" | "inspect">;

/** What a failure is as a finding. */
export function failedFinding(error: unknown): Finding {
  return { obstacle: "engine-failed", detail: messageOf(error) };
}

/** What a store that answers at once has of a key. Never throws. */
export function lookInto(store: Sighted<SyncStore>, key: Key): readonly Finding[] {
  try {
    const found: unknown = store.inspect?.(key);
    if (found !== undefined && !overhear(found)) return found as readonly Finding[];
    const entry = store.peek === undefined ? store.get(key) : store.peek(key);
    return [{ entry, isUse: store.peek === undefined }];
  } catch (error) {
    return [failedFinding(error)];
  }
}

/** The same for a store that answers with promises: one for each tier, since one may answer and another fail. */
export function lookLaterInto(store: Sighted<AsyncStore>, key: Key): readonly Promise<Finding>[] {
  try {
    if (store.inspect !== undefined) return store.inspect(key);
    const isUse = store.peek === undefined;
    const answer = store.peek === undefined ? store.get(key) : store.peek(key);
    return [answer.then((entry) => ({ entry, isUse }))];
  } catch (error) {
    return [Promise.resolve(failedFinding(error))];
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    // Not to be looked at, like a revoked proxy.
    return "";
  }
}
