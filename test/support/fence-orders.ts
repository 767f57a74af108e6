/** What a program of fence-child.ts is told, and the files by which its runs are held. */

import { join } from "node:path";

/** The name of the cache, and of its folder. */
export const FENCED = "fenced";

/** What a run comes to that begins with this is an error. */
export const FAILURE = "!";

/** What a program is told when it starts. */
export interface FenceOrders {
  readonly me: string;
  readonly engine: string;
  /** A directory in one where the files below are. */
  readonly cacheDir: string;
  /** A memory in front of the disk. */
  readonly memory: boolean;
  /** The URL of the server, for engines that need one. */
  readonly redis?: string;
  /** Further options of the cache. */
  readonly options?: object;
  /** What the engine answers with, and the function. */
  readonly answers: "promises" | "at once" | "at once, of promises";
}

/** While it is there, runs of a program for a key are held. */
export function holdFile(directory: string, who: string, key: string): string {
  return join(directory, `${who}-${key}-hold`);
}

/** Holds what a run comes to. */
export function resultFile(directory: string, who: string, key: string, run: number): string {
  return join(directory, `${who}-${key}-${run}`);
}
