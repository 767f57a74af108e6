/** Where and how a persistent engine keeps the entries of one cache. */

import type { Codec } from "../codec/index.js";

/** How bytes are made smaller. */
export type CompressionAlgorithm = "gzip" | "brotli" | "zstd";

/** Compression, with everything settled. */
export interface Compression {
  readonly algorithm: CompressionAlgorithm;
  /** The algorithm's own level; `undefined`: its default. */
  readonly level: number | undefined;
  /** Values that take fewer bytes are kept as they are. */
  readonly minSize: number;
}

/** A server that keeps entries. */
export interface Server {
  /**
   * Its URL, or the options of its client; `undefined`: nothing says where it is, or the engine that was given knows. They
   * may hold a password, and are shown to nobody.
   */
  readonly connection: string | Readonly<Record<string, unknown>> | undefined;
  /** What all names of ours begin with there. */
  readonly prefix: string;
}

/** Where the entries of one cache lie, and what is done to them on their way there. */
export interface Place {
  /** The folder's name: one segment of a path. */
  readonly folderName: string;
  /** The directory that the folder is in; `undefined`: the user's cache directory. */
  readonly cacheDir: string | undefined;
  /** Nobody else may read the folder. */
  readonly secure: boolean;
  /** The server that was asked for in the place of the folder; `undefined`: none was. */
  readonly server?: Server | undefined;
  /** Who the entries belong to: 64 hexadecimal digits, the same in every process and after every restart. */
  readonly id: string;
  /** The name in it, for people who look into the folder. */
  readonly label: string;
  readonly codec: Codec;
  /** `undefined`: values are kept as they are. */
  readonly compress: Compression | undefined;
  /** Entries are signed with this, and not believed otherwise. */
  readonly secret: Uint8Array | undefined;
  /** Entries are encrypted with this: 32 bytes. */
  readonly encryptionKey: Uint8Array | undefined;
}
