/** Making bytes smaller, and large again. */

import type { Compression, CompressionAlgorithm } from "../contract/index.js";
import { DamageError } from "./damage.js";

type Options = object;
type AtOnce = (bytes: Uint8Array, options: Options) => Buffer;
type InBackground = (bytes: Uint8Array, options: Options) => Promise<Buffer>;

/** One algorithm, at once and in the background. */
interface Compressor {
  readonly code: number;
  readonly shrink: AtOnce;
  readonly shrinkLater: InBackground;
  readonly grow: AtOnce;
  readonly growLater: InBackground;
  /** The level, as the algorithm's own options say it. */
  level(level: number): Options;
}

/** The part of `node:zlib` that there is only in newer versions of Node. */
interface Zstd {
  readonly zstdCompressSync?: AtOnce;
  readonly zstdDecompressSync?: AtOnce;
  readonly zstdCompress?: (...args: never) => void;
  readonly zstdDecompress?: (...args: never) => void;
}

/** Values of fewer bytes are dealt with at once: handing them to another thread takes longer. */
const SMALL = 16_384;

/** Brotli's own default level takes seconds for a megabyte; this one is as fast as gzip. */
const BROTLI_LEVEL = 5;

type Compressors = Partial<Record<CompressionAlgorithm, Compressor>>;

let made: Compressors | undefined;

/** The algorithms that there are. Node loads them when the first of them is needed. */
function compressors(): Compressors {
  made ??= makeCompressors(process.getBuiltinModule("node:zlib"), process.getBuiltinModule("node:util"));
  return made;
}

function makeCompressors(zlib: typeof import("node:zlib"), { promisify }: typeof import("node:util")): Compressors {
  const gzip: Compressor = {
    code: 1,
    shrink: zlib.gzipSync,
    shrinkLater: promisify(zlib.gzip) as InBackground,
    grow: zlib.gunzipSync,
    growLater: promisify(zlib.gunzip) as InBackground,
    level: (level) => ({ level }),
  };
  const brotli: Compressor = {
    code: 2,
    shrink: zlib.brotliCompressSync,
    shrinkLater: promisify(zlib.brotliCompress) as InBackground,
    grow: zlib.brotliDecompressSync,
    growLater: promisify(zlib.brotliDecompress) as InBackground,
    level: (level) => ({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level } }),
  };
  const { zstdCompressSync, zstdDecompressSync, zstdCompress, zstdDecompress } = zlib as Zstd;
  if (!zstdCompressSync || !zstdDecompressSync || !zstdCompress || !zstdDecompress) return { gzip, brotli };
  /** ZSTD_c_compressionLevel, RFC 8878's reference implementation. */
  const LEVEL_PARAMETER = 100;
  const zstd: Compressor = {
    code: 3,
    shrink: zstdCompressSync,
    shrinkLater: promisify(zstdCompress) as unknown as InBackground,
    grow: zstdDecompressSync,
    growLater: promisify(zstdDecompress) as unknown as InBackground,
    level: (level) => ({ params: { [LEVEL_PARAMETER]: level } }),
  };
  return { gzip, brotli, zstd };
}

/** Bytes, and the code of what was done to them; 0: nothing. */
export interface Compressed {
  readonly bytes: Uint8Array;
  readonly code: number;
}

/** Makes bytes smaller, where that is asked for and worth it. In the background, where they are many. */
export function compress(bytes: Uint8Array, how: Compression | undefined): Compressed | Promise<Compressed> {
  if (how === undefined || bytes.byteLength < Math.max(how.minSize, SMALL)) return compressNow(bytes, how);
  const compressor = compressors()[how.algorithm];
  if (compressor === undefined) return { bytes, code: 0 };
  const smaller = compressor.shrinkLater(bytes, optionsOf(compressor, how));
  return smaller.then((shrunk) => better(bytes, shrunk, compressor));
}

/** The same, at once. */
export function compressNow(bytes: Uint8Array, how: Compression | undefined): Compressed {
  if (how === undefined || bytes.byteLength < how.minSize) return { bytes, code: 0 };
  const compressor = compressors()[how.algorithm];
  if (compressor === undefined) return { bytes, code: 0 };
  return better(bytes, compressor.shrink(bytes, optionsOf(compressor, how)), compressor);
}

function optionsOf(compressor: Compressor, { algorithm, level }: Compression): Options {
  if (level !== undefined) return compressor.level(level);
  return algorithm === "brotli" ? compressor.level(BROTLI_LEVEL) : {};
}

function better(bytes: Uint8Array, shrunk: Uint8Array, { code }: Compressor): Compressed {
  return shrunk.byteLength < bytes.byteLength ? { bytes: shrunk, code } : { bytes, code: 0 };
}

/**
 * The bytes as they were.
 *
 * @param length - How many there were; not one more is unpacked.
 * @throws DamageError (or rejects with it) for what cannot be unpacked to that length.
 */
export function decompress({ bytes, code }: Compressed, length: number): Uint8Array | Promise<Uint8Array> {
  if (code === 0 || length < SMALL) return decompressNow({ bytes, code }, length);
  const compressor = withCode(code);
  const grown = compressor.growLater(bytes, { maxOutputLength: length });
  return grown.then((all) => ofLength(all, length), fail);
}

/** The same, at once. */
export function decompressNow({ bytes, code }: Compressed, length: number): Uint8Array {
  if (code === 0) return ofLength(bytes, length);
  const compressor = withCode(code);
  let all: Uint8Array;
  try {
    // Nothing is too short to be given room for a byte.
    all = compressor.grow(bytes, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    return fail(error);
  }
  return ofLength(all, length);
}

function withCode(code: number): Compressor {
  const found = Object.values(compressors()).find((compressor) => compressor.code === code);
  if (found === undefined) throw new DamageError("It is compressed in a way that is not known here.");
  return found;
}

function ofLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength !== length) throw new DamageError("It is not as long as it says.");
  return bytes;
}

function fail(cause: unknown): never {
  throw new DamageError("It cannot be unpacked.", { cause });
}
