/** The part of a configuration that concerns the disk. */

import { type Codec, codecOf } from "../codec/index.js";
import type { Compression, Server } from "../contract/index.js";
import { type Bytes, parseBytes } from "../quantity.js";
import type { CompressOptions, PlaceOptions } from "./place-options.js";
import { readEncryptionKey, readSecret } from "./secrets.js";
import { type MemoryTier, resolveMemory } from "./tiers.js";

/** Values that take fewer bytes are not worth compressing. */
const MIN_SIZE = 1_024;

/** What is known of a cache on disk. */
export interface DiskConfig {
  /** `Infinity`: any number. */
  readonly maxSize: number;
  readonly maxBytes: number;
  /** `undefined`: the program's own. */
  readonly folderName: string | undefined;
  /** `undefined`: the platform's. */
  readonly cacheDir: string | undefined;
  /** The server that was asked for, in the place of a folder; `undefined`: none was. */
  readonly server: Pick<Server, "connection"> | undefined;
  readonly secure: boolean;
  readonly compress: Compression | undefined;
  readonly secret: Uint8Array | undefined;
  readonly encryptionKey: Uint8Array | undefined;
  readonly codec: Codec;
  readonly version: string | number | undefined;
  readonly deps: readonly unknown[] | undefined;
  /** Memories in front, the nearest first. */
  readonly memory: readonly MemoryTier[];
}

/** Options about the disk that are always there. */
interface BuiltIn extends Required<Pick<PlaceOptions, "secure" | "codec" | "verifyRoundTrip">> {
  readonly maxSize: number;
  readonly maxBytes: Bytes;
}

/**
 * Settles what is said about the disk.
 *
 * @param merged - With what is built in.
 * @param server - The server that is to be in its place.
 */
export function resolveDisk(merged: PlaceOptions & BuiltIn, server: DiskConfig["server"]): DiskConfig {
  const { codec, verifyRoundTrip } = merged;
  return Object.freeze({
    maxSize: merged.maxSize,
    maxBytes: Math.floor(parseBytes(merged.maxBytes) ?? Number.POSITIVE_INFINITY),
    folderName: merged.folderName,
    cacheDir: merged.cacheDir,
    server,
    secure: merged.secure,
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
