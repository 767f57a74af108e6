/** How built-in objects are written. */

import {
  ARRAY_BUFFER,
  BOX,
  BUFFER,
  BUFFER_IS_DRESSED,
  DATE,
  ERROR,
  errorClasses,
  MAP,
  REGEXP,
  SEARCH_PARAMS,
  SET,
  SOME_URL,
  VIEW,
  type ViewType,
  viewTypes,
} from "./format.js";
import { valueOfProperty } from "./property.js";
import type { Form, Sink } from "./sink.js";
import { bytesOf, checkError, extentOf, extrasOfView, levelOf, patternOf, stackGetter, timeOf } from "./state.js";
import { MAP_KEY, MAP_VALUE, SET_ITEM } from "./trail.js";

const { forEach: forEachPair } = Map.prototype;
const { forEach: forEachItem } = Set.prototype;

function keepPair(this: unknown[], item: unknown, key: unknown): void {
  this.push(key, item);
}

function keepItem(this: unknown[], item: unknown): void {
  this.push(item);
}

// What is inside is listed first: a conversion may change a Map while it is written.

const map: Form = {
  write(value, sink) {
    const list: unknown[] = [];
    forEachPair.call(value as Map<unknown, unknown>, keepPair, list);
    sink.out.byte(MAP);
    sink.out.count(list.length / 2);
    for (let i = 0; i < list.length; i++) {
      sink.trail.step(i % 2 === 0 ? MAP_KEY : MAP_VALUE);
      sink.value(list[i]);
    }
  },
};

const set: Form = {
  write(value, sink) {
    const list: unknown[] = [];
    forEachItem.call(value as Set<unknown>, keepItem, list);
    sink.out.byte(SET);
    sink.out.count(list.length);
    for (const item of list) {
      sink.trail.step(SET_ITEM);
      sink.value(item);
    }
  },
};

const date: Form = {
  write(value, sink) {
    sink.out.byte(DATE);
    sink.out.number(timeOf(value));
  },
};

const regExp: Form = {
  extras: (value) => Reflect.ownKeys(value).filter((key) => key !== "lastIndex"),
  write(value, sink, level) {
    const { source, flags } = patternOf(value);
    const lastIndex = Object.getOwnPropertyDescriptor(value, "lastIndex");
    if (lastIndex?.writable !== level < 3) throw sink.trail.refusal("A read-only lastIndex");
    sink.out.byte(REGEXP);
    sink.out.text(source);
    sink.out.text(flags);
    sink.trail.step("lastIndex");
    sink.value(lastIndex.value);
  },
};

/** Properties of errors that enumeration does not show by nature. */
const hiddenInErrors = new Set<PropertyKey>(["message", "stack", "cause", "errors", "name"]);

/** All properties of errors are written one by one, each with whether enumeration shows it. */
function errorForm(type: number): Form {
  return {
    extras: () => [],
    write(value, sink, level) {
      const keys = Reflect.ownKeys(value);
      // Before anything is asked that a symbol could answer.
      for (const key of keys) if (typeof key === "symbol") valueOfProperty(value, key, level, sink.trail);
      checkError(value);
      sink.out.byte(ERROR);
      sink.out.byte(type);
      sink.out.count(keys.length);
      for (const key of keys as string[]) {
        const property = nativeStack(value, key) ?? valueOfProperty(value, key, level, sink.trail, mayBeHidden(key));
        sink.out.byte(property.enumerable === true ? 1 : 0);
        sink.out.name(key);
        sink.trail.step(key);
        sink.value(property.value);
      }
    },
  };
}

/** Where the engine's own stack is an accessor, one that is a property like any other is not hidden by nature. */
function mayBeHidden(key: string): boolean {
  return hiddenInErrors.has(key) && !(key === "stack" && stackGetter !== undefined);
}

