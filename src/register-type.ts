/** `registerType`: classes of the program's own, made cacheable. */

import { ConfigurationError } from "./errors.js";
import { addType, type TypeConversion } from "./registered-type.js";

/** A class, as `registerType` takes it. */
// biome-ignore lint/suspicious/noExplicitAny: any class at all, whatever its constructor takes.
type ClassOf<T extends object> = abstract new (...args: any[]) => T;

/**
 * Makes instances of a class cacheable exactly: on disk, and with `clone: "structured"`. Only instances of this very
 * class, not of subclasses. Register before the first call of the functions that return them.
 *
 * @param name - What stands for the class on disk; keep it when the class is renamed or moved.
 * @param conversion - How instances become parts and back. Default: their own properties are all there is, as in a class
 * without private fields.
 * @throws ConfigurationError for a name or class that is taken, and for what is not a class.
 *
 * @example
 * ```ts
 * import { registerType } from "twat-cache";
 * class Money {
 *   readonly #cents: number;
 *   constructor(cents: number) {
 *     this.#cents = cents;
 *   }
 *   get cents(): number {
 *     return this.#cents;
 *   }
 * }
 * registerType("Money", Money, { encode: (money) => money.cents, decode: (cents) => new Money(cents) });
 * ```
 */
export function registerType<T extends object, P = unknown>(
  name: string,
  type: ClassOf<T>,
  conversion?: TypeConversion<T, P>,
): void {
  const prototype: unknown = typeof type === "function" ? type.prototype : undefined;
  if (typeof name !== "string" || name.length === 0 || name.length > 200) {
    throw new ConfigurationError("registerType: expected a name of 1 to 200 characters.");
  }
  if (typeof prototype !== "object" || prototype === null) {
    throw new ConfigurationError(`registerType("${name}"): expected a class.`);
  }
  if (conversion !== undefined && [conversion.encode, conversion.decode].some((half) => typeof half !== "function")) {
    throw new ConfigurationError(`registerType("${name}"): expected a conversion with functions encode and decode.`);
  }
  const known = addType({
    name,
    prototype,
    conversion: conversion as TypeConversion<object, unknown> | undefined,
  });
  if (known !== undefined) {
    throw new ConfigurationError(`registerType("${name}"): "${known.name}" is registered already, once is enough.`);
  }
}
