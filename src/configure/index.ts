/** Configurations: made once, put together, said for all caches. */

export { type CheckedConfig, createCacheConfig } from "./cache-config.js";
export { type DefaultOptions, setDefaults } from "./defaults.js";
export { type EnvironmentConfig, getCacheConfigFromEnv } from "./from-environment.js";
export { extendConfig, type MergedConfig, mergeConfigs } from "./merge.js";
