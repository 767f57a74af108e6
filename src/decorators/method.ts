/** Decoration of methods and getters, under both systems of decorators that TypeScript has. */

import type { World } from "../caches/index.js";
import { ConfigurationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import type { Recipe } from "./recipe.js";
import { wrapFunction } from "./wrap-function.js";

/** The part of a standard decorator's context that matters here (TC39, "decorators", stage 3). */
export interface StandardContext {
  readonly kind: string;
  readonly name: string | symbol;
  addInitializer(initializer: () => void): void;
}

/** What to do about things that are no methods. */
const ADVICE: Readonly<Record<string, string>> = {
  class: "Decorate its methods one by one.",
  field: "Assign a wrapped function instead: name = {decorator}(() => …).",
  accessor: "Write a getter and decorate that.",
  setter: "Decorate the getter; in the setter, call cacheOf(this, name).clear().",
};

/** Whether the second argument of a decorator is a standard decorator's context. */
export function isStandardContext(thing: unknown): thing is StandardContext {
  if (typeof thing !== "object" || thing === null) return false;
  const { kind, addInitializer } = thing as Partial<StandardContext>;
  return typeof kind === "string" && typeof addInitializer === "function";
}

/** A method or getter under standard decorators, private and static ones included. Returns what takes its place. */
export function decorateStandard(
  recipe: Recipe,
  options: object,
  value: unknown,
  { kind, name }: StandardContext,
  world: World,
): AnyFunction {
  if (kind !== "method" && kind !== "getter") throw misplaced(recipe, kind, name);
  const label = `@${recipe.name} on ${kind} "${String(name)}"`;
  return wrapFunction(recipe, { fn: value as AnyFunction, isMethod: true, name: String(name), label }, options, world);
}

/** A method or getter under `experimentalDecorators`. Returns the descriptor, changed in nothing but the function. */
export function decorateLegacy(
  recipe: Recipe,
  options: object,
  name: string | symbol,
  descriptor: unknown,
  world: World,
): PropertyDescriptor {
  if (typeof descriptor === "number") throw misplaced(recipe, "parameter", name);
  if (typeof descriptor !== "object" || descriptor === null) throw misplaced(recipe, "field", name);
  const { value, get, set } = descriptor as PropertyDescriptor;
  const place = typeof value === "function" ? "value" : get !== undefined ? "get" : undefined;
  if (place === undefined) throw misplaced(recipe, set === undefined ? "field" : "setter", name);
  const label = `@${recipe.name} on ${place === "get" ? "getter" : "method"} "${String(name)}"`;
  const fn = (place === "get" ? get : value) as AnyFunction;
  const target = { fn, isMethod: true, name: String(name), label };
  return { ...descriptor, [place]: wrapFunction(recipe, target, options, world) };
}

function misplaced({ name: decorator }: Recipe, kind: string, name: string | symbol | undefined): ConfigurationError {
  const advice = (ADVICE[kind] ?? "Decorate a method or a getter.").replace("{decorator}", decorator);
  return new ConfigurationError(
    `@${decorator}: expected a method or a getter; got the ${kind} "${String(name)}". ${advice}`,
  );
}
