/** Classes of the language that keys and copies treat alike. */

/** The classes of errors; `AggregateError` takes its errors first. */
export const errorTypes: readonly { readonly name: string; readonly prototype: Error }[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
];

/** A class of arrays on an `ArrayBuffer`. */
interface TypedArrayType {
  readonly name: string;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, offset: number, length: number): object;
}

/** The classes of arrays on an `ArrayBuffer`. */
export const typedArrayTypes: readonly TypedArrayType[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
