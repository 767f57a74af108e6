/** Engines for types, and those that can be used here. */

import { type AnyFunction, isAsyncFunction } from "../function.js";
import { engineOf } from "./asks.js";
import { alternativesOf, placeOfKind } from "./by-data.js";
import { chainFor } from "./chains.js";
import { type DataKind, kindOfType, kindOfValue, type TypeReference, typeNameOf } from "./data-type.js";
import { isEngineAvailable } from "./manager.js";

/** The best engine for data of a kind. */
function engineFor(kind: DataKind): string {
  return chainFor(placeOfKind(kind))[0] ?? "map";
}

/**
 * The engine that suits a value by its type alone, whatever its size. {@link selectBackendForData} asks for more.
 *
 * @example
 * ```ts
 * import { detectResultBackend } from "twat-cache";
 * console.log([42, new Float64Array(9), new URL("https://example.org")].map(detectResultBackend).join()); // => lru,file,sqlite
 * ```
 */
export function detectResultBackend(value: unknown): string {
  return engineFor(kindOfValue(value));
}

/**
 * The engine that suits a type, given as its name, as its class, or as a value of it that is neither a text nor a function.
 *
 * @example
 * ```ts
 * import { getTypeBasedBackend } from "twat-cache";
 * class User {}
 * console.log([Map, User, "number", "Float32Array", "DataFrame"].map(getTypeBasedBackend).join()); // => lru,sqlite,lru,file,file
 * ```
 */
export function getTypeBasedBackend(
  type: TypeReference | object | number | bigint | boolean | null | undefined,
): string {
  if (typeof type === "string" || typeof type === "function") return engineFor(kindOfType(type as TypeReference));
  return engineFor(kindOfValue(type));
}

/** Whether an engine of that name is there and can be used here; the same as {@link isEngineAvailable}. */
export function isBackendAvailable(name: string): Promise<boolean> {
  return isEngineAvailable(name);
}

/**
 * The engine of that name, if it can be used here, or else the first that can of those that stand in for it.
 *
 * @example
 * ```ts
 * import { getAvailableBackend } from "twat-cache";
 * console.log(await getAvailableBackend("map"), await getAvailableBackend("no such engine")); // => map lru
 * ```
 */
export async function getAvailableBackend(preferred: string): Promise<string> {
  const own = engineOf(preferred)?.name ?? preferred;
  for (const name of [own, ...alternativesOf(own)]) if (await isEngineAvailable(name)) return name;
  return "map";
}

/**
 * The name of the type that a function returns: the one that is said, or `"Promise"` for an async function; `undefined`
 * where that cannot be known, since there are no types when a program runs.
 *
 * @example
 * ```ts
 * import { analyzeFunctionReturnType } from "twat-cache";
 * console.log(analyzeFunctionReturnType(async () => 1), analyzeFunctionReturnType(() => [1], Array)); // => Promise Array
 * ```
 */
export function analyzeFunctionReturnType(fn: AnyFunction, returns?: TypeReference): string | undefined {
  if (returns !== undefined) return typeNameOf(returns);
  return isAsyncFunction(fn) ? "Promise" : undefined;
}
