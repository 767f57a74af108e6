/** Keys as people read them: what was encoded, taken apart again. Runs no code of the arguments, and is bounded. */

import { isEncoded, type Key } from "./key.js";
import { Scanner } from "./scanner.js";

/** Characters of a text that is shown. */
const MAX_TEXT = 1_000;

/** What a key says. */
export interface ReadableKey {
  /** What counts of the arguments: `"a", { n: 1 }`. */
  readonly args: string;
  /** The name space; `undefined`: none. */
  readonly namespace: string | undefined;
  /** What stands for `this`; `undefined`: it does not count. */
  readonly self: string | undefined;
}

/** Reads a key. What cannot be read is shown as it is, as far as that is short. */
export function readableKey(key: Key): ReadableKey {
  let namespace: string | undefined;
  let self: string | undefined;
  let rest: Key = key;
  try {
    while (isEncoded(rest)) {
      const scanner = new Scanner(String(rest), 1);
      if (!scanner.skip(".")) return { args: cut(scanner.list().join(", ")), namespace, self };
      const [space, ...values] = scanner.list();
      const [value = ""] = values;
      // One that lies in another comes after it.
      if (space === '"namespace"') namespace = values.map((name) => JSON.parse(name) as string).join(" / ");
      else self = space === '"this"' ? cut(identityIn(value)) : cut(value);
      const isNumber = scanner.skip("#");
      if (!isNumber) scanner.take(":");
      rest = isNumber ? Number(scanner.rest) : scanner.rest;
    }
    return { args: typeof rest === "number" ? String(rest) : cut(JSON.stringify(rest)), namespace, self };
  } catch {
    return { args: cut(JSON.stringify(rest)), namespace, self };
  }
}

/** What stands for an object that is `this`, without the brackets by which it is told from a text. */
function identityIn(value: string): string {
  const [, text] = /^\["(.*)"\]$/.exec(value) ?? [];
  if (text === undefined) return value;
  return text === "@one;" ? "the one object that it is called on" : `object ${text.replace(";", "")}`;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
