/** Values that nobody can change any more. */

import { CacheValueError } from "../errors.js";
import { isProxy } from "../native/index.js";

/** What `Object.freeze` makes immutable for good: nothing of their state is outside their properties. */
const freezable = new Set<object | null>([
  null,
  Object.prototype,
  Array.prototype,
  ...[RegExp, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map(
    (type): object => type.prototype,
  ),
]);

/**
 * Freezes a value and everything reachable from it, in place, and returns it.
 *
 * @throws CacheValueError, before anything is frozen, for what freezing does not make immutable: a Map, Set, Date, typed
 * array, function, accessor, proxy, or an instance of a class.
 */
export function freezeDeeply<T>(value: T): T {
  const found = new Set<object>();
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const item = waiting.pop();
    const isObject = (typeof item === "object" && item !== null) || typeof item === "function";
    if (!isObject || found.has(item)) continue;
    refuseUnfreezable(item);
    found.add(item);
    waiting.push(...contentsOf(item));
  }
  for (const item of found) Object.freeze(item);
  return value;
}

function refuseUnfreezable(item: object): void {
  if (typeof item === "function") throw refusal("a function");
  if (isProxy(item)) throw refusal("a proxy");
  if (!freezable.has(Object.getPrototypeOf(item))) throw refusal(`an instance of ${item.constructor?.name}`);
}

function* contentsOf(item: object): Iterable<unknown> {
  for (const key of Reflect.ownKeys(item)) {
    const descriptor = Object.getOwnPropertyDescriptor(item, key);
    const isAccessor = descriptor !== undefined && !("value" in descriptor);
    // V8 keeps an error's stack in an accessor, depending on the version.
    if (isAccessor && !(item instanceof Error && key === "stack")) throw refusal(`the accessor "${String(key)}"`);
    yield descriptor?.value;
  }
}

function refusal(what: string): CacheValueError {
  return new CacheValueError(
    `Freezing does not protect ${what}. Return plain data, or use clone: "structured" or clone: "none".`,
  );
}
