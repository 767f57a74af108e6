/**
 * What the tests of the Python library assert, row by row, and the faults of that library that this one must not have.
 * Each row is covered by a test of ours with its name: `describe("test_cache")`, `it("cache_basic: …")`; a fault by one
 * whose title begins with its number. `npm run upstream` prints them all.
 */

/**
 * What became of upstream's assertion: `P`, taken over as it is; `A`, adapted to JavaScript; `F`, what it is meant to
 * say, where as it stands it is wrong or contradicts another.
 */
export type Verdict = "P" | "A" | "F";

/** A test of upstream's. */
export interface Row {
  /** The file that it is in, without its ending. */
  readonly origin: string;
  /** Its name, without the `test_` that all have. */
  readonly name: string;
  readonly verdict: Verdict;
  /** In a few words. */
  readonly asserts: string;
}

/** A fault of upstream's: `A`, data are lost or given away; `B`, results are wrong. */
export interface Fault {
  readonly number: number;
  readonly severity: "A" | "B";
  readonly fault: string;
}

type Short = readonly [name: string, verdict: Verdict, asserts: string];

const files: Readonly<Record<string, readonly Short[]>> = {
  test_backend_selector: [
    ["small_data", "P", "a short text, a list of 100, an object of 50 are small"],
    ["medium_data", "P", "a text of 15 KB, a list of 5,000 are medium"],
    ["large_data", "P", "a text of 2 MB is large"],
    ["numpy_array_size", "A", "a small array is small, one of 500 × 500 is not"],
    ["pandas_dataframe_size", "A", "100 records are small, 1,000 small or medium"],
    ["primitive_types", "A", "primitives go to memory"],
    ["container_types", "A", "lists, maps and sets go to memory"],
    ["numpy_types", "A", "arrays of numbers go to files"],
    ["pandas_types", "A", "tables go to files"],
    ["custom_types", "F", "instances of a class go to a database"],
    ["is_backend_available", "A", "engines that there are, and one that there is not"],
    ["get_available_backend", "P", "one that can be used stays; an unknown one gives way"],
    ["select_with_data_instance", "F", "a number to memory, a long list by its size, arrays to files"],
    ["select_with_explicit_parameters", "P", "size, persistence, access and concurrency decide"],
    ["select_with_config", "P", "an engine that is named is honoured"],
    ["configure_for_type", "F", "options for numbers, lists and arrays"],
    ["configure_for_numpy", "F", "files, compressed"],
    ["configure_for_pandas", "F", "files, compressed"],
    ["configure_for_images", "F", "on disk, compressed"],
    ["configure_for_json", "P", "a database"],
    ["hybrid_cache_config", "P", "three keys, which can be said"],
    ["analyze_function_return_type", "A", "what a hint says, else nothing"],
    ["smart_cache_config", "A", "an engine by the hint; bounds and times are kept"],
    ["detect_result_type", "A", "names of types"],
  ],
  test_cache: [
    ["config_validation", "P", "a size is kept; negative ones and times are refused"],
    ["cache_path", "P", "the directory by default, and one that is named"],
    ["cache_clear (1)", "F", "clearing a folder removes its files"],
    ["cache_stats (1)", "P", "hits and misses with a list as the argument"],
    ["cache_security", "F", "directories 0700, files 0600"],
    ["cache_decorators", "P", "three decorators give the result twice"],
    ["cache_basic", "P", "a second call does not compute"],
    ["cache_size", "P", "20 inputs with 10 places are 20 computations"],
    ["cache_clear (2)", "P", "after a clear it computes again"],
    ["cache_stats (2)", "P", "a miss, then a hit"],
    ["cache_permissions", "P", "the folder of bcache is 0700"],
    ["cache_types", "P", "three decorators with a folder"],
    ["list_processing", "P", "a list as the argument: one computation"],
    ["different_backends", "P", "memory, a database and files give the same"],
    ["cache_with_complex_types", "P", "a list is cached under a bound"],
    ["cache_exceptions", "F", "an error is thrown each time"],
    ["kwargs_handling", "A", "a default given or left out is one entry"],
    ["ttl_caching", "P", "a hit within the time, a computation after it"],
    ["security_features", "P", "secure: a folder of mode 0700"],
    ["async_caching", "P", "an asynchronous function runs once"],
    ["specific_decorators", "P", "each of three decorators caches"],
    ["basic_memory_cache", "P", "bcache without a folder caches"],
    ["cache_clear (3)", "P", "clear works"],
  ],
  test_config: [
    ["cache_config_defaults", "P", "defaults"],
    ["cache_config_validation", "P", "valid values are kept, others refused"],
    ["cache_config_permissions", "P", "secure: 0700 and 0600; else others"],
    ["cache_config_size_limits", "P", "10, 100 and no limit are accepted"],
    ["cache_config_ttl", "P", "short, long and no time are accepted"],
    ["cache_config_compression", "P", "levels of compression are accepted"],
  ],
  test_context: [
    ["engine_context", "P", "an engine that caches: one hit after two calls"],
    ["engine_context_with_error", "P", "the body's error passes, and the engine is closed"],
    ["engine_context_with_invalid_engine", "P", "an unknown name is an EngineError"],
    ["cache_context_class", "P", "the same by the class; no engine afterwards"],
    ["get_or_create_engine", "P", "usable, closed by hand"],
    ["nested_contexts", "P", "two engines, one hit each"],
    ["context_with_config", "P", "the configuration is seen on the engine"],
  ],
  test_context_simple: [
    ["cache_context_init", "P", "configuration and engine are kept"],
    ["cache_context_enter_exit", "P", "closed exactly once"],
    ["cache_context_error_handling", "P", "a failing clean-up is swallowed"],
  ],
  test_decorators: [
    ["basic_memory_cache", "P", "bcache: one computation for two calls"],
    ["cachebox_memory", "A", "on the fast engine in memory"],
    ["cachetools_memory", "A", "on the flexible engine in memory"],
    ["diskcache_basic", "A", "in a database"],
    ["klepto_sql", "A", "in a database that was asked for"],
    ["joblib_file", "A", "in files"],
    ["klepto_file", "A", "in files that were asked for"],
    ["aiocache_memory", "F", "an asynchronous function, awaited"],
    ["memory_cache_cachebox", "F", "two places: a third input evicts the oldest"],
    ["memory_cache_cachetools", "P", "mcache computes once"],
    ["basic_disk_cache", "P", "bcache with a folder computes once"],
    ["basic_disk_cache_sql", "P", "bcache in a database computes once"],
    ["file_cache_joblib", "P", "fcache computes once"],
    ["file_cache_klepto", "P", "fcache that compresses computes once"],
    ["universal_cache", "P", "ucache computes once"],
    ["async_cache", "P", "acache runs once for two awaits"],
    ["key_generation", "P", "a text, a truth and a number are three keys"],
    ["ttl_cache", "P", "computed again after its time"],
  ],
  test_fallback: [
    ["backend_availability", "P", "the engine without a package can always be used"],
    ["backend_selection_preferred", "F", "honoured; an unknown one gives way"],
    ["backend_selection_async", "A", "the best in memory, the next one without it"],
    ["backend_selection_disk", "A", "one after the other as they disappear"],
    ["memory_cache_fallback", "P", "right without the preferred engine in memory"],
    ["disk_cache_fallback", "P", "right without an engine on disk"],
    ["async_cache_fallback", "F", "acache has no library to miss"],
    ["universal_cache_fallback", "P", "right without the engine that was asked for"],
    ["backend_selection_priority", "A", "which engine goes before which"],
    ["backend_selection_requirements", "A", "asynchronous, on disk, or neither"],
  ],
  test_engines: [
    ["engine_initialization", "P", "an engine, with its configuration"],
    ["key_generation", "P", "a key for each kind of value"],
    ["cache_operations", "F", "a miss, a hit"],
    ["cache_ttl", "F", "computed again after its time"],
    ["cache_stats", "F", "one miss, one hit"],
    ["cache_eviction", "P", "never more than there is room for"],
    ["cache_clear", "P", "empty after it"],
  ],
  test_twat_cache: [
    ["lru_cache_get_set", "P", "absent, then there"],
    ["lru_cache_clear", "P", "gone after it"],
    ["lru_cache_maxsize", "P", "150 in 100: the first is gone, the last is there"],
    ["functools_cache_get_set", "P", "absent, then there"],
    ["functools_cache_clear", "P", "gone after it"],
    ["functools_cache_maxsize", "P", "150 in 100: the first is gone, the last is there"],
    ["disk_cache_persistence", "P", "a new engine in the same place sees the value"],
    ["joblib_numpy_array", "A", "an array comes back with type and content"],
    ["klepto_persistence", "A", "what is nested comes back"],
    ["async_cache_operations", "P", "awaited: a miss, set, get, clear"],
    ["cachebox_operations", "P", "a miss, set, get, clear"],
    ["cachetools_operations", "P", "a miss, set, get, clear"],
  ],
  test_exceptions: [
    ["base_exception", "A", "the text is the message"],
    ["exception_hierarchy", "P", "each has its parent"],
    ["engine_not_available_error", "P", "engine and reason, in the text too"],
    ["ensure_dir_exists", "P", "made, 0700 or 0755"],
    ["ensure_dir_exists_error", "P", "a file in the way is a PathError"],
    ["safe_key_serializer", "A", "kinds stay apart"],
    ["safe_key_serializer_error", "A", "what cannot be a key is a CacheKeyError"],
    ["safe_value_serializer", "P", "JSON text of values"],
    ["safe_value_serializer_error", "F", "what cannot be kept is a CacheValueError"],
    ["safe_temp_file", "P", "there, can be written, 0600"],
    ["catching_exceptions", "P", "caught as parents, with what they say"],
  ],
  test_exceptions_simple: [
    ["exception_hierarchy", "P", "each has its parent"],
    ["exception_messages", "F", "each says its message"],
  ],
  test_redis_cache: [
    ["is_available", "P", "where its package is"],
    ["init_with_unavailable_redis", "P", "an EngineNotAvailableError"],
    ["init_with_connection_error", "A", "a server that is down"],
    ["validate_config", "P", "port 6379 is fine, 70000 is none"],
    ["get_full_key", "P", "a prefix, and a text, for any key"],
    ["get_cached_value", "P", "a value, nothing, damaged bytes"],
    ["set_cached_value", "P", "with a time and without; what cannot be kept"],
    ["clear", "P", "only what is ours"],
    ["cache_decorator", "P", "a miss runs, a hit does not"],
    ["stats", "A", "what there is to know without asking the server"],
    ["real_redis_operations", "P", "counts, and nested values"],
    ["compression", "P", "a long text comes back"],
  ],
  test_integration: [
    ["web_api_simulation", "P", "10 requests over 5 users are 5 computations"],
    ["database_query_caching", "P", "lists of parameters; 5 calls are 3 queries"],
    ["file_processing_pipeline", "P", "15 calls with paths are 5"],
    ["async_web_scraping", "P", "5 calls at a time over 3 URLs are 3 runs"],
    ["machine_learning_model_caching", "P", "6 calls are 4"],
    ["concurrent_cache_access", "A", "5 workers × 20 calls over 30 values"],
    ["cache_persistence", "F", "what has the same name finds what was kept"],
    ["ttl_expiration", "P", "identical within the time, new after it"],
    ["cache_statistics", "F", "5 hits and 10 misses"],
    ["cache_with_exceptions", "P", "a failing call runs once, and is not kept"],
    ["cache_with_unhashable_arguments", "P", "equal lists hit"],
    ["cache_context_error_handling", "P", "values in a block; an unknown engine"],
    ["cache_memory_limits", "P", "10 inputs in 5 places"],
    ["async_cache_error_handling", "P", "rejections are not kept"],
  ],
  test_benchmark: [
    ["memory_cache_performance", "A", "50 results"],
    ["disk_cache_performance", "A", "50 results on disk"],
    ["async_cache_performance", "A", "50 results of promises"],
    ["cache_context_performance", "A", "50 results in a block"],
    ["different_data_sizes", "A", "small, medium and large results"],
    ["numpy_array_caching", "A", "20 arrays of numbers"],
    ["concurrent_cache_access", "A", "100 results of 5 workers"],
    ["cache_hit_ratio", "A", "far fewer than 200 runs for 200 calls"],
    ["cache_serialization_performance", "A", "50 nested results on disk"],
    ["engine_comparison", "A", "100 results from each engine"],
    ["cache_overhead", "A", "1,000 calls with a cache and without"],
    ["memory_usage_stability", "A", "memory does not grow"],
  ],
  conftest: [
    ["fixtures", "A", "nothing of the user's is cleared around a test"],
    ["markers", "A", "what needs an optional engine is tried without it"],
  ],
};

