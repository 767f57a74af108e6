/** Secrets, as options give them. They never appear in a message. */

/** The shortest secret that is one. */
const MIN_SECRET = 16;
/** Bytes of a key for AES-256. */
const KEY_BYTES = 32;

/** A secret as bytes; `undefined` for what is too short to be one. */
export function readSecret(value: unknown): Uint8Array | undefined {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return bytes instanceof Uint8Array && bytes.byteLength >= MIN_SECRET ? bytes : undefined;
}

/** A key for encryption as bytes; `undefined` for what is none. */
export function readEncryptionKey(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value.byteLength === KEY_BYTES ? value : undefined;
  if (typeof value !== "string" || !/^[0-9a-fA-F]{64}$/.test(value)) return undefined;
  return Uint8Array.from(value.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
