/** Whether options ask for a cache on disk. */

import type { CheckedOptions, DiskCacheOptions } from "../config/index.js";
import type { Engine } from "../contract/index.js";
import { engines } from "../engines/index.js";

/** Options that ask for it by themselves. */
const ASKING = ["folderName", "cacheDir", "compress", "useSql"] as const;

/** Whether options, as they are written at the call, ask for a cache on disk. */
export function asksForDisk(options: CheckedOptions): boolean {
  const written = options as DiskCacheOptions;
  const asks = ASKING.some((option) => written[option] !== undefined && written[option] !== false);
  return asks || engineOf(written.engine)?.capabilities?.persistent === true;
}

/** The engine that options name, or give; `undefined` for none, and for one that does not exist. */
export function engineOf(engine: string | Engine | undefined): Engine | undefined {
  return typeof engine === "string" ? engines.named(engine) : engine;
}
