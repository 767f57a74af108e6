/** The guide for those who come from Python: each of our names in it exists, and each of theirs is in it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { optionNames } from "../../src/config/schema.js";
import { BlockCache } from "../../src/context/block-cache.js";
import { engines } from "../../src/engines/index.js";
import { mcache } from "../../src/index.js";
import { policyNames } from "../../src/policy/index.js";
import { root } from "../support/build.js";

const text = readFileSync(join(root, "docs/migrating-from-python.md"), "utf8");
const source = (folder: string): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(root, folder, file), "utf8"))
    .join("\n");

/** The rows of the tables: what stands in each cell. */
const cells: readonly (readonly [theirs: string, ours: string, words: string])[] = text
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\|[ -]+\|/.test(line) && !line.startsWith("| in Python"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, theirs = "", ours = "", words = ""]) => [theirs, ours, words]);
const codeIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);

const exported = new Set(
  [...readFileSync(join(root, "src/index.ts"), "utf8").matchAll(/^ {2}(?:type )?(\w+),$|\{ (.*) \}/gm)].flatMap(
    (match) => (match[1] ?? match[2] ?? "").split(",").map((name) => name.trim().replace(/^type /, "")),
  ),
);
const options = new Set((["cache", "disk", "block", "hybrid", "smart"] as const).flatMap(optionNames));
const handle: object = mcache((n: number) => n).cache;
const variables = source("src");

/** Whether one of our names is there: an export, an option, a part of a handle or a block, an engine, a policy, a variable. */
function exists(name: string): boolean {
  const [, ofHandle] = /^fn\.cache\.(\w+)/.exec(name) ?? [];
  if (ofHandle !== undefined) return ofHandle in handle;
  const [, ofBlock] = /^cache\.(\w+)/.exec(name) ?? [];
  if (ofBlock !== undefined) return ofBlock in BlockCache.prototype;
  const [, literal] = /^"(.*)"$/.exec(name) ?? [];
  if (literal !== undefined) return engines.named(literal) !== undefined || policyNames.includes(literal as never);
  // The names of variables may stand in the source without what they all begin with.
  if (/^TWAT_CACHE_/.test(name)) return new RegExp(`\\b(TWAT_CACHE_)?${name.slice(11)}\\b`).test(variables);
  return name === "XDG_CACHE_HOME" || exported.has(name) || options.has(name);
}

/** Names of packages and of Python libraries that the words mention. */
const ELSEWHERE = new Set(["tmpdir"]);

