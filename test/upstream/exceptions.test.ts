/** What upstream's test_exceptions and test_exceptions_simple assert: one test a row, by its name there. */

import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { jsonCodec } from "../../src/codec/index.js";
import {
  bcache,
  CacheKeyError,
  CacheOperationError,
  CacheValueError,
  ConcurrencyError,
  ConfigurationError,
  cacheKey,
  EngineError,
  EngineNotAvailableError,
  ensureCacheDir,
  mcache,
  PathError,
  ResourceError,
  SerializationError,
  TwatCacheError,
} from "../../src/index.js";
import { keyOf } from "../../src/keys/index.js";
import { ensureFile } from "../../src/paths/index.js";
import { patient, useCacheDir } from "../support/cache-dir.js";
import { collectLog } from "../support/log.js";

const cacheDir = useCacheDir();
collectLog();
const folder = { folderName: "test", ...patient } as const;
const isPosix = process.platform !== "win32";
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

type ErrorClass = new (message: string) => TwatCacheError;

/** Each class below the root, its parent, and its code. */
const tree: readonly (readonly [type: ErrorClass, parent: ErrorClass, code: string])[] = [
  [ConfigurationError, TwatCacheError, "ERR_CACHE_CONFIGURATION"],
  [EngineError, TwatCacheError, "ERR_CACHE_ENGINE"],
  [EngineNotAvailableError, EngineError, "ERR_CACHE_ENGINE_NOT_AVAILABLE"],
  [CacheOperationError, TwatCacheError, "ERR_CACHE_OPERATION"],
  [CacheKeyError, CacheOperationError, "ERR_CACHE_KEY"],
  [CacheValueError, CacheOperationError, "ERR_CACHE_VALUE"],
  [SerializationError, CacheOperationError, "ERR_CACHE_SERIALIZATION"],
  [ResourceError, TwatCacheError, "ERR_CACHE_RESOURCE"],
  [ConcurrencyError, ResourceError, "ERR_CACHE_CONCURRENCY"],
  [PathError, ResourceError, "ERR_CACHE_PATH"],
];

/** An argument from which no key can be made: nested more deeply than keys go. */
function tooDeep(): unknown {
  let deep: unknown = {};
  for (let i = 0; i < 600; i += 1) deep = { deep };
  return deep;
}

