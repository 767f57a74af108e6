/** The codec of a cache, as it was asked for. */

import { CacheValueError, ConfigurationError, SerializationError } from "../errors.js";
import { overhear } from "../promise.js";
import type { Codec } from "./codec.js";
import { exactCodec } from "./exact.js";
import { jsonCodec } from "./json.js";
import { isSame } from "./same.js";

const own: readonly Codec[] = [exactCodec, jsonCodec];

/**
 * The codec for a choice: `"exact"`, `"json"`, or one from elsewhere, which is not trusted: whatever it throws becomes
 * an error of this library.
 *
 * @param verify - Decode after each encode, and refuse what did not come back equal.
 * @throws ConfigurationError for what is no codec, or has the name of one of ours.
 */
export function codecOf(choice: "exact" | "json" | Codec, verify: boolean): Codec {
  const known = own.find((codec) => codec === choice || codec.name === choice);
  const codec = known ?? guarded(choice);
  return verify ? verified(codec) : codec;
}

/** Whether the codec of this name is one of ours, each of whose values is certainly a new one. */
export function isOurs(name: string): boolean {
  return own.some((codec) => codec.name === name);
}

function guarded(choice: unknown): Codec {
  const codec = choice as Codec | null | undefined;
  if (typeof codec?.encode !== "function" || typeof codec.decode !== "function") {
    throw new ConfigurationError('codec: expected "exact", "json", or an object with a name, encode and decode.');
  }
  const { name } = codec;
  if (typeof name !== "string" || !/^[A-Za-z\d-]{1,40}$/.test(name)) {
    throw new ConfigurationError("codec: expected a name of 1 to 40 letters, digits and dashes.");
  }
  if (isOurs(name)) {
    throw new ConfigurationError(
      `codec: the name "${name}" is taken; bytes of another codec could be mistaken for its.`,
    );
  }
  return {
    name,
    encode: (value) => encodeBy(codec, name, value),
    decode(bytes, owned = false) {
      let value: unknown;
      try {
        // One that gives a view of the bytes, whatever it is told, does not give one of what others read.
        value = codec.decode(owned ? bytes : copyOf(bytes), owned);
      } catch (cause) {
        throw cause instanceof SerializationError
          ? cause
          : new SerializationError(`The codec "${name}" failed to decode${reason(cause)}`, { cause });
      }
      if (!overhear(value)) return value;
      throw new SerializationError(`The codec "${name}" was expected to decode a value at once, not as a promise.`);
    },
  };
}

/** A copy, of the same class. */
const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes);

function encodeBy(codec: Codec, name: string, value: unknown): Uint8Array {
  let bytes: unknown;
  try {
    bytes = codec.encode(value);
  } catch (cause) {
    throw cause instanceof CacheValueError
      ? cause
      : new CacheValueError(`The codec "${name}" failed to encode a value${reason(cause)}`, { cause });
  }
  if (bytes instanceof Uint8Array) return bytes;
  const got = overhear(bytes) ? "a promise" : typeof bytes;
  throw new CacheValueError(`The codec "${name}" was expected to encode a value as a Uint8Array, not as ${got}.`);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : ".";
}

function verified(codec: Codec): Codec {
  return {
    name: codec.name,
    encode(value) {
      const bytes = codec.encode(value);
      let back: unknown;
      try {
        back = codec.decode(bytes);
      } catch (cause) {
        throw new CacheValueError(`The codec "${codec.name}" could not decode what it had encoded.`, { cause });
      }
      if (isSame(value, back)) return bytes;
      throw new CacheValueError(
        `A value came back from the codec "${codec.name}" different. Mend the codec or the conversion, or use codec: "exact".`,
      );
    },
    decode: (bytes, owned) => codec.decode(bytes, owned),
  };
}