/** Every name that the Python library exports, documents or reads. */
const THEIRS = `
  mcache bcache fcache acache ucache hybrid_cache smart_cache
  clear_cache get_stats list_caches clear_all_caches get_all_stats register_cache unregister_cache get_cache
  clear_cache_by_name get_cache_directory update_stats CacheStats CacheEntry
  CacheContext engine_context get_or_create_engine engine_name
  CacheConfig create_cache_config get_cache_config_from_env merge_configs GlobalConfig to_dict from_dict model_dump
  model_copy validate_config get_maxsize get_folder_name get_use_sql get_preferred_engine get_cache_type get_redis_host
  get_redis_port get_redis_db get_redis_password get_ttl_seconds
  maxsize folder_name preferred_engine serializer cache_type ttl policy cache_dir use_sql compress secure redis_host
  redis_port redis_db redis_password compression_level dir_permissions file_permissions backend compression size_limit
  mmap_mode cache_validation namespace key_builder cache_engine fallback use_async memcached_host memcached_port
  small_result_config large_result_config size_threshold analyze_first_call analyze_every_call
  cache_info cache_clear cache_delete cache_contains cache_get .cache.directory clear()
  TWAT_CACHE_REDIS_HOST _PORT _DB _PASSWORD TWAT_CACHE_LOG_LEVEL TWAT_CACHE_LOG_FILE XDG_CACHE_HOME TWAT_CACHE_MAXSIZE
  TWAT_CACHE_TTL TWAT_CACHE_POLICY TWAT_CACHE_FOLDER TWAT_CACHE_ENGINE TWAT_CACHE_COMPRESS TWAT_CACHE_SECURE
  TWAT_CACHE_DEBUG TWAT_CACHE_CONFIG TWAT_CACHE_DIR TWAT_CACHE_DEFAULT_MAXSIZE TWAT_CACHE_DEFAULT_USE_SQL
  TWAT_CACHE_DEFAULT_ENGINE TWAT_CACHE_DEFAULT_TYPE TWAT_CACHE_ENABLE_COMPRESSION TWAT_CACHE_COMPRESSION_LEVEL
  functools cachetools cachebox diskcache joblib klepto aiocache redis memcached memory disk file speed database filesystem
  FunctoolsCacheEngine CacheToolsEngine CacheBoxEngine DiskCacheEngine JoblibEngine KleptoEngine AioCacheEngine
  RedisCacheEngine BaseCacheEngine CacheEngineProtocol CacheEngineManager get_engine_manager register_engine get_engine
  get_engine_class list_engines list_available_engines get_available_engines is_engine_available create_engine
  create_engine_instance select_engine is_available is_package_available cleanup twat.plugins
  TwatCacheError ConfigurationError EngineError EngineNotAvailableError CacheOperationError CacheKeyError CacheValueError
  SerializationError ResourceError ConcurrencyError PathError CacheError ConfigError KeyError
  get_cache_dir get_cache_path validate_cache_path ensure_cache_dir clear_cache_dir ensure_dir_exists paths.clear_cache
  DISK_CACHE JOBLIB_MEMORY
  make_key create_cache_key get_func_qualified_name safe_key_serializer safe_value_serializer safe_temp_file
  logger configure_logging set_log_level logger.enable __version__ __main__
  T P R F AsyncR CacheKey CacheValue SyncDecorator AsyncDecorator CacheDecorator AsyncCacheDecorator BackendType
  EvictionPolicy CacheType CachePath CachePathFactory KeyMaker Serializer CacheEngine py.typed
  estimate_data_size get_type_based_backend is_backend_available get_available_backend select_backend_for_data
  configure_for_type configure_for_numpy configure_for_pandas configure_for_images configure_for_json
  hybrid_cache_config analyze_function_return_type smart_cache_config detect_result_type
  DataSize DataPersistence AccessPattern ConcurrencyLevel
`
  .split(/\s+/)
  .filter(Boolean);

describe("docs/migrating-from-python.md", () => {
  it("names what there is, in the column of what is ours", () => {
    const named = cells.flatMap(([, ours]) => codeIn(ours));
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((name) => !exists(name))).toEqual([]);
  });

  it("would notice a name that there is not", () => {
    for (const name of ["nosuch", "fn.cache.nosuch()", "cache.nosuch()", '"nosuch"', "TWAT_CACHE_NOSUCH"]) {
      expect(exists(name), name).toBe(false);
    }
  });

  it("says of each row what it is here, or that there is nothing, and what is different or why", () => {
    for (const [theirs, ours, words] of cells) {
      expect(ours === "none" || codeIn(ours).length > 0, theirs).toBe(true);
      expect(words.length, theirs).toBeGreaterThan(5);
    }
  });

  it("has every name of theirs, in the column of what is theirs", () => {
    const named = new Set(
      cells.flatMap(([theirs]) => codeIn(theirs).flatMap((code) => [code, code.replace(/\(.*/, "")])),
    );
    expect(THEIRS.filter((name) => !named.has(name))).toEqual([]);
  });

  it("names what there is in the words about it, too", () => {
    const named = cells
      .flatMap(([, , words]) => codeIn(words))
      .flatMap((code) => code.match(/\b[a-z]+[A-Z]\w+\b/g) ?? []);
    const isThere = (name: string): boolean => exists(name) || new RegExp(`\\b${name}\\b`).test(variables);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !isThere(name) && !ELSEWHERE.has(name))).toEqual([]);
  });
});
