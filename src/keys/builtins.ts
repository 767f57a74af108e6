/** Tokens of the built-in classes whose state can be seen in full. */

import { errorTypes, hasExtras, isIndex, typedArrayTypes } from "../native/index.js";

/** How instances of one built-in class are encoded. */
export interface Builtin {
  /** The token, made with `nest` for the values inside; `undefined` for an object that only has the prototype. */
  encode(value: object, nest: (inner: unknown) => string): string | undefined;
  /** Own properties that the token already covers; the others are encoded after it. */
  covers?(name: string, value: object): boolean;
  /** Own properties are hidden from enumeration by nature. */
  readonly hidden?: boolean;
  /** Whether the token is all there is, where looking for own properties would list every byte. */
  whole?(value: object): boolean;
}

/** A getter of a built-in prototype, held from the start: it throws on objects that are not of that kind. */
function getter<T>(prototype: object, name: PropertyKey): (value: object) => T {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (value) => get?.call(value) as T;
}

/** The answer, or `undefined` where asking throws: the object is not of the kind that it claims to be. */
function ask<T>(question: (value: object) => T, value: object): T | undefined {
  try {
    return question(value);
  } catch {
    return undefined;
  }
}

const mapSize = getter<number>(Map.prototype, "size");
const setSize = getter<number>(Set.prototype, "size");
const bufferLength = getter<number>(ArrayBuffer.prototype, "byteLength");
const typedArrayTag = getter<string | undefined>(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const { forEach: forEachPair } = Map.prototype;
const { forEach: forEachItem } = Set.prototype;

const map: Builtin = {
  encode(value, nest) {
    if (ask(mapSize, value) === undefined) return undefined;
    let text = "";
    forEachPair.call(value as Map<unknown, unknown>, (item, key) => {
      text += nest(key) + nest(item);
    });
    return `M${text};`;
  },
};

const set: Builtin = {
  encode(value, nest) {
    if (ask(setSize, value) === undefined) return undefined;
    let text = "";
    forEachItem.call(value as Set<unknown>, (item) => {
      text += nest(item);
    });
    return `S${text};`;
  },
};

const date: Builtin = {
  encode(value) {
    const time = ask((it) => Date.prototype.getTime.call(it), value);
    return time === undefined ? undefined : `d${time};`;
  },
};

const regExp: Builtin = {
  encode(value, nest) {
    // A copy, since own properties of the original could hide these.
    const copy = tagOf(value) === "RegExp" ? ask((it) => new RegExp(it as RegExp), value) : undefined;
    return copy && `x${nest(copy.source)}${copy.flags};${nest((value as RegExp).lastIndex)}`;
  },
  covers: (name) => name === "lastIndex",
};

/** Errors carry their class in the table's key, and the rest in properties that enumeration does not show. */
function error(name: string): Builtin {
  return {
    encode: (value, nest) => (tagOf(value) === "Error" ? `E${name};${nest((value as Error).stack)}` : undefined),
    // A data property in some versions of V8, an accessor in others.
    covers: (property) => property === "stack",
    hidden: true,
  };
}

/** An object around a primitive is not that primitive. */
function boxed(prototype: { valueOf(): unknown }, covers?: Builtin["covers"]): Builtin {
  return {
    encode(value, nest) {
      const inner = ask((it) => [prototype.valueOf.call(it)], value);
      return inner === undefined ? undefined : `b${nest(inner[0])}`;
    },
    ...(covers && { covers }),
  };
}

/** Bytes as text, one UTF-16 unit a byte. */
function latin1(buffer: ArrayBuffer, offset: number, length: number): string {
  if (typeof Buffer === "function") return Buffer.from(buffer, offset, length).toString("latin1");
  const bytes = new Uint8Array(buffer, offset, length);
  let text = "";
  for (let i = 0; i < length; i += 8_192) text += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return text;
}

/** A view is its own bytes, wherever they lie; memory shared with other threads is told apart by being itself. */
function view(name: string): Builtin {
  return {
    encode(value) {
      if (!ArrayBuffer.isView(value) || ask(bufferLength, value.buffer) === undefined) return undefined;
      const { buffer, byteOffset, byteLength } = value;
      const kind = typedArrayTag(value) ?? "DataView";
      return `A${name}:${kind}:${byteLength}:${latin1(buffer as ArrayBuffer, byteOffset, byteLength)}`;
    },
    ...(name !== "DataView" && { covers: isIndex, whole: (value) => !hasExtras(value) }),
  };
}

const arrayBuffer: Builtin = {
  encode(value) {
    const length = ask(bufferLength, value);
    if (length === undefined) return undefined;
    const { resizable = false, maxByteLength = length } = value as ArrayBuffer & Partial<Resizable>;
    return `a${resizable ? maxByteLength : ""}:${length}:${latin1(value as ArrayBuffer, 0, length)}`;
  },
};

interface Resizable {
  readonly resizable: boolean;
  readonly maxByteLength: number;
}

/** Classes of the platform whose whole state is one text. */
function textual(letter: string, read: (value: object) => string): Builtin {
  return {
    encode(value, nest) {
      const text = ask(read, value);
      return text === undefined ? undefined : letter + nest(text);
    },
  };
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

const isOfText = (name: string, value: object): boolean =>
  name === "length" || (isIndex(name) && Number(name) < String.prototype.valueOf.call(value).length);

const table = new Map<object, Builtin>([
  [Map.prototype, map],
  [Set.prototype, set],
  [Date.prototype, date],
  [RegExp.prototype, regExp],
  [ArrayBuffer.prototype, arrayBuffer],
  [Number.prototype, boxed(Number.prototype)],
  [String.prototype, boxed(String.prototype, isOfText)],
  [Boolean.prototype, boxed(Boolean.prototype)],
  [BigInt.prototype, boxed(BigInt.prototype)],
  [Symbol.prototype, boxed(Symbol.prototype)],
  ...errorTypes.map((type): [object, Builtin] => [type.prototype, error(type.name)]),
  ...[DataView, ...typedArrayTypes].map((type): [object, Builtin] => [type.prototype, view(type.name)]),
]);
if (typeof Buffer === "function") table.set(Buffer.prototype, view("Buffer"));
if (typeof URL === "function") {
  const href = getter<string>(URL.prototype, "href");
  const query = URLSearchParams.prototype.toString;
  table.set(URL.prototype, textual("U", href));
  table.set(
    URLSearchParams.prototype,
    textual("Q", (value) => query.call(value)),
  );
}

/** How instances with this very prototype are encoded; `undefined` for other classes. */
export function builtinWith(prototype: object): Builtin | undefined {
  return table.get(prototype);
}
