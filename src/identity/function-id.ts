/** Who a function is on disk: its folder aside, its name, its source or version, and what it depends on. */

import { ConfigurationError } from "../errors.js";
import type { AnyFunction } from "../function.js";
import { keyOf } from "../keys/index.js";
import { createHash } from "../node/crypto.js";
import { lasting } from "./lasting.js";

/** What the identity of a function is made of. */
export interface Identity {
  /** What it is called. */
  readonly name: string;
  /** Takes the place of the source: the user says when the function has changed. */
  readonly version: string | number | undefined;
  /** Values that the results depend on besides the arguments. */
  readonly deps: readonly unknown[] | undefined;
}

const sourceOf = Function.prototype.toString;

/** Whether a function's source says nothing about it: it is part of the platform, or bound. */
export function isNative(fn: AnyFunction): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(sourceOf.call(fn));
}

/**
 * The identity as 64 hexadecimal digits.
 *
 * @throws ConfigurationError for `deps` that are not the same in every process.
 */
export function functionId(fn: AnyFunction, { name, version, deps }: Identity): string {
  const hash = createHash("sha256");
  const add = (kind: string, text: string): void => {
    hash.update(`${kind}${text.length}:`).update(text, "utf16le");
  };
  add("name", name);
  // The ends of lines are all that may change without the language taking notice, even inside template literals.
  if (version === undefined) add("source", sourceOf.call(fn).replaceAll(/\r\n?/g, "\n"));
  else add("version", `${typeof version}:${version}`);
  if (deps !== undefined) add("deps", String(keyOf([deps], lastingDeps(name))));
  return hash.digest("hex");
}

function lastingDeps(name: string): typeof lasting {
  return (thing, role) => {
    try {
      return lasting(thing, role);
    } catch (cause) {
      throw new ConfigurationError(
        `The option "deps" of the cache "${name}" holds something that is not the same in every process.`,
        [],
        { cause },
      );
    }
  };
}
