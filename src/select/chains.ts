/** The engines that are tried, best first. */

/** For results in memory. */
export const MEMORY_CHAIN: readonly string[] = ["lru", "map"];

/** The same for one cache for each of many objects: `map` begins small. */
export const INSTANCE_CHAIN: readonly string[] = ["map", "lru"];

/** For results on disk. */
export const DISK_CHAIN: readonly string[] = ["sqlite", "file", ...MEMORY_CHAIN];

/** The same for large values. */
export const FILES_FIRST: readonly string[] = ["file", "sqlite", ...MEMORY_CHAIN];

/** Where a server was asked for. */
export const SERVER_CHAIN: readonly string[] = ["redis", ...MEMORY_CHAIN];

/** For functions that must answer at once, with results on disk. */
export const SYNC_DISK_CHAIN: readonly string[] = ["better-sqlite3", "node-sqlite", ...MEMORY_CHAIN];

/** Where results are to be: in this process, on disk in a database or in files, or on a server. */
export type Whereabouts = "memory" | "database" | "files" | "server";

/** The chain for results that are to be there. */
export function chainFor(where: Whereabouts): readonly string[] {
  if (where === "server") return SERVER_CHAIN;
  if (where === "memory") return MEMORY_CHAIN;
  return where === "files" ? FILES_FIRST : DISK_CHAIN;
}
