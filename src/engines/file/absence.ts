/** What is said when something is not there any more: other processes remove files and directories at any time. */

import { getSystemErrorName } from "node:util";

/** What the system calls it. */
const ABSENT: readonly string[] = ["ENOENT", "ENOTDIR"];

/** The error for a file that is gone. */
export function missing(path: string): Error {
  return Object.assign(new Error(`${path} is gone`), { code: "ENOENT" });
}

/**
 * Whether what was needed is not there. The package gives some errors of the system another code; and where a directory
 * goes while Node makes others inside it, Node says that it is none.
 */
export function isAbsence({ code, errno }: NodeJS.ErrnoException): boolean {
  return code === "ENOENT" || (errno !== undefined && ABSENT.includes(getSystemErrorName(errno)));
}

/** Whether something was there to be removed, or to be looked at. */
export async function happened(done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** The package puts its own words, and a code that means something else, in front of what the system said. */
export function causeOf(error: unknown): unknown {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause instanceof Error ? cause : error;
}
