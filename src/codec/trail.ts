/** Where in a value an encoder is: noted as it goes, and put into words only when something is refused. */

import { CacheValueError } from "../errors.js";
import { isProxy } from "../native/index.js";
import { MAX_DEPTH } from "./format.js";

/** Steps that are neither an index nor a name. */
const ITSELF = -1;
export const MAP_KEY = -2;
export const MAP_VALUE = -3;
export const SET_ITEM = -4;
export const PARTS = -5;
const words: Readonly<Record<number, string>> = {
  [ITSELF]: "",
  [MAP_KEY]: ".keys()",
  [MAP_VALUE]: ".values()",
  [SET_ITEM]: ".values()",
  [PARTS]: ".parts",
};
/** Longer paths and names are cut. */
const LONGEST = 200;

/** The way from the value to the part that is being encoded. */
export class Trail {
  readonly #wayOut: string;
  readonly #steps: (string | number)[] = [];
  #depth = 0;

  /** @param wayOut - A sentence for messages: what to do about what is refused. */
  constructor(wayOut: string) {
    this.#wayOut = wayOut;
  }

  /** Goes into an object. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new CacheValueError(
        `Values that nest deeper than ${MAX_DEPTH} levels cannot be kept. Return a flatter one, or use clone: "none".`,
      );
    }
    this.#steps[this.#depth] = ITSELF;
  }

  /** Goes on to a property, an element, or one of the steps above. */
  step(to: string | number): void {
    this.#steps[this.#depth] = to;
  }

  /** Goes back out of the object. */
  leave(): void {
    this.#depth -= 1;
  }

  /** The error for what cannot be kept, here or at a property of this object. */
  refusal(what: string, options: ErrorOptions & { readonly at?: PropertyKey } = {}): CacheValueError {
    if (options.at !== undefined) this.step(String(options.at));
    const path = this.#steps
      .slice(1, this.#depth + 1)
      .map(inWords)
      .join("");
    const place = path.length > LONGEST ? `…${path.slice(-LONGEST)}` : path;
    return new CacheValueError(
      `${what}${place === "" ? "" : ` at ${place}`} cannot be kept exactly. ${this.#wayOut}`,
      options,
    );
  }
}

function inWords(step: string | number): string {
  if (typeof step === "number") return words[step] ?? `[${step}]`;
  if (/^(?:0|[1-9]\d*)$/.test(step)) return `[${step}]`;
  return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, LONGEST))}]`;
}

/** What an object is, in words, without running any code of it. */
export function describe(value: object): string {
  if (isProxy(value)) return "A proxy";
  if (typeof value === "function") return "A function";
  const prototype: unknown = Object.getPrototypeOf(value);
  const type = dataOf(prototype, "constructor");
  const name = typeof type === "function" ? dataOf(type, "name") : undefined;
  return typeof name === "string" && name !== ""
    ? `An instance of ${name.slice(0, LONGEST)}`
    : "An object of an unknown class";
}

function dataOf(holder: unknown, name: string): unknown {
  const isObject = (typeof holder === "object" && holder !== null) || typeof holder === "function";
  return isObject && !isProxy(holder) ? Object.getOwnPropertyDescriptor(holder, name)?.value : undefined;
}
