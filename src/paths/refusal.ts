/** The words of a refusal: what was expected, what is there, and the way out. */

import { PathError } from "../errors.js";

/** The way out that is always there. */
export const ELSEWHERE = "set cacheDir (or TWAT_CACHE_DIR) to another place";

/** What the system's error codes mean, for people. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user has no permission",
  EBUSY: "it is in use",
  EIO: "the disk cannot be read or written",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "this process has too many files open",
  ENAMETOOLONG: "the path is too long",
  ENOENT: "a part of the path is missing",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "this user has no permission",
  EROFS: "the file system is read-only",
};

/** A path as it stands in a message: no control characters, which could forge lines of a log. */
export function shownPath(path: string): string {
  return `"${path.replaceAll(/\p{Cc}/gu, "?")}"`;
}

/** The error for something that is not as it must be: `Cache folder "/x" is a symbolic link; remove it, or …`. */
export function refusal(what: string, path: string, found: string, wayOut: string): PathError {
  return new PathError(`${what} ${shownPath(path)} ${found}; ${wayOut}, or ${ELSEWHERE}.`);
}

/** The code of an error of the system, also of one that is the cause of a `PathError`. */
export function codeOf(error: unknown): string | undefined {
  const cause = error instanceof PathError ? error.cause : error;
  return (cause as { code?: string } | undefined)?.code;
}

/** Does something with a path; an error of the system becomes a `PathError` that says what could not be done, and why. */
export function attempt<T>(action: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw systemRefusal(action, path, error);
  }
}

/** The error for something that the system refused; a `PathError` stays what it is. */
export function systemRefusal(action: string, path: string, cause: unknown): PathError {
  if (cause instanceof PathError) return cause;
  const code = codeOf(cause);
  const known = code === undefined ? undefined : reasons[code];
  const reason = known === undefined ? (code ?? String(cause)) : `${known} (${code})`;
  return new PathError(`Cannot ${action} ${shownPath(path)}: ${reason}; mend this, or ${ELSEWHERE}.`, { cause });
}

/** The error for what was there a moment ago; by its code `ensureCacheDir` knows to begin again. */
export function vanished(path: string): PathError {
  const cause = Object.assign(new Error("it was removed meanwhile"), { code: "ENOENT" });
  return systemRefusal("use", path, cause);
}
