/** The part of a configuration that concerns the disk. */

import { type Codec, codecOf } from "../codec/index.js";
import type { Compression } from "../contract/index.js";
import { parseBytes, parseDuration } from "../quantity.js";
import { environment } from "./env.js";
import type { CompressOptions, MemoryTierOptions, PlaceOptions } from "./options.js";
import { readEncryptionKey, readSecret } from "./secrets.js";

/** Bytes that the entries of one cache may take on disk unless told otherwise: 1 GiB. */
const DEFAULT_MAX_BYTES = 1_073_741_824;
/** Values that take fewer bytes are not worth compressing. */
const MIN_SIZE = 1_024;
/** Milliseconds for which a memory in front of the disk serves an entry: other processes may change it there. */
const MEMORY_TTL = 5_000;
/** Entries in such a memory. */
const MEMORY_SIZE = 1_000;

/** What is known of a cache on disk. */
export interface DiskConfig {
  /** `Infinity`: any number. */
  readonly maxSize: number;
  readonly maxBytes: number;
  /** `undefined`: the program's own. */
  readonly folderName: string | undefined;
  /** `undefined`: the platform's. */
  readonly cacheDir: string | undefined;
  readonly secure: boolean;
  readonly compress: Compression | undefined;
  readonly secret: Uint8Array | undefined;
  readonly encryptionKey: Uint8Array | undefined;
  readonly codec: Codec;
  readonly version: string | number | undefined;
  readonly deps: readonly unknown[] | undefined;
  /** A memory in front; `undefined`: none. */
  readonly memory: { readonly maxSize: number; readonly ttl: number } | undefined;
}

/** Settles what options, environment and file say about the disk. */
export function resolveDisk(merged: PlaceOptions & { maxSize?: number; maxBytes?: unknown }): DiskConfig {
  const { codec = "exact", verifyRoundTrip = environment().NODE_ENV === "development" } = merged;
  return Object.freeze({
    maxSize: merged.maxSize ?? Number.POSITIVE_INFINITY,
    maxBytes: Math.floor(parseBytes(merged.maxBytes) ?? DEFAULT_MAX_BYTES),
    folderName: merged.folderName,
    cacheDir: merged.cacheDir,
    secure: merged.secure ?? true,
    compress: resolveCompression(merged.compress),
    secret: readSecret(merged.secret),
    encryptionKey: readEncryptionKey(merged.encryptionKey),
    codec: codecOf(codec, verifyRoundTrip),
    version: merged.version,
    deps: merged.deps,
    memory: resolveMemory(merged.memory),
  });
}

function resolveCompression(compress: boolean | CompressOptions = false): Compression | undefined {
  if (compress === false) return undefined;
  const { algorithm = "gzip", level, minSize } = compress === true ? ({} as CompressOptions) : compress;
  return { algorithm, level, minSize: parseBytes(minSize) ?? MIN_SIZE };
}

function resolveMemory(memory: boolean | MemoryTierOptions = false): DiskConfig["memory"] {
  if (memory === false) return undefined;
  const { maxSize = MEMORY_SIZE, ttl } = memory === true ? ({} as MemoryTierOptions) : memory;
  return { maxSize, ttl: parseDuration(ttl) ?? MEMORY_TTL };
}
