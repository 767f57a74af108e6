/** The state inside built-in objects, asked without running any code of them. Everything here throws on pretenders. */

import { hasExtras } from "../native/index.js";
import { type ViewType, viewTypes } from "./format.js";

/** A getter of a built-in prototype, held from the start: nobody can replace it, and it throws on other objects. */
function getter<T>(prototype: object, name: PropertyKey): (value: object) => T {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (value) => get?.call(value) as T;
}

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedArrayTag = getter<string | undefined>(TypedArray, Symbol.toStringTag);
const typedArrayBuffer = getter<ArrayBuffer>(TypedArray, "buffer");
const typedArrayOffset = getter<number>(TypedArray, "byteOffset");
const typedArrayLength = getter<number>(TypedArray, "byteLength");
const dataViewBuffer = getter<ArrayBuffer>(DataView.prototype, "buffer");
const dataViewOffset = getter<number>(DataView.prototype, "byteOffset");
const dataViewLength = getter<number>(DataView.prototype, "byteLength");
const bufferLength = getter<number>(ArrayBuffer.prototype, "byteLength");
const isResizable = getter<boolean | undefined>(ArrayBuffer.prototype, "resizable");
const { getTime } = Date.prototype;
const { toString: tagOf } = Object.prototype;

/** A date's time; NaN for an invalid one. */
export function timeOf(value: object): number {
  return getTime.call(value as Date);
}

/** Source and flags; from a copy, since own properties of the original could hide them. */
export function patternOf(value: object): RegExp {
  if (tagOf.call(value) !== "[object RegExp]") throw new TypeError("not a regular expression");
  return new RegExp(value as RegExp);
}

/** Throws for what is no error. */
export function checkError(value: object): void {
  if (tagOf.call(value) !== "[object Error]") throw new TypeError("not an error");
}

/** The bytes of a buffer, as a view. Throws for one that is shared, resizable or detached. */
export function bytesOf(buffer: object): Uint8Array {
  bufferLength(buffer);
  if (isResizable(buffer) === true) throw new TypeError("a resizable buffer");
  return new Uint8Array(buffer as ArrayBuffer);
}

/** Where the bytes of a view are. */
export interface Extent {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

/** Where the bytes of a view are. Throws for views of another type than `type`, and of what `bytesOf` throws for. */
export function extentOf(view: object, type: ViewType): Extent {
  if (type === DataView) {
    bytesOf(dataViewBuffer(view));
    return { buffer: dataViewBuffer(view), offset: dataViewOffset(view), length: dataViewLength(view) };
  }
  if (typedArrayTag(view) !== type.name) throw new TypeError(`not of the type ${type.name}`);
  bytesOf(typedArrayBuffer(view));
  return { buffer: typedArrayBuffer(view), offset: typedArrayOffset(view), length: typedArrayLength(view) };
}

/** Up to so many elements are listed to find own properties: it is quick, and nothing is hidden. */
const FEW = 128;
/** Own properties by which `hasExtras` would be misled. */
const misleading = ["constructor", "buffer", "byteOffset", "byteLength", "length"];

/**
 * Own properties of a view besides its elements. Those of a large one that are hidden from enumeration are not found:
 * there is no way but to list every element.
 */
export function extrasOfView(view: object, elements: number): readonly PropertyKey[] {
  const isSuspicious = (): boolean =>
    Object.getOwnPropertySymbols(view).length > 0 ||
    misleading.some((name) => Object.hasOwn(view, name)) ||
    hasExtras(view);
  return elements <= FEW || isSuspicious() ? Reflect.ownKeys(view).slice(elements) : [];
}

/** The types of views by their prototypes, as places in `viewTypes`. */
export const viewTypeWith: ReadonlyMap<object | null, number> = new Map(
  viewTypes.map((type, i) => [type.prototype as object | null, i]),
);

/** 0: extensible, 1: not extensible, 2: sealed, 3: frozen. */
export function levelOf(value: object): number {
  if (Object.isExtensible(value)) return 0;
  if (Object.isFrozen(value) && !hasWritable(value)) return 3;
  // The elements of a view are what they are: to seal it is an error in newer versions of V8, and changes nothing else.
  return Object.isSealed(value) && !ArrayBuffer.isView(value) ? 2 : 1;
}

/** V8 takes sealed objects for frozen ones where the only writable property is one of these, which it keeps by itself. */
function hasWritable(value: object): boolean {
  return ["length", "stack"].some((name) => Object.getOwnPropertyDescriptor(value, name)?.writable === true);
}

/** The stack of errors is a data property in some versions of V8, and an accessor of the engine's own in others. */
export const stackGetter: (() => unknown) | undefined = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get;
