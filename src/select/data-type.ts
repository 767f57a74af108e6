/** Types of values, by the names that JavaScript has for them. */

import { type AnyFunction, isAsyncFunction } from "../function.js";
import { isProxy, typedArrayTypes } from "../native/index.js";

/** What the engines make of a type: plain values, objects of classes, bytes, images, tables, or what is still to come. */
export type DataKind = "plain" | "instance" | "bytes" | "image" | "table" | "promise";

const PLAIN = ["number", "bigint", "string", "boolean", "null", "undefined", "Array", "Object", "Map", "Set"] as const;
const BYTES = ["ArrayBuffer", "SharedArrayBuffer", "DataView", "Buffer"] as const;
/** Classes of libraries, by name: tensors and arrays of numbers. */
const TENSORS = ["Tensor", "Tensor1D", "Tensor2D", "Tensor3D", "Tensor4D", "Variable", "NdArray", "ndarray", "NDArray"];
/** The same for tables: Arrow, Danfo.js, nodejs-polars, Arquero. */
const TABLES = ["DataFrame", "Series", "Table", "RecordBatch", "ColumnTable", "LazyDataFrame"];
/** The same for images: browsers, sharp, Jimp, canvas. */
const IMAGES = ["ImageData", "ImageBitmap", "Blob", "File", "Sharp", "Jimp", "Image", "Canvas"];

const kinds: ReadonlyMap<string, DataKind> = new Map<string, DataKind>([
  ...PLAIN.map((name) => [name, "plain"] as const),
  ...[...BYTES, ...typedArrayTypes.map(({ name }) => name), ...TENSORS].map((name) => [name, "bytes"] as const),
  ...TABLES.map((name) => [name, "table"] as const),
  ...IMAGES.map((name) => [name, "image"] as const),
  ["Promise", "promise"],
  ["AsyncFunction", "promise"],
]);

/** Constructors whose values have no class, by the name of their type. */
const PRIMITIVES: Readonly<Record<string, string>> = {
  Number: "number",
  BigInt: "bigint",
  String: "string",
  Boolean: "boolean",
};

/** A type, as people name it: its name, or its class. */
// biome-ignore lint/complexity/noBannedTypes: a class with a private constructor is one too.
export type TypeReference = string | Function;

/**
 * The name of a value's type: `"number"`, `"bigint"`, `"string"`, `"boolean"`, `"null"`, `"undefined"`, `"symbol"`,
 * `"function"`, or the name of its class: `"Array"`, `"Map"`, `"Float64Array"`, `"User"`. Objects without a class are
 * `"Object"`, promises of any class `"Promise"`. Nothing of the value is run.
 *
 * @example
 * ```ts
 * import { detectResultType } from "twat-cache";
 * console.log([1, "a", null, [], new Map(), Buffer.from("a"), {}].map(detectResultType).join()); // => number,string,null,Array,Map,Buffer,Object
 * ```
 */
export function detectResultType(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return isAsyncFunction(value as AnyFunction) ? "AsyncFunction" : "function";
  if (typeof value !== "object") return typeof value;
  if (!isProxy(value) && value instanceof Promise) return "Promise";
  return nameOfClass(classOf(value)) ?? "Object";
}

/** The name of a type that is given by its name, or by its class. */
export function typeNameOf(type: TypeReference): string {
  if (typeof type === "string") return type;
  return PRIMITIVES[type.name] ?? (type.name || "Object");
}

/** What the engines make of a type. One that is not known is that of a class's instances. */
export function kindOfType(type: TypeReference): DataKind {
  const known = kinds.get(typeNameOf(type));
  if (known !== undefined) return known;
  // A class of the program's own is what it inherits from.
  for (let next = typeof type === "function" ? parentOf(type) : undefined; next !== undefined; next = parentOf(next)) {
    const inherited = kinds.get(next.name);
    if (inherited !== undefined) return inherited;
  }
  return "instance";
}

/** The same for a value. Bytes that begin as an image does are one. */
export function kindOfValue(value: unknown): DataKind {
  if (ArrayBuffer.isView(value)) return isImage(value) ? "image" : "bytes";
  const name = detectResultType(value);
  return kindOfType(kinds.has(name) ? name : (classOf(value) ?? name));
}

function parentOf(type: object): AnyFunction | undefined {
  const parent: unknown = Object.getPrototypeOf(type);
  const isClass = typeof parent === "function" && parent !== Function.prototype && !isProxy(parent);
  return isClass ? (parent as AnyFunction) : undefined;
}

/** The class of an object, found without running anything of it. */
function classOf(value: unknown): AnyFunction | undefined {
  if (typeof value !== "object" || value === null || isProxy(value)) return undefined;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || isProxy(prototype)) return undefined;
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof type === "function" && !isProxy(type) ? (type as AnyFunction) : undefined;
}

function nameOfClass(type: AnyFunction | undefined): string | undefined {
  const name: unknown = type && Object.getOwnPropertyDescriptor(type, "name")?.value;
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** The first bytes of PNG, JPEG and GIF. */
const MAGIC: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x47, 0x49, 0x46, 0x38],
];

function isImage({ buffer, byteOffset, byteLength }: ArrayBufferView): boolean {
  const first = new Uint8Array(buffer, byteOffset, Math.min(byteLength, 4));
  return MAGIC.some((magic) => magic.length <= first.length && magic.every((byte, i) => first[i] === byte));
}
