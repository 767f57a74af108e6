/** Bytes from anywhere, read with care: every length is checked against what is left. */

import { SerializationError } from "../errors.js";

/** Shorter parts of a string are copied by V8; longer ones would keep the whole of it in memory. */
const COPIED = 13;
/** Bytes that are turned into characters at once. */
const FEW = 4_096;

/** Names that have come up: V8 knows them, and finds the properties of that name in half the time. */
const known = new Map<string, string>();
/** So many names are remembered, in all. */
const MAX_NAMES = 1_000;

function learn(name: string): string {
  if (name.length < COPIED && known.size < MAX_NAMES) known.set(name, name);
  return name;
}

/** The error for bytes that no encoder made. */
export function unreadable(reason: string, options?: ErrorOptions): SerializationError {
  return new SerializationError(`These bytes are not a value of the codec "exact": ${reason}.`, options);
}

/** Reads what a `Writer` wrote. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at = 0;
  readonly #names: string[] = [];
  /** The bytes as characters, while there may be short texts to come. */
  #characters: string | undefined;

  /** @param end - Where the bytes end that may be read. */
  constructor(bytes: Buffer, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  /** How many bytes there are still. */
  get left(): number {
    return this.#end - this.#at;
  }

  byte(): number {
    if (this.#at >= this.#end) throw unreadable("they end too early");
    return this.#bytes[this.#at++] as number;
  }

  count(): number {
    const first = this.byte();
    if (first < 128) return first;
    let sum = first - 128;
    for (let factor = 128; factor <= 2 ** 42; factor *= 128) {
      const next = this.byte();
      if (next < 128) return sum + next * factor;
      sum += (next - 128) * factor;
    }
    throw unreadable("a number is too large");
  }

  /** A number of things that take at least `width` bytes each. */
  countOf(width: number): number {
    const count = this.count();
    if (count * width > this.left) throw unreadable("a length goes beyond their end");
    return count;
  }

  double(): number {
    if (this.left < 8) throw unreadable("they end too early");
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  bigint(): bigint {
    return BigInt(`0x0${this.raw().toString("hex")}`);
  }

  text(): string {
    const count = this.count();
    const wide = count % 2 === 1;
    const start = this.#at;
    const length = wide ? count - 1 : count / 2;
    if (length > this.left) throw unreadable("a length goes beyond their end");
    this.#at += length;
    if (wide) return this.#bytes.toString("utf16le", start, this.#at);
    return length < COPIED ? this.#short(start) : this.#bytes.toString("latin1", start, this.#at);
  }

  /** A short text, cut out of all characters where those are few: a call into the platform takes longer. */
  #short(start: number): string {
    if (this.#end > FEW) return this.#bytes.toString("latin1", start, this.#at);
    this.#characters ??= this.#bytes.toString("latin1", 0, this.#end);
    return this.#characters.slice(start, this.#at);
  }

  name(): string {
    const number = this.count();
    if (number === 0) {
      const text = this.text();
      const name = known.get(text) ?? learn(text);
      this.#names.push(name);
      return name;
    }
    const name = this.#names[number - 1];
    if (name === undefined) throw unreadable("a name is not known");
    return name;
  }

  /** A view of bytes, after their number. */
  raw(): Buffer {
    const length = this.countOf(1);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
