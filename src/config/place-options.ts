/** Options about what is kept beyond the process: where, and how. */

import type { Codec } from "../codec/index.js";
import type { CompressionAlgorithm } from "../contract/index.js";
import type { Bytes } from "../quantity.js";
import type { MemoryTierOptions, Tiers } from "./tiers.js";

/** How values are made smaller on their way to disk. */
export interface CompressOptions {
  /** Default: `"gzip"`. `"zstd"` only where Node has it: 22.15 and later, 23.8 and later. */
  algorithm?: CompressionAlgorithm;
  /** The algorithm's own level. Default: gzip 6, brotli 5, zstd 3. */
  level?: number;
  /** Values that take fewer bytes are kept as they are. Default: `"1KB"`. */
  minSize?: Bytes;
}

/** Options of the package @redis/client, as they are passed on to it. */
export interface RedisOptions {
  readonly url?: string;
  readonly [option: string]: unknown;
}

/** What is kept on disk, where, and how. */
export interface PlaceOptions {
  /**
   * The folder for the entries: one segment of a path. Default: one of the program's own, named after its package and
   * where that lies.
   */
  folderName?: string;
  /** The directory that the folder is in. Default: `TWAT_CACHE_DIR`, or the platform's directory for caches. */
  cacheDir?: string;
  /**
   * The Redis or Valkey server that keeps the entries, with the engine `"redis"`, which this option asks for: a URL such
   * as `"redis://user:password@host:6379/0"`, or options of the package @redis/client: `{ url, socket, username, password,
   * database }`, for a cluster `{ rootNodes, defaults, nodeAddressMap }`, by sentinels `{ name, sentinelRootNodes,
   * nodeClientOptions, sentinelClientOptions, nodeAddressMap }`. The names of its keys begin with `twat-cache:` and
   * `folderName`, or else the name of the program's package. Default: `TWAT_CACHE_REDIS_URL`, or `TWAT_CACHE_REDIS_HOST`,
   * `_PORT`, `_DB` and `_PASSWORD`.
   */
  redis?: string | RedisOptions;
  /** Whether values are compressed, and how. Default: `false`. */
  compress?: boolean | CompressOptions;
  /** Whether the folder is for this user alone: 0700, its files 0600. Default: `true`. */
  secure?: boolean;
  /**
   * Entries are signed with this, and others are not believed: a text of 16 or more characters, or as many bytes. Default:
   * entries are protected against damage, not against forgery.
   */
  secret?: string | Uint8Array;
  /** Entries are encrypted with this: 32 bytes, or a text of 64 hexadecimal digits. Default: they are not. */
  encryptionKey?: string | Uint8Array;
  /**
   * How values become bytes: `"exact"` (default) keeps them exactly, `"json"` as text that other programs read, refusing
   * what that cannot keep; or a codec of your own.
   */
  codec?: "exact" | "json" | Codec;
  /** Each value is read back before it is kept, and refused if it is not the same. Default: only if NODE_ENV is "development". */
  verifyRoundTrip?: boolean;
  /**
   * Stands for the function's code: while it stays the same, results made by earlier code are served. Default: the
   * function's source, so that changed code makes new results.
   */
  version?: string | number;
  /** Values besides the arguments that the results depend on, such as captured variables. Default: none. */
  deps?: readonly unknown[];
  /** A memory in front of the disk, or of the server. Default: `false`. */
  memory?: boolean | MemoryTierOptions;
  /**
   * The long form of `engine` and `memory`: any number of memories, the nearest first, and last the engine where entries
   * outlive the process: `[{ engine: "lru", maxSize: 100, ttl: "1s" }, { engine: "redis" }]`. Default: none.
   */
  tiers?: Tiers;
}
