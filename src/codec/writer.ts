/** Bytes that grow as they are written. */

import { BIGINT, DOUBLE, NAN, NEGATIVE, NEGATIVE_BIGINT, POSITIVE, SMALL, STRING } from "./format.js";
import { Numbering } from "./numbering.js";

/** Strings up to here are written unit by unit, which is faster than a call into the platform. */
const SHORT = 24;
/** Memory up to here is kept for the next writer. */
const KEEP = 1_048_576;
const oneByte = /^[\0-\xff]*$/;

let spare: Buffer | undefined;

/** Writes numbers and texts one after the other. */
export class Writer {
  #bytes: Buffer = spare ?? Buffer.allocUnsafeSlow(4_096);
  #at = 0;
  readonly #names = new Numbering<string>();

  constructor() {
    // A conversion may encode values of its own meanwhile.
    spare = undefined;
  }

  byte(value: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#at++] = value;
  }

  /** A whole number that is not negative: seven bits a byte, the low ones first. */
  count(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** A number with its tag. */
  number(value: number): void {
    const whole = value | 0;
    const isWhole = whole === value && (whole !== 0 || 1 / value > 0);
    if (isWhole) this.#whole(whole);
    else if (Number.isNaN(value)) {
      // Not as a double, since there are many NaN.
      this.byte(NAN);
    } else {
      this.byte(DOUBLE);
      this.#reserve(8);
      this.#bytes.writeDoubleLE(value, this.#at);
      this.#at += 8;
    }
  }

  bigint(value: bigint): void {
    const digits = (value < 0n ? -value : value).toString(16);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    this.byte(value < 0n ? NEGATIVE_BIGINT : BIGINT);
    this.raw(Buffer.from(even, "hex"));
  }

  /** A string with its tag. */
  string(value: string): void {
    this.byte(STRING);
    this.text(value);
  }

  /** The text of a name: in full the first time, then its number. */
  name(value: string): void {
    const known = this.#names.of(value);
    this.count(known + 1);
    if (known >= 0) return;
    this.text(value);
    this.#names.add(value);
  }

  /** The number of units, doubled, and odd where a unit takes two bytes; then the units. */
  text(value: string): void {
    if (value.length > SHORT ? oneByte.test(value) : this.#short(value)) {
      if (value.length <= SHORT) return;
      this.count(value.length * 2);
      this.#reserve(value.length);
      this.#at += this.#bytes.write(value, this.#at, value.length, "latin1");
    } else {
      this.count(value.length * 2 + 1);
      this.#reserve(value.length * 2);
      this.#at += this.#bytes.write(value, this.#at, value.length * 2, "utf16le");
    }
  }

  /** Bytes, after their number. */
  raw(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** What was written, as a copy; the writer is done. */
  finish(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.#at);
    this.#bytes.copy(bytes, 0, 0, this.#at);
    this.release();
    return bytes;
  }

  /** Leaves the memory to the next writer. */
  release(): void {
    if (this.#bytes.length <= KEEP) spare = this.#bytes;
  }

  #whole(value: number): void {
    if (value >= 0 && value < 128) this.byte(SMALL | value);
    else {
      this.byte(value < 0 ? NEGATIVE : POSITIVE);
      this.count(value < 0 ? -1 - value : value);
    }
  }

  /** Whether the text was written: not if a unit takes two bytes. */
  #short(value: string): boolean {
    this.#reserve(value.length + 1);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = value.length * 2;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0xff) return false;
      bytes[at++] = unit;
    }
    this.#at = at;
    return true;
  }

  #reserve(length: number): void {
    if (this.#at + length > this.#bytes.length) this.#grow(length);
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + length));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
