/**
 * Directories in passing: a folder that is not made yet, or is being deleted. It stands beside the folder under a name
 * that is nobody's, so that a folder appears with its tag, and vanishes with all its files, in one step.
 */

import { join } from "node:path";

/** No folder name has a "~", so this is never somebody's folder. The first part is the time when it began. */
const PASSING = /^\.trash-~([0-9a-z]{1,11})-[0-9a-f-]{36}$/;
/** In milliseconds. What began longer ago was left by a process that died; deleting twice does no harm. */
const STALE_AFTER = 60_000;

/** A new name in the root. */
export function passingPath(root: string): string {
  return join(root, `.trash-~${Date.now().toString(36)}-${crypto.randomUUID()}`);
}

/** Whether the name is one of these, and old enough to be deleted. */
export function isStale(name: string): boolean {
  const began = PASSING.exec(name)?.[1];
  return began !== undefined && Date.now() - Number.parseInt(began, 36) > STALE_AFTER;
}
