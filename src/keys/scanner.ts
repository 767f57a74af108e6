/** Reads what `encode` has written, token by token, and says it in few words. */

import { CacheKeyError } from "../errors.js";

/** Characters of one text, of one object, and items of one object that are shown. */
const MAX_STRING = 200;
const MAX_OBJECT = 300;
const MAX_ITEMS = 20;
/** Levels of objects in objects that are shown. */
const MAX_DEPTH = 4;

/** A place in an encoded key. All methods throw for what nobody has encoded. */
export class Scanner {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  /** What was not read yet. */
  get rest(): string {
    return this.#text.slice(this.#at);
  }

  /** Goes on behind a sign, if it is next. */
  skip(sign: string): boolean {
    const isNext = this.#text.startsWith(sign, this.#at);
    if (isNext) this.#at += sign.length;
    return isNext;
  }

  /** Goes on behind a sign, which has to be next. */
  take(sign: string): void {
    if (!this.skip(sign)) throw new CacheKeyError("This is no encoded key.");
  }

  /** All values up to the end of the key, or up to a sign with which none begins. */
  list(): readonly string[] {
    const values: string[] = [];
    while (this.#at < this.#text.length && !/[#:]/.test(this.#next)) values.push(this.#value(0));
    return values;
  }

  get #next(): string {
    return this.#text.charAt(this.#at);
  }

  #until(sign: string): string {
    const end = this.#text.indexOf(sign, this.#at);
    if (end < 0) throw new CacheKeyError("This is no encoded key.");
    const text = this.#text.slice(this.#at, end);
    this.#at = end + sign.length;
    return text;
  }

  #part(length: number): string {
    if (!(length >= 0 && this.#at + length <= this.#text.length)) throw new CacheKeyError("This is no encoded key.");
    this.#at += length;
    return this.#text.slice(this.#at - length, this.#at);
  }

  /** A text that begins with its length. */
  #counted(): string {
    return this.#part(Number(this.#until(":")));
  }

  #value(depth: number): string {
    const letter = this.#part(1);
    const read = plain[letter];
    if (read !== undefined) return read;
    switch (letter) {
      case "s":
        return quoted(this.#counted());
      case "n":
        return this.#until(";");
      case "i":
        return `${this.#until(";")}n`;
      case "y":
        return `Symbol.for(${quoted(this.#counted())})`;
      case "@":
        return identified(this.#until(";"));
      case "r":
        return `the same object (${this.#until(";")})`;
      case "C":
        return `${this.#class()}(${this.#value(depth + 1)})`;
      case "F":
        this.#value(depth);
        return this.#value(depth);
      case "N":
        return this.#value(depth);
      case "[":
        return this.#array(depth);
      case "{":
        return this.#properties(depth);
      default:
        return this.#extended(this.#builtin(letter, depth), depth);
    }
  }

  /** What an object with a hook is an instance of. */
  #class(): string {
    if (this.skip("R")) return this.#counted();
    if (this.skip("K")) this.#part(64);
    else this.#value(0);
    return "cacheKey";
  }

  #array(depth: number): string {
    if (!/\d/.test(this.#next)) return `[${this.#items("]", depth, () => this.#value(depth + 1))}]`;
    const length = this.#until("{");
    const text = `Array(${length}) ${this.#properties(depth)}`;
    this.take("]");
    return text;
  }

  #properties(depth: number): string {
    // What is told apart by being itself as well says so first.
    const [identity] = /^@[^;]*;(?=[\d}])/.exec(this.#text.slice(this.#at, this.#at + 40)) ?? [];
    if (identity !== undefined) this.take(identity);
    return `{${this.#items("}", depth, () => {
      const name = /\d/.test(this.#next) ? nameOf(this.#counted()) : `[${this.#value(depth)}]`;
      return `${name}: ${this.#value(depth + 1)}`;
    })}}`;
  }

  /** Items up to a sign. Those that are not shown are read all the same. */
  #items(end: string, depth: number, read: () => string): string {
    const shown: string[] = [];
    let count = 0;
    for (; !this.skip(end); count += 1) {
      const text = read();
      if (count < MAX_ITEMS) shown.push(text);
    }
    if (count > 0 && depth >= MAX_DEPTH) return "…";
    if (count > MAX_ITEMS) shown.push(`${count - MAX_ITEMS} more`);
    return cut(shown.join(", "), MAX_OBJECT);
  }

  #builtin(letter: string, depth: number): string {
    const value = (): string => this.#value(depth + 1);
    switch (letter) {
      case "M":
        return `Map {${this.#items(";", depth, () => `${value()} => ${value()}`)}}`;
      case "S":
        return `Set {${this.#items(";", depth, value)}}`;
      case "d":
        return dateOf(Number(this.#until(";")));
      case "x":
        return this.#regExp(value);
      case "E": {
        const name = this.#until(";");
        value();
        return name;
      }
      case "b":
        return `Object(${value()})`;
      case "A": {
        const [name, kind] = [this.#until(":"), this.#until(":")];
        return `${name === "Buffer" ? name : kind}(${this.#counted().length} bytes)`;
      }
      case "a":
        this.#until(":");
        return `ArrayBuffer(${this.#counted().length} bytes)`;
      case "U":
        return `URL(${value()})`;
      case "Q":
        return `URLSearchParams(${value()})`;
      default:
        throw new CacheKeyError("This is no encoded key.");
    }
  }

  #regExp(value: () => string): string {
    const source = value();
    const flags = this.#until(";");
    value();
    return `RegExp(${source}, "${flags}")`;
  }

  /** An instance that has properties besides. */
  #extended(text: string, depth: number): string {
    return this.skip("+{") ? `${text} ${this.#properties(depth)}` : text;
  }
}

const plain: Readonly<Record<string, string>> = { t: "true", f: "false", u: "undefined", l: "null" };

function identified(number: string): string {
  return number === "ignored" ? "(ignored)" : `object @${number}`;
}

function quoted(text: string): string {
  const shown = JSON.stringify(text.slice(0, MAX_STRING));
  return text.length > MAX_STRING ? `${shown}… (${text.length} characters)` : shown;
}

function nameOf(name: string): string {
  return /^[A-Za-z_$][\w$]{0,99}$/.test(name) ? name : quoted(name);
}

function dateOf(time: number): string {
  return Number.isNaN(time) ? "Date(invalid)" : `Date(${new Date(time).toISOString()})`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