/** All rows, in upstream's order. */
export const rows: readonly Row[] = Object.entries(files).flatMap(([origin, shorts]) =>
  shorts.map(([name, verdict, asserts]) => ({ origin, name, verdict, asserts })),
);

const numbered: readonly (readonly [number: number, severity: Fault["severity"], fault: string])[] = [
  [1, "B", "two functions on one engine return each other's values"],
  [2, "B", "functions of one name in one folder share results; changed code keeps old ones"],
  [6, "B", "the disk's word for a miss is taken for a hit, and the function is never called"],
  [7, "B", "a result that is None is computed again each time"],
  [9, "B", "the function's own error makes it run a second time"],
  [10, "A", "clear_cache deletes other programs' files"],
  [11, "A", "a folder's name leads out of the cache directory"],
  [12, "B", "least recently used leaves by the order of insertion"],
  [14, "B", "one expired entry clears the whole cache, and the statistics"],
  [16, "B", "errors are kept as values, and error values are thrown"],
  [17, "B", "arguments that cannot be hashed or written fail the call"],
  [18, "B", "different calls have one key"],
  [20, "B", "a coroutine is kept, which can be awaited once"],
  [21, "B", "asynchronous operations of an engine are not awaited"],
  [26, "B", "the number of entries is taken for bytes"],
  [30, "A", "passwords are logged"],
  [31, "A", "reading an entry can run code; unpacking has no bound"],
  [32, "B", "keys on a server differ from process to process, and collide"],
  [35, "B", "smart_cache runs the function several times"],
  [36, "B", "hybrid_cache never finds what it has kept in memory"],
  [39, "A", "directories are made with open modes; files are never restricted"],
  [43, "B", "times of expiry are lost with the process"],
  [45, "B", "what a caller does to a result changes later hits"],
  [46, "B", "concurrent calls of one key all run the function"],
  [47, "B", "methods are keyed by the address of their object, or fail"],
];

/** All faults that lose data or make results wrong. */
export const faults: readonly Fault[] = numbered.map(([number, severity, fault]) => ({ number, severity, fault }));
