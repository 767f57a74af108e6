/** How much memory a value takes, roughly. */

/** Bytes for an object's or a container's own head; V8's small objects take about this much. */
const HEAD = 32;
/** Bytes for a reference or a number inside an object. */
const SLOT = 8;

/**
 * An estimate of the bytes that a value holds in memory, everything reachable from it counted once. Values behind
 * functions, private fields and handles are not seen.
 *
 * @param limit - The estimate stops as soon as it is above this; default: never.
 */
export function estimateBytes(value: unknown, limit: number = Number.POSITIVE_INFINITY): number {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  let bytes = 0;
  while (waiting.length > 0 && bytes <= limit) {
    const item = waiting.pop();
    bytes += SLOT;
    if (typeof item === "string") bytes += 2 * item.length;
    else if (typeof item === "bigint") bytes += Math.ceil(item.toString(16).length / 2);
    else if (typeof item === "object" && item !== null && !seen.has(item)) {
      seen.add(item);
      bytes += HEAD + visit(item, waiting);
    }
  }
  return bytes;
}

/** Bytes of the object itself; what it refers to is added to the list. */
function visit(item: object, waiting: unknown[]): number {
  if (ArrayBuffer.isView(item)) return item.byteLength;
  if (item instanceof ArrayBuffer) return item.byteLength;
  if (item instanceof Map) for (const [key, value] of item) waiting.push(key, value);
  else if (item instanceof Set) for (const value of item) waiting.push(value);
  let bytes = 0;
  for (const name of Object.keys(item)) {
    const descriptor = Object.getOwnPropertyDescriptor(item, name);
    if (descriptor !== undefined && "value" in descriptor) waiting.push(descriptor.value);
    if (!Array.isArray(item)) bytes += 2 * name.length;
  }
  return bytes;
}
