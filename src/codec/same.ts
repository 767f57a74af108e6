/** Telling whether a value came back as it was. */

import { exactCodec } from "./exact.js";

interface NodeUtil {
  isDeepStrictEqual(one: unknown, other: unknown): boolean;
}

type NodeProcess = { getBuiltinModule?(name: "node:util"): NodeUtil | undefined };

const nodeUtil = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.("node:util");

/**
 * Whether two values are equal in everything that the codec "exact" keeps. Values that it refuses are compared by what
 * Node calls deeply and strictly equal.
 */
export function isSame(one: unknown, other: unknown): boolean {
  const [first, second] = [bytesOf(one), bytesOf(other)];
  if (first !== undefined && second !== undefined) return Buffer.compare(first, second) === 0;
  if (first !== undefined || second !== undefined) return false;
  return Object.is(one, other) || nodeUtil?.isDeepStrictEqual(one, other) === true;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    return exactCodec.encode(value);
  } catch {
    return undefined;
  }
}
