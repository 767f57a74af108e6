/** What turns values into bytes and back. */

/** Turns values into bytes and back. */
export interface Codec {
  /** 1 to 40 letters, digits and dashes. It is kept beside the bytes, which only a codec of this name reads. */
  readonly name: string;
  /**
   * The value as bytes, that share nothing with it: what happens to the value later does not change them.
   *
   * @throws CacheValueError for what the codec cannot keep exactly.
   */
  encode(value: unknown): Uint8Array;
  /**
   * A new value, equal to the one that was encoded.
   *
   * @param owned - The bytes are the reader's alone: the value may be a view of them, and they are not to be used any
   * more. Default: false, the value never shares memory with them.
   * @throws SerializationError for bytes that the codec did not make.
   */
  decode(bytes: Uint8Array, owned?: boolean): unknown;
}
