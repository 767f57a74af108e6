/** Whether options ask for a cache on disk. */

import type { CheckedOptions, DiskCacheOptions } from "../config/index.js";
import type { Engine, KeyvStore } from "../contract/index.js";
import { type EngineRegistry, engines, givenEngine } from "../engines/index.js";

/** Options that ask for it, or for a server that keeps entries as a disk does, by themselves. */
const ASKING = ["folderName", "cacheDir", "redis", "compress", "useSql"] as const;

/** Whether options, as they are written at the call, ask for a cache on disk. */
export function asksForDisk(options: CheckedOptions, engines: EngineRegistry): boolean {
  const written = options as DiskCacheOptions;
  const asks = ASKING.some((option) => written[option] !== undefined && written[option] !== false);
  return asks || engineOf(written.engine, engines)?.capabilities?.persistent === true;
}

/** Whether they ask for a server, in the place of a folder. */
export function asksForServer({ engine, redis }: { readonly engine?: unknown; readonly redis?: unknown }): boolean {
  return engine === "redis" || redis !== undefined;
}

/** The engine that options name, or give; `undefined` for none, and for one that does not exist. */
export function engineOf(
  engine: string | Engine | KeyvStore | undefined,
  registry: EngineRegistry = engines,
): Engine | undefined {
  if (typeof engine === "string") return registry.named(engine);
  return engine && givenEngine(engine);
}
