/** The line in the index that leads to a record's content: one in a file of its own, or none. */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { NO_FOLLOW } from "../../paths/index.js";

/** A line that can be believed as far as it goes: what it leads to says itself what it is. */
export interface Line {
  /** The record's id. */
  readonly key: string;
  /** The content's digest: `sha256-` and base 64. */
  readonly integrity: string;
  /** The same, in hexadecimal digits. */
  readonly digest: string;
  /** Bytes of the content. */
  readonly size: number;
  /** When the record is over, on the scale of the cache's clock; `undefined`: never. */
  readonly expiresAt: number | undefined;
}

/** Longer files are not lines of ours. */
const MAX_LENGTH = 4_096;

/** The line in a file; `"damaged"` for anything else than one whole line, `undefined` where there is no file. */
export async function readLine(path: string): Promise<Line | "damaged" | undefined> {
  let text: string;
  try {
    const file = await open(path, constants.O_RDONLY | NO_FOLLOW);
    try {
      const buffer = Buffer.alloc(MAX_LENGTH);
      const { bytesRead } = await file.read(buffer, 0, MAX_LENGTH, 0);
      text = buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "EISDIR" || code === "ELOOP") return "damaged";
    throw error;
  }
  return parseLine(text) ?? "damaged";
}

/** The package writes a line break, the SHA-1 of what follows, a tab, and JSON. */
function parseLine(text: string): Line | undefined {
  const [, sum, json] = /^\n([0-9a-f]{40})\t([^\n]+)$/.exec(text) ?? [];
  if (json === undefined || createHash("sha1").update(json).digest("hex") !== sum) return undefined;
  try {
    const { key, integrity, size, metadata } = JSON.parse(json) as Record<string, unknown>;
    const [, base64] = /^sha256-([A-Za-z0-9+/]{43}=)$/.exec(String(integrity)) ?? [];
    if (typeof key !== "string" || base64 === undefined || typeof size !== "number") return undefined;
    const expiresAt = (metadata as { expiresAt?: unknown } | null | undefined)?.expiresAt;
    const digest = Buffer.from(base64, "base64").toString("hex");
    return {
      key,
      integrity: String(integrity),
      digest,
      size,
      expiresAt: typeof expiresAt === "number" ? expiresAt : undefined,
    };
  } catch {
    return undefined;
  }
}
