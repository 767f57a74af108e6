/** The codec that keeps values exactly. */

import { SerializationError } from "../errors.js";
import type { Codec } from "./codec.js";
import { decodeTree } from "./decoder.js";
import { encodeTree } from "./encoder.js";
import { RAW, TREE } from "./format.js";
import { decodeRaw, encodeRaw } from "./raw.js";
import { unreadable } from "./reader.js";

/**
 * Keeps values exactly as they are, or refuses them: prototypes, order of properties, holes, cycles and sharing within,
 * frozen or sealed state, and what is inside built-in objects.
 */
export const exactCodec: Codec = Object.freeze({
  name: "exact",
  encode(value: unknown): Uint8Array {
    const raw = typeof value === "object" && value !== null ? encodeRaw(value) : undefined;
    return raw ?? encodeTree(value);
  },
  decode(bytes: Uint8Array, owned = false): unknown {
    const kind = bytes[bytes.length - 1];
    try {
      if (kind === TREE) return decodeTree(bytes, bytes.length - 1, owned);
      if (kind === RAW) return decodeRaw(bytes, owned);
    } catch (cause) {
      if (cause instanceof SerializationError) throw cause;
      throw unreadable("what they say is impossible", { cause });
    }
    throw unreadable("their kind is not known");
  },
});
