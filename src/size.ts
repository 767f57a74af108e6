/** How much memory a value takes, roughly. */

/** Bytes for an object's or a container's own head; V8's small objects take about this much. */
const HEAD = 32;
/** Bytes for a reference or a number inside an object. */
const SLOT = 8;

const { forEach: forEachPair } = Map.prototype;
const { forEach: forEachItem } = Set.prototype;
const typedArrays: object = Object.getPrototypeOf(Uint8Array.prototype);

/** A number that a built-in class says of its instance, whatever a subclass would say. */
function builtIn(prototype: object, property: "size" | "byteLength", item: object): number {
  return Reflect.get(prototype, property, item) as number;
}

/**
 * An estimate of the bytes that a value holds in memory, everything reachable from it counted once. Values behind
 * functions, accessors, private fields and handles are not seen; nothing of the value is run, unless it is a proxy.
 *
 * @param limit - The estimate stops as soon as it is above this, whatever else there may be; default: never.
 *
 * @example
 * ```ts
 * import { estimateBytes } from "twat-cache";
 * const rows = Array.from({ length: 1_000 }, (_, id) => ({ id }));
 * console.log(estimateBytes(new Uint8Array(1_000)), estimateBytes(rows) > 10_000); // => 1040 true
 * console.log(estimateBytes(rows, 1_000) < estimateBytes(rows)); // => true
 * ```
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
      const many = HEAD + SLOT * lengthOf(item);
      // What is inside takes at least so much; where that is too much already, it need not be listed.
      bytes += bytes + many > limit ? many : HEAD + visit(item, waiting);
    }
  }
  return bytes;
}

/** How many values there are inside, as far as that is known without a look at them. */
function lengthOf(item: object): number {
  if (Array.isArray(item)) return item.length;
  if (item instanceof Map) return builtIn(Map.prototype, "size", item);
  return item instanceof Set ? builtIn(Set.prototype, "size", item) : 0;
}

/** Bytes of the object itself; what it refers to is added to the list. */
function visit(item: object, waiting: unknown[]): number {
  if (item instanceof DataView) return builtIn(DataView.prototype, "byteLength", item);
  if (ArrayBuffer.isView(item)) return builtIn(typedArrays, "byteLength", item);
  if (item instanceof ArrayBuffer) return builtIn(ArrayBuffer.prototype, "byteLength", item);
  if (item instanceof Map) forEachPair.call(item, (value, key) => waiting.push(key, value));
  else if (item instanceof Set) forEachItem.call(item, (value) => waiting.push(value));
  let bytes = 0;
  for (const name of Object.keys(item)) {
    const descriptor = Object.getOwnPropertyDescriptor(item, name);
    if (descriptor !== undefined && "value" in descriptor) waiting.push(descriptor.value);
    if (!Array.isArray(item)) bytes += 2 * name.length;
  }
  return bytes;
}
