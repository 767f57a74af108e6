/** Buffers and views that are the whole value: their bytes as they are, so that nothing is gone through. */

import { isProxy } from "../native/index.js";
import { RAW, RAW_ARRAY_BUFFER, RAW_BUFFER, viewTypes } from "./format.js";
import { unreadable } from "./reader.js";
import { bytesOf, extentOf, extrasOfView, viewTypeWith } from "./state.js";

/** The type and the kind, after the bytes. */
const TAIL = 2;

/** An ArrayBuffer, where the platform can hand its memory on. */
type Transferable = ArrayBuffer & { transfer?(length: number): ArrayBuffer };

/** The encoding of a buffer or view of which there is nothing to tell but its bytes; `undefined` for other values. */
export function encodeRaw(value: object): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(value)) return encodeView(value);
    const isBuffer = !isProxy(value) && Object.getPrototypeOf(value) === ArrayBuffer.prototype && isUnadorned(value);
    return isBuffer ? withTail(bytesOf(value), RAW_ARRAY_BUFFER) : undefined;
  } catch {
    // Refused in words by those who look closer.
    return undefined;
  }
}

function encodeView(view: object): Uint8Array | undefined {
  const prototype: object | null = Object.getPrototypeOf(view);
  const isBuffer = prototype === Buffer.prototype;
  const number = viewTypeWith.get(isBuffer ? Uint8Array.prototype : prototype);
  const type = viewTypes[number ?? 0];
  if (type === undefined || type === DataView || !Object.isExtensible(view)) return undefined;
  const { buffer, offset, length } = extentOf(view, type);
  if (extrasOfView(view, length / (type.BYTES_PER_ELEMENT ?? 1)).length > 0) return undefined;
  if (isBuffer) return withTail(new Uint8Array(buffer, offset, length), RAW_BUFFER);
  const isWhole = bytesOf(buffer).length === length && Object.getPrototypeOf(buffer) === ArrayBuffer.prototype;
  return isWhole && isUnadorned(buffer) ? withTail(bytesOf(buffer), number as number) : undefined;
}

function isUnadorned(value: object): boolean {
  return Object.isExtensible(value) && Reflect.ownKeys(value).length === 0;
}

function withTail(bytes: Uint8Array, type: number): Uint8Array {
  const encoded = Buffer.allocUnsafeSlow(bytes.length + TAIL);
  encoded.set(bytes);
  encoded[bytes.length] = type;
  encoded[bytes.length + 1] = RAW;
  return encoded;
}

/** The buffer or view that `encodeRaw` encoded. Throws `SerializationError`, or anything, for other bytes. */
export function decodeRaw(bytes: Uint8Array, owned: boolean): unknown {
  const length = bytes.length - TAIL;
  const code = bytes[length];
  if (code === undefined) throw unreadable("they end too early");
  if (code === RAW_BUFFER) {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, length);
    return owned ? view : Buffer.from(view);
  }
  const type = viewTypes[code];
  if (code !== RAW_ARRAY_BUFFER && (type === undefined || type === DataView)) {
    throw unreadable("a type of views is not known");
  }
  const width = code === RAW_ARRAY_BUFFER ? 1 : (type?.BYTES_PER_ELEMENT ?? 1);
  if (length % width !== 0) throw unreadable("an element is cut");
  const buffer = owned ? handedOn(bytes, length) : copied(bytes, length);
  return code === RAW_ARRAY_BUFFER || type === undefined ? buffer : new type(buffer, 0, length / width);
}

/** Memory of more bytes is nobody's but its Buffer's: smaller ones share some, as much as this at a time. */
const SHARED = 65_536;

/** The memory itself without what follows, where the platform can do that and nobody else has a part of the memory. */
function handedOn(bytes: Uint8Array, length: number): ArrayBuffer {
  const memory = bytes.buffer as Transferable;
  const isOwn = bytes.byteLength === memory.byteLength || bytes.byteLength > Math.max(SHARED, Buffer.poolSize);
  return bytes.byteOffset === 0 && isOwn && memory.transfer !== undefined
    ? memory.transfer(length)
    : copied(bytes, length);
}

function copied(bytes: Uint8Array, length: number): ArrayBuffer {
  return (bytes.buffer as ArrayBuffer).slice(bytes.byteOffset, bytes.byteOffset + length);
}