/** The stack, where it is an accessor of the engine's own, as it is by nature. */
function nativeStack(value: object, key: string): PropertyDescriptor | undefined {
  if (stackGetter === undefined || key !== "stack") return undefined;
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property?.get !== stackGetter || property.enumerable === true) return undefined;
  return { value: stackGetter.call(value), enumerable: false };
}

function boxForm(prototype: { valueOf(): unknown }): Form {
  return {
    write(value, sink) {
      sink.out.byte(BOX);
      sink.value(prototype.valueOf.call(value));
    },
  };
}

const textBox: Form = {
  ...boxForm(String.prototype),
  extras(value) {
    const { length } = String.prototype.valueOf.call(value);
    return Reflect.ownKeys(value)
      .slice(length)
      .filter((key) => key !== "length");
  },
};

const arrayBuffer: Form = {
  write(value, sink) {
    sink.out.byte(ARRAY_BUFFER);
    sink.out.raw(bytesOf(value));
  },
};

function viewForm(number: number, type: ViewType): Form {
  const width = type.BYTES_PER_ELEMENT ?? 1;
  return {
    ...(type !== DataView && {
      extras: (value: object) => extrasOfView(value, extentOf(value, type).length / width),
    }),
    write(value, sink) {
      const { buffer, offset, length } = extentOf(value, type);
      sink.trail.step("buffer");
      sink.out.byte(VIEW);
      const isNew = sink.meet(buffer);
      const keys = isNew ? Reflect.ownKeys(buffer) : [];
      const level = isNew ? levelOf(buffer) : 0;
      const isDressed = keys.length > 0 || level > 0;
      sink.out.byte(isDressed ? number | BUFFER_IS_DRESSED : number);
      if (isNew) checkBuffer(buffer, sink);
      if (isNew) arrayBuffer.write(buffer, sink, level);
      else sink.value(buffer);
      sink.out.count(offset);
      sink.out.count(length / width);
      // After the view, which may be among the properties of its buffer.
      if (isDressed) sink.dress(buffer, level, keys);
    },
  };
}

function checkBuffer(buffer: object, sink: Sink): void {
  if (Object.getPrototypeOf(buffer) !== ArrayBuffer.prototype) throw sink.trail.refusal("A buffer of another class");
}

/** Without its buffer, which is a pool that holds other Buffers too. */
const bufferForm: Form = {
  extras: (value) => extrasOfView(value, extentOf(value, Uint8Array).length),
  write(value, sink) {
    const { buffer, offset, length } = extentOf(value, Uint8Array);
    sink.out.byte(BUFFER);
    sink.out.raw(new Uint8Array(buffer, offset, length));
  },
};

const boxes = [Number, Boolean, BigInt].map(({ prototype }): [object, Form] => [prototype, boxForm(prototype)]);

/** The forms of the built-in classes, by prototype. */
export const forms: Map<object, Form> = new Map<object, Form>([
  [Map.prototype, map],
  [Set.prototype, set],
  [Date.prototype, date],
  [RegExp.prototype, regExp],
  [String.prototype, textBox],
  [ArrayBuffer.prototype, arrayBuffer],
  ...boxes,
  ...errorClasses.map((type, i): [object, Form] => [type.prototype as object, errorForm(i)]),
  ...viewTypes.map((type, i): [object, Form] => [type.prototype, viewForm(i, type)]),
]);
if (typeof Buffer === "function") forms.set(Buffer.prototype, bufferForm);
if (typeof URL === "function") {
  const href = Object.getOwnPropertyDescriptor(URL.prototype, "href")?.get;
  const query = URLSearchParams.prototype.toString;
  forms.set(URL.prototype, {
    write(value, sink) {
      const text = href?.call(value) as string;
      if (new URL(text).href !== text) throw sink.trail.refusal("An address that is read differently than written");
      sink.out.byte(SOME_URL);
      sink.out.text(text);
    },
  });
  forms.set(URLSearchParams.prototype, {
    write(value, sink) {
      sink.out.byte(SEARCH_PARAMS);
      sink.out.text(query.call(value));
    },
  });
}
