/** Results that can be consumed only once, and so must never be given to a second caller. */

/** What is looked at to recognise them; all of it may be missing. */
interface Looks {
  readonly next?: unknown;
  readonly subscribe?: unknown;
  readonly pipe?: unknown;
  readonly on?: unknown;
  readonly getReader?: unknown;
  readonly getWriter?: unknown;
  readonly bodyUsed?: unknown;
  readonly arrayBuffer?: unknown;
  readonly readable?: unknown;
  readonly writable?: unknown;
  readonly then?: unknown;
}

const isFunction = (thing: unknown): boolean => typeof thing === "function";

/**
 * What kind of one-shot result a value is, or `undefined` for one that can be shared: iterators and generators, streams
 * of Node and of the web, `Request` and `Response`, and thenables that are not plain promises, which often do their work
 * when `then` is called.
 */
export function oneShotKind(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const looks: Looks = value;
  if (isFunction(looks.then)) return "a thenable that is not a promise";
  if (isFunction(looks.next) && !isFunction(looks.subscribe)) return "an iterator";
  if (isFunction(looks.pipe) && isFunction(looks.on)) return "a stream";
  if (isFunction(looks.getReader) || isFunction(looks.getWriter)) return "a stream";
  if (typeof looks.bodyUsed === "boolean" && isFunction(looks.arrayBuffer)) return "a Request or Response";
  const pair = isStream(looks.readable) && isStream(looks.writable);
  return pair ? "a pair of streams" : undefined;
}

/** Whether several callers may have the value. What cannot be looked at is given out as it is. */
export function isShareable(value: unknown): boolean {
  try {
    return oneShotKind(value) === undefined;
  } catch {
    return true;
  }
}

function isStream(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const looks: Looks = value;
  return isFunction(looks.getReader) || isFunction(looks.getWriter);
}

/**
 * Whether a result is a promise of the language itself, of this realm or another. Subclasses, and promises with
 * properties of their own, carry more than a value; other thenables may do their work only when asked: they are {@link oneShotKind one-shot}.
 */
export function isPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== "object" || value === null) return false;
  try {
    const prototype: object | null = Object.getPrototypeOf(value);
    return (prototype === Promise.prototype || isForeignPromise(value, prototype)) && isBare(value);
  } catch {
    // Not to be looked at, like a revoked proxy.
    return false;
  }
}

function isForeignPromise(value: object, prototype: object | null): boolean {
  return (
    prototype !== null &&
    isFunction((prototype as Looks).then) &&
    Object.prototype.toString.call(value) === "[object Promise]" &&
    prototype.constructor.name === "Promise"
  );
}

/** Without properties of its own, which another promise would not have; symbols are left by Node's own tracing. */
function isBare(promise: object): boolean {
  return Object.getOwnPropertyNames(promise).length === 0;
}

/** Whether something may be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof value === "object" && value !== null && isFunction((value as Looks).then);
  } catch {
    return false;
  }
}
