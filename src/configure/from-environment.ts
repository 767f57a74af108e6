/** What the environment says, for programs that want to know it before the first call. */

import { type CacheConfig, checkedEnvironment, type Environment, environment } from "../config/index.js";
import type { Duration } from "../quantity.js";

/** Options that variables can give. */
export type EnvironmentConfig = Readonly<
  Pick<
    CacheConfig,
    | "maxSize"
    | "maxBytes"
    | "policy"
    | "engineTimeout"
    | "folderName"
    | "cacheDir"
    | "compress"
    | "secure"
    | "secret"
    | "encryptionKey"
    | "redis"
  > & { ttl?: Duration; engine?: string }
>;

/**
 * The options that `TWAT_CACHE_*` variables give, as a frozen configuration. An empty variable is one that is not set.
 *
 * Cached functions read the environment by themselves, at their first call, which a bad variable must not break: there it
 * is reported once, and left out. Call this where the program starts, to stop there instead.
 *
 * @param env - Default: the environment of this process.
 * @throws ConfigurationError that lists every variable that cannot be used, with what it takes. Values of variables that
 * hold secrets are not in it.
 *
 * @example
 * ```ts
 * import { getCacheConfigFromEnv } from "twat-cache";
 * console.log(getCacheConfigFromEnv({ TWAT_CACHE_TTL: "5m", TWAT_CACHE_MAXSIZE: "100" })); // => { maxSize: 100, ttl: '5m' }
 * try {
 *   getCacheConfigFromEnv({ TWAT_CACHE_COMPRESS: "maybe" });
 * } catch (error) {
 *   console.log((error as Error).message.includes("TWAT_CACHE_COMPRESS: expected true, false")); // => true
 * }
 * ```
 */
export function getCacheConfigFromEnv(env: Environment = environment()): EnvironmentConfig {
  return Object.freeze({ ...checkedEnvironment(env) });
}
