/** One entrance for all call forms of a decorator. */

import { program, type World } from "../caches/index.js";
import { judgeOptions, show } from "../config/index.js";
import { ConfigurationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import { decorateLegacy, decorateStandard, isStandardContext } from "./method.js";
import type { Recipe } from "./recipe.js";
import { wrapFunction } from "./wrap-function.js";

/**
 * Makes a decorator: `d(fn)`, `d(fn, options)`, `d(options)(fn)`, `@d`, `@d()`, `@d(options)`, the last three under
 * standard decorators and under `experimentalDecorators` alike. Which form it is can be told from the arguments.
 *
 * @param world - Where the caches belong.
 */
export function createDecorator(recipe: Recipe, world: World = program): AnyFunction {
  function apply(options: object, target: unknown, second: unknown, third: unknown, count: number): unknown {
    if (isStandardContext(second)) return decorateStandard(recipe, options, target, second, world);
    if (typeof second === "string" || typeof second === "symbol")
      return decorateLegacy(recipe, options, second, third, world);
    if (typeof target === "function" && count === 1) return wrap(target as AnyFunction, options);
    // A class under `experimentalDecorators` comes alone, like a function, and is refused as a class.
    throw new ConfigurationError(`${recipe.name}(options)(…): expected one function, got ${show(target)}.`);
  }

  function wrap(fn: AnyFunction, options: object): AnyFunction {
    const label = `${recipe.name}(${fn.name || "function"})`;
    return wrapFunction(recipe, { fn, isMethod: false, name: fn.name, label }, options, world);
  }

  return function decorator(...args: unknown[]): unknown {
    const [first, second, third] = args;
    if (args.length === 0) return (...target: unknown[]) => apply({}, target[0], target[1], target[2], target.length);
    if (isStandardContext(second) || typeof second === "string" || typeof second === "symbol") {
      return apply({}, first, second, third, args.length);
    }
    if (typeof first === "function") return wrap(first as AnyFunction, (second === undefined ? {} : second) as object);
    if (typeof first === "object" && first !== null && args.length === 1) {
      const options = judgeOptions(recipe.options, first, recipe.name);
      return (...target: unknown[]) => apply(options, target[0], target[1], target[2], target.length);
    }
    throw new ConfigurationError(`${recipe.name}(…): expected a function, or options; got ${show(first)}.`);
  };
}
