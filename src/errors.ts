/**
 * Every error that this library throws, as one tree. Errors of the cached function are not among them: they reach the
 * caller unchanged.
 */

/** A stable name for each kind of error, for programs that must tell them apart. */
export type ErrorCode =
  | "ERR_CACHE"
  | "ERR_CACHE_CONFIGURATION"
  | "ERR_CACHE_ENGINE"
  | "ERR_CACHE_ENGINE_NOT_AVAILABLE"
  | "ERR_CACHE_OPERATION"
  | "ERR_CACHE_TIMEOUT"
  | "ERR_CACHE_CYCLE"
  | "ERR_CACHE_KEY"
  | "ERR_CACHE_VALUE"
  | "ERR_CACHE_SERIALIZATION"
  | "ERR_CACHE_RESOURCE"
  | "ERR_CACHE_CONCURRENCY"
  | "ERR_CACHE_PATH";

/**
 * The root of the tree: `catch (error) { if (error instanceof TwatCacheError) … }` catches all of them.
 *
 * @example
 * ```ts
 * import { TwatCacheError } from "twat-cache";
 * try {
 *   throw new TwatCacheError("the disk is full");
 * } catch (error) {
 *   console.log(error instanceof TwatCacheError && error.code); // => ERR_CACHE
 * }
 * ```
 */
export class TwatCacheError extends Error {
  override readonly name: string = "TwatCacheError";
  /** A stable name of this kind of error; messages may change between versions, codes do not. */
  readonly code: ErrorCode = "ERR_CACHE";
}

/** One thing that is wrong with the options: which option, what it takes, what came, and the way out. */
export interface ConfigurationIssue {
  /** The option's name, or the environment variable's. */
  readonly option: string;
  /** What the option takes, in words. */
  readonly expected: string;
  /** What came instead, in words; long values are cut. */
  readonly received: string;
  /** The way out, where there is one to name. */
  readonly hint?: string;
}

/**
 * Options that cannot work, reported when the function is decorated. All problems are listed at once, in the message
 * for people and in `issues` for programs.
 */
export class ConfigurationError extends TwatCacheError {
  override readonly name: string = "ConfigurationError";
  override readonly code: ErrorCode = "ERR_CACHE_CONFIGURATION";
  /** The problems, one by one; empty when the error is not about single options. */
  readonly issues: readonly ConfigurationIssue[];

  constructor(message: string, issues: readonly ConfigurationIssue[] = [], options?: ErrorOptions) {
    super(message, options);
    this.issues = Object.freeze([...issues]);
  }
}

/** Something is wrong with an engine: its name is unknown, or no engine can do what was asked. */
export class EngineError extends TwatCacheError {
  override readonly name: string = "EngineError";
  override readonly code: ErrorCode = "ERR_CACHE_ENGINE";
}

/** The engine that was asked for cannot be used here, and `fallback: false` forbids another. */
export class EngineNotAvailableError extends EngineError {
  override readonly name: string = "EngineNotAvailableError";
  override readonly code: ErrorCode = "ERR_CACHE_ENGINE_NOT_AVAILABLE";
  /** The engine that was asked for. */
  readonly engineName: string;
  /** Why it cannot be used. */
  readonly reason: string;

  constructor(engineName: string, reason = "it is not available", options?: ErrorOptions) {
    super(`Cache engine "${engineName}" is not available: ${reason}`, options);
    this.engineName = engineName;
    this.reason = reason;
  }
}

/** An operation on a cache could not be carried out: most often an invalidation that the engine refused. */
export class CacheOperationError extends TwatCacheError {
  override readonly name: string = "CacheOperationError";
  override readonly code: ErrorCode = "ERR_CACHE_OPERATION";
}

/** The error for an operation that an engine failed, with the engine's own as the cause. */
export function operationError(cache: string, operation: string, cause: unknown): CacheOperationError {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new CacheOperationError(`The engine of the cache "${cache}" failed to ${operation}${reason}`, { cause });
}

/** Arguments from which no key can be made. A cached function still runs; only explicit key operations throw this. */
export class CacheKeyError extends CacheOperationError {
  override readonly name: string = "CacheKeyError";
  override readonly code: ErrorCode = "ERR_CACHE_KEY";
}

/** A value that the cache cannot keep exactly as it is. */
export class CacheValueError extends CacheOperationError {
  override readonly name: string = "CacheValueError";
  override readonly code: ErrorCode = "ERR_CACHE_VALUE";
}

/** Encoding or decoding a value failed. */
export class SerializationError extends CacheOperationError {
  override readonly name: string = "SerializationError";
  override readonly code: ErrorCode = "ERR_CACHE_SERIALIZATION";
}

/** A cached function would wait for the result that it is making, itself or through others. The function runs on. */
export class CacheCycleError extends CacheOperationError {
  override readonly name: string = "CacheCycleError";
  override readonly code: ErrorCode = "ERR_CACHE_CYCLE";
  /** The names of the caches, each of which waits for the next; the last is the first. */
  readonly cycle: readonly string[];

  constructor(cycle: readonly string[]) {
    super(
      `The function of the cache "${cycle[0]}" would wait for its own result, for ever: ${cycle.join(" → ")}. Call it with other arguments, or without its cache.`,
    );
    this.cycle = Object.freeze([...cycle]);
  }
}

/** A load took longer than `hardTimeout`. It goes on, and its result is kept for the next call. */
export class CacheTimeoutError extends CacheOperationError {
  override readonly name: string = "CacheTimeoutError";
  override readonly code: ErrorCode = "ERR_CACHE_TIMEOUT";

  /** @param milliseconds - How long the call has waited. */
  constructor(cache: string, milliseconds: number) {
    super(
      `The function of the cache "${cache}" took longer than ${milliseconds} ms. It goes on; try again later, or raise hardTimeout.`,
    );
  }
}

/** Something outside the program is missing or refused: a file, a socket, memory. */
export class ResourceError extends TwatCacheError {
  override readonly name: string = "ResourceError";
  override readonly code: ErrorCode = "ERR_CACHE_RESOURCE";
}

/** A lock could not be had in time. */
export class ConcurrencyError extends ResourceError {
  override readonly name: string = "ConcurrencyError";
  override readonly code: ErrorCode = "ERR_CACHE_CONCURRENCY";
}

/** A cache folder or file cannot be used. */
export class PathError extends ResourceError {
  override readonly name: string = "PathError";
  override readonly code: ErrorCode = "ERR_CACHE_PATH";
}
