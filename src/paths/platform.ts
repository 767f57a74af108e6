/** Where this platform keeps the caches of its users. */

import { requirePackage } from "../node/require.js";
import { attempt } from "./refusal.js";

/** The part of the package env-paths that is used here. */
interface EnvPaths {
  readonly default: (name: string, options: { readonly suffix: string }) => { readonly cache: string };
}

/**
 * The cache directory of this user for this library; `XDG_CACHE_HOME` is honoured where the platform has it. Throws a
 * `PathError` for a user without a home directory.
 */
export function platformCacheDir(): string {
  // Loaded when it is needed: the package asks for the home directory as it loads, and throws where there is none.
  return attempt("find the cache directory of", "this user", () => {
    const envPaths = requirePackage("env-paths") as EnvPaths;
    return envPaths.default("twat-cache", { suffix: "" }).cache;
  });
}
