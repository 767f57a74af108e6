/** A map that remembers an order, for stores of any size: most hold one pair, some hold many. */

import type { OrderedMap } from "../policy/index.js";

/** A pair, with its neighbours in the order. */
interface Link<K, V> {
  readonly key: K;
  value: V;
  before: Link<K, V> | undefined;
  after: Link<K, V> | undefined;
}

/** Stands for the absence of a pair; nothing else is this. */
const NONE: unique symbol = Symbol("none");

/**
 * A Map whose keys also stand in an order that can be changed at the cost of a few assignments. A single pair, as in the
 * caches of getters and of methods without arguments, is held in two fields instead: an empty Map takes 184 bytes, and
 * there may be a cache for each of many objects.
 */
export class LinkedMap<K, V> implements OrderedMap<K> {
  #key: K | typeof NONE = NONE;
  #value: V | undefined;
  #links: Map<K, Link<K, V>> | undefined;
  #first: Link<K, V> | undefined;
  #last: Link<K, V> | undefined;

  get size(): number {
    if (this.#links !== undefined) return this.#links.size;
    return this.#key === NONE ? 0 : 1;
  }

  get(key: K): V | undefined {
    if (this.#links !== undefined) return this.#links.get(key)?.value;
    return this.#isOnly(key) ? this.#value : undefined;
  }

  /** The same, and the key moves to the end of the order. */
  use(key: K): V | undefined {
    if (this.#links === undefined) return this.get(key);
    const link = this.#links.get(key);
    if (link === undefined) return undefined;
    if (link !== this.#last) {
      this.#unlink(link);
      this.#append(link);
    }
    return link.value;
  }

  /** Replaces a value, which leaves the order as it is, or adds a pair at the end. */
  set(key: K, value: V): void {
    if (this.#links === undefined && (this.#key === NONE || this.#isOnly(key))) {
      this.#key = key;
      this.#value = value;
      return;
    }
    this.#links ??= this.#grow();
    const known = this.#links.get(key);
    if (known === undefined) this.#links.set(key, this.#append({ key, value, before: undefined, after: undefined }));
    else known.value = value;
  }

  delete(key: K): boolean {
    const link = this.#links?.get(key);
    if (link !== undefined) {
      this.#unlink(link);
      return this.#links?.delete(key) === true;
    }
    const isHere = this.#links === undefined && this.#isOnly(key);
    if (isHere) this.#forget();
    return isHere;
  }

  clear(): void {
    this.#forget();
    this.#links = undefined;
    this.#first = undefined;
    this.#last = undefined;
  }

  first(): K | undefined {
    if (this.#links !== undefined) return this.#first?.key;
    return this.#key === NONE ? undefined : this.#key;
  }

  /** The keys as they were added; one that is removed during the iteration is not visited any more. */
  keys(): Iterator<K> & Iterable<K> {
    if (this.#links !== undefined) return this.#links.keys();
    return (this.#key === NONE ? [] : [this.#key])[Symbol.iterator]();
  }

  /** Whether there is one pair, and it is this key's. As in a Map, NaN is itself. */
  #isOnly(key: K): boolean {
    return this.#key === key || Object.is(this.#key, key);
  }

  /** From a single pair to a map of it. */
  #grow(): Map<K, Link<K, V>> {
    const link = { key: this.#key as K, value: this.#value as V, before: undefined, after: undefined };
    this.#forget();
    return new Map([[link.key, this.#append(link)]]);
  }

  #forget(): void {
    this.#key = NONE;
    this.#value = undefined;
  }

  #append(link: Link<K, V>): Link<K, V> {
    link.before = this.#last;
    link.after = undefined;
    if (this.#last === undefined) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    return link;
  }

  #unlink({ before, after }: Link<K, V>): void {
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
  }
}
