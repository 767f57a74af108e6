/** How built-in objects, and instances of registered classes, are read. */

import { type RegisteredType, typeNamed } from "../registered-type.js";
import {
  ARRAY_BUFFER,
  BARE,
  BOX,
  BUFFER,
  BUFFER_IS_DRESSED,
  CONVERTED,
  DATE,
  ERROR,
  errorClasses,
  INSTANCE,
  MAP,
  ODD_ARRAY,
  REGEXP,
  SEARCH_PARAMS,
  SET,
  SOME_URL,
  VIEW,
  viewTypes,
} from "./format.js";
import { unreadable } from "./reader.js";
import { define, type Source } from "./source.js";
import { stackGetter } from "./state.js";

/** Reads an object whose tag has been read. */
type Builder = (source: Source) => object;

const SPARSE = 1_024;
/** The largest length of an array. */
const LONGEST = 2 ** 32 - 1;

function readBare(source: Source): object {
  const bare = source.meet(Object.create(null) as object);
  source.properties(bare);
  return bare;
}

function readOddArray(source: Source): object {
  const length = source.reader.count();
  if (length > LONGEST) throw unreadable("an array is too long");
  const array: unknown[] = source.meet([]);
  if (length > SPARSE) {
    // An element far out makes the platform keep a list of pairs, not memory for every hole.
    array[length - 1] = undefined;
    Reflect.deleteProperty(array, length - 1);
  }
  array.length = length;
  source.properties(array);
  if (array.length !== length) throw unreadable("an array has elements beyond its end");
  return array;
}

function readMap(source: Source): object {
  const count = source.reader.countOf(2);
  const map = source.meet(new Map<unknown, unknown>());
  for (let i = 0; i < count; i++) {
    const key = source.value();
    map.set(key, source.value());
  }
  return map;
}

function readSet(source: Source): object {
  const count = source.reader.countOf(1);
  const set = source.meet(new Set<unknown>());
  for (let i = 0; i < count; i++) set.add(source.value());
  return set;
}

function readDate(source: Source): object {
  const date = source.meet(new Date(0));
  const time = source.value();
  if (typeof time !== "number") throw unreadable("a date has no time");
  date.setTime(time);
  return date;
}

function readRegExp(source: Source): object {
  const pattern = source.reader.text();
  const expression = source.meet(new RegExp(pattern, source.reader.text()));
  expression.lastIndex = source.value() as number;
  return expression;
}

function readError(source: Source): object {
  const type = errorClasses[source.reader.byte()];
  if (type === undefined) throw unreadable("a class of errors is not known");
  const error = source.meet(type.prototype === AggregateError.prototype ? new AggregateError([]) : new type());
  for (const name of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, name);
  const count = source.reader.countOf(3);
  for (let i = 0; i < count; i++) {
    const enumerable = source.reader.byte() === 1;
    const name = source.reader.name();
    const value = source.value();
    if (name === "stack" && stackGetter !== undefined && !enumerable) restoreStack(error, value);
    else define(error, name, value, enumerable);
  }
  return error;
}

/** Gives the error the accessor that the engine gives errors, which then holds the stack. */
function restoreStack(error: Error, stack: unknown): void {
  Error.captureStackTrace(error);
  Object.assign(error, { stack });
}

function readBox(source: Source): object {
  const number = source.reserve();
  const inner = source.value();
  if (!["number", "string", "boolean", "bigint"].includes(typeof inner)) throw unreadable("a box holds no primitive");
  return source.settle(number, Object(inner) as object);
}

function readArrayBuffer(source: Source): object {
  return source.meet(new Uint8Array(source.reader.raw()).buffer);
}

function readView(source: Source): object {
  const code = source.reader.byte();
  const type = viewTypes[code % BUFFER_IS_DRESSED];
  if (type === undefined) throw unreadable("a type of views is not known");
  const number = source.reserve();
  const buffer = source.value();
  if (!(buffer instanceof ArrayBuffer)) throw unreadable("a view has no buffer");
  const offset = source.reader.count();
  const view = source.settle(number, new type(buffer, offset, source.reader.count()));
  if (code >= BUFFER_IS_DRESSED) source.dress(buffer);
  return view;
}

function readBuffer(source: Source): object {
  const bytes = source.reader.raw();
  return source.meet(source.owned ? bytes : Buffer.from(bytes));
}

function readInstance(source: Source): object {
  const instance = source.meet(Object.create(readType(source, false).prototype) as object);
  source.properties(instance);
  return instance;
}

function readConverted(source: Source): object {
  const number = source.reserve();
  const { name, prototype, conversion } = readType(source, true);
  const instance: unknown = conversion?.decode(source.value());
  if (typeof instance !== "object" || instance === null || Object.getPrototypeOf(instance) !== prototype) {
    throw unreadable(`the conversion of "${name}" gave no instance of its class`);
  }
  return source.settle(number, instance);
}

function readType(source: Source, isConverted: boolean): RegisteredType {
  const name = source.reader.name();
  const type = typeNamed(name);
  if (type === undefined)
    throw unreadable(`the class "${name.slice(0, 200)}" is not known; register it before with registerType`);
  if ((type.conversion !== undefined) !== isConverted) {
    throw unreadable(`the class "${name}" ${isConverted ? "had a conversion then" : "had no conversion then"}`);
  }
  return type;
}

/** The builders by tag. */
export const builders: readonly (Builder | undefined)[] = listed([
  [BARE, readBare],
  [ODD_ARRAY, readOddArray],
  [MAP, readMap],
  [SET, readSet],
  [DATE, readDate],
  [REGEXP, readRegExp],
  [ERROR, readError],
  [BOX, readBox],
  [ARRAY_BUFFER, readArrayBuffer],
  [VIEW, readView],
  [BUFFER, readBuffer],
  [SOME_URL, (source) => source.meet(new URL(source.reader.text()))],
  [SEARCH_PARAMS, (source) => source.meet(new URLSearchParams(source.reader.text()))],
  [INSTANCE, readInstance],
  [CONVERTED, readConverted],
]);

function listed(pairs: readonly (readonly [number, Builder])[]): readonly (Builder | undefined)[] {
  const list: (Builder | undefined)[] = [];
  for (const [tag, builder] of pairs) list[tag] = builder;
  return Array.from(list);
}
