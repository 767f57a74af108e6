/** What the processes of a storm are told, and what they agree on. */

import { createHash } from "node:crypto";
import { exactCodec } from "../../src/codec/index.js";
import type { Place } from "../../src/contract/index.js";

/** The name of the cache, and of its folder. */
export const STORM = "storm";

/** What one process is to do. */
export interface Orders {
  readonly me: string;
  readonly engine: string;
  readonly cacheDir: string;
  /** By the store itself, or by the handle of a cached function, or the same with calls of a function that takes a while. */
  readonly mode: "store" | "handle" | "loads";
  readonly seed: number;
  readonly operations: number;
  /** Operations at a time. */
  readonly lanes: number;
  /** Keys that all processes use. */
  readonly keys: number;
  /** Keys of its own, written at the end. */
  readonly own: number;
  /** The file for the log. */
  readonly log: string;
  readonly closes: boolean;
  readonly maxSize?: number;
  /** The URL of the server, for engines that need one. */
  readonly redis?: string;
  /** Entries have a tag, which is invalidated as often as everything is removed. */
  readonly tagged?: boolean;
}

/** Milliseconds on the machine's monotonic clock, which all processes share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The place of the one cache. */
export function placeOf(cacheDir: string, redis?: string): Place {
  return {
    folderName: STORM,
    cacheDir,
    ...(redis !== undefined && { server: { connection: redis, prefix: `twat-cache:${STORM}:` } }),
    secure: true,
    id: createHash("sha256").update(STORM).digest("hex"),
    label: STORM,
    codec: exactCodec,
    compress: undefined,
    secret: undefined,
    encryptionKey: undefined,
  };
}

/** The value with a tag: of some size between 20 bytes and 6,000, each part of which is as expected, or it is wrong. */
export function contentOf(tag: string): string {
  const size = createHash("md5").update(tag).digest().readUInt16BE() % 200;
  return `${tag} `.repeat(1 + (size > 190 ? 600 : size));
}

/** The tag of a value; something that no tag is for what is not exactly as it was written. */
export function tagOf(value: unknown): string {
  const text = String(value);
  const tag = text.slice(0, text.indexOf(" "));
  return text === contentOf(tag) ? tag : `wrong value ${text.slice(0, 80)}`;
}
