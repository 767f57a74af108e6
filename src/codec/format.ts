/** The alphabet of the binary format. What is here is on disks: it may be added to, never changed. */

/** The last byte of an encoding tells its kind. */
export const TREE = 1;
/** The bytes of one buffer or view, then its type, then this kind. */
export const RAW = 2;

export const UNDEFINED = 0;
export const NULL = 1;
export const TRUE = 2;
export const FALSE = 3;
export const NAN = 4;
/** A whole number from 128 up to 2 ** 31. */
export const POSITIVE = 5;
/** -1 - n, for n below zero. */
export const NEGATIVE = 6;
export const DOUBLE = 7;
export const BIGINT = 8;
export const NEGATIVE_BIGINT = 9;
export const STRING = 10;
/** An object that came before, by its number in the order in which objects begin. */
export const REFERENCE = 11;

/** From here on, each tag begins a new object. */
export const PLAIN = 16;
export const BARE = 17;
/** An array without holes and without properties of its own. */
export const ARRAY = 18;
export const ODD_ARRAY = 19;
export const MAP = 20;
export const SET = 21;
export const DATE = 22;
export const REGEXP = 23;
export const ERROR = 24;
export const BOX = 25;
export const ARRAY_BUFFER = 26;
export const VIEW = 27;
export const BUFFER = 28;
export const SOME_URL = 29;
export const SEARCH_PARAMS = 30;
/** An instance of a registered class, as its own properties. */
export const INSTANCE = 31;
/** An instance of a registered class, as the parts that its conversion made. */
export const CONVERTED = 32;
/** An object, and after it what it has beyond its kind: a level of immutability, and own properties. */
export const DRESSED = 33;

/** Whole numbers from 0 to 127 are one byte: themselves, with this bit. */
export const SMALL = 0x80;
/** In the type of a view: after the view comes what its buffer has beyond its kind. */
export const BUFFER_IS_DRESSED = 0x80;

/** Deeper values are refused: they would overflow the stack of whoever walks through them. */
export const MAX_DEPTH = 500;

/** Views are written by their place in this list, their bytes in the order of the machine. */
export const viewTypes: readonly ViewType[] = [
  DataView,
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
/** In place of a view's type, where the bytes are an ArrayBuffer itself. */
export const RAW_ARRAY_BUFFER = 64;
/** In place of a view's type, where the bytes are a Buffer. */
export const RAW_BUFFER = 65;

/** Errors are written by their place in this list. */
export const errorClasses: readonly (new () => Error)[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError as unknown as new () => Error,
];

/** A class of views of an `ArrayBuffer`. */
export interface ViewType {
  readonly name: string;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView;
}