describe("test_exceptions", () => {
  it("base_exception: the text is the message, and there is a code and a cause", () => {
    const cause = new Error("the reason");
    const error = new TwatCacheError("Test error", { cause });
    expect([error.message, error.code, error.name, error.cause]).toEqual([
      "Test error",
      "ERR_CACHE",
      "TwatCacheError",
      cause,
    ]);
    expect([error instanceof Error, String(error)]).toEqual([true, "TwatCacheError: Test error"]);
  });

  it("exception_hierarchy: each class has its parent, and all have the root", () => {
    for (const [type, parent] of tree) {
      expect(Object.getPrototypeOf(type)).toBe(parent);
      expect(new type("Test error")).toBeInstanceOf(TwatCacheError);
    }
  });

  it("engine_not_available_error: the engine and the reason, as properties and in the text", () => {
    const error = new EngineNotAvailableError("redis", "the package is not installed");
    expect([error.engineName, error.reason]).toEqual(["redis", "the package is not installed"]);
    expect(error.message).toBe('Cache engine "redis" is not available: the package is not installed');
    expect(new EngineNotAvailableError("redis").reason).toBe("it is not available");
  });

  it.runIf(isPosix)("ensure_dir_exists: made, for its owner alone, or for all to read", () => {
    expect(modeOf(ensureCacheDir("private"))).toBe("700");
    expect(modeOf(ensureCacheDir("open", { secure: false }))).toBe("755");
    expect(ensureCacheDir("private"), "it may be there already").toBe(ensureCacheDir("private"));
  });

  it("ensure_dir_exists_error: a file in the way is a PathError that names it", () => {
    mkdirSync(cacheDir(), { recursive: true });
    writeFileSync(join(cacheDir(), "taken"), "x");
    expect(() => ensureCacheDir("taken")).toThrow(PathError);
    expect(() => ensureCacheDir("taken")).toThrow(/"[^"]*taken" is a file, not a directory/);
  });

  it("safe_key_serializer: kinds stay apart, and what is nested keeps its form", () => {
    const values = ["test", 123, "123", true, "True", null, "None", undefined, [1, 2, 3], ["1", "2", "3"]];
    const nested = [{ a: 1 }, { a: { b: [1] } }, { a: '{"b":[1]}' }, '{"a":1}'];
    const keys = [...values, ...nested].map((value) => keyOf([value]));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keyOf([{ a: 1, b: 2 }])).toBe(keyOf([{ b: 2, a: 1 }]));
  });

  it("safe_key_serializer_error: what cannot be a key is a CacheKeyError where a key is asked for, and no call fails", () => {
    expect(() => keyOf([tooDeep()])).toThrow(CacheKeyError);
    const kind = mcache((value: unknown) => typeof value);
    expect(() => kind.cache.key(tooDeep())).toThrow(CacheKeyError);
    expect(kind(tooDeep())).toBe("object");
    class Unwilling {
      [cacheKey](): never {
        throw new Error("repr failed");
      }
    }
    expect(() => kind.cache.key(new Unwilling())).toThrow(CacheKeyError);
    expect(kind(new Unwilling())).toBe("object");
    const cause = new Error("no key");
    const unwilling = (): never => {
      throw cause;
    };
    const keyed = mcache((value: unknown) => typeof value, { key: unwilling });
    expect(() => keyed.cache.has(1)).toThrow(expect.objectContaining({ code: "ERR_CACHE_KEY", cause }));
    expect(keyed(1)).toBe("number");
  });

  it("safe_value_serializer: as JSON, for programs that read it", () => {
    const values = ["test", 123, [1, 2, 3], { a: 1, b: { c: [true, null] } }];
    for (const value of values) {
      const text = new TextDecoder().decode(jsonCodec.encode(value));
      expect(JSON.parse(text)).toEqual(value);
    }
  });

  it("safe_value_serializer_error: what cannot be kept is refused by name, never kept as its text", async () => {
    class Unknown {
      readonly secret = 1;
    }
    const make = bcache((): unknown => new Unknown(), { ...folder, name: "make" });
    expect(await make()).toBeInstanceOf(Unknown);
    expect(await make.cache.has()).toBe(false);
    expect(make.cache.stats().refusals).toBe(1);
    await expect(make.cache.set([], new Unknown())).rejects.toThrow(CacheValueError);
    await expect(make.cache.set([], () => 1)).rejects.toThrow(CacheValueError);
  });

  it.runIf(isPosix)("safe_temp_file: a file of ours can be written, and is for its owner alone", () => {
    const path = join(ensureCacheDir("test"), "new");
    expect(ensureFile(path, true)).toBe(true);
    writeFileSync(path, "x");
    expect([existsSync(path), modeOf(path)]).toEqual([true, "600"]);
  });

  it("catching_exceptions: caught as its parents, with all it says", () => {
    for (const [type, parent, code] of tree) {
      try {
        throw new type("Test error");
      } catch (error) {
        expect(error).toBeInstanceOf(parent);
        expect((error as TwatCacheError).code).toBe(code);
      }
    }
    expect(() => mcache((n: number) => n, { engine: "nosuch", fallback: false })(1)).toThrow(EngineError);
  });
});

describe("test_exceptions_simple", () => {
  it("exception_hierarchy: an error of the tree is one of JavaScript's", () => {
    for (const [type] of tree) expect(new type("Test error")).toBeInstanceOf(Error);
  });

  it("exception_messages: each class says its message, has its name, its code and its cause", () => {
    const cause = new Error("the reason");
    for (const [type, , code] of tree) {
      const error = new type("Test error");
      expect(error.message).toContain("Test error");
      expect([error.name, error.code]).toEqual([type.name, code]);
    }
    expect(new CacheOperationError("m", { cause }).cause).toBe(cause);
    expect(new EngineNotAvailableError("e", "r", { cause }).cause).toBe(cause);
    expect(new ConfigurationError("m", [], { cause }).cause).toBe(cause);
  });
});
