/** A map that remembers an order, for stores of any size: most hold one pair, some hold many. */

import type { OrderedMap } from "../policy/index.js";

/** A pair, with its neighbours in the order, which is a ring. */
class Link<K, V> {
  readonly key: K;
  value: V;
  before: Link<K, V> = this;
  after: Link<K, V> = this;

  constructor(key: K, value: V) {
    this.key = key;
    this.value = value;
  }
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
  /** Stands between the last pair and the first. One field for both ends, as there may be many maps. */
  #end: Link<K, V> | undefined;

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
    const end = this.#end as Link<K, V>;
    if (link.after !== end) {
      unlink(link);
      append(end, link);
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
    if (this.#links === undefined) this.#grow();
    const known = this.#links?.get(key);
    if (known === undefined) this.#add(key, value);
    else known.value = value;
  }

  delete(key: K): boolean {
    const link = this.#links?.get(key);
    if (link !== undefined) {
      unlink(link);
      return this.#links?.delete(key) === true;
    }
    const isHere = this.#links === undefined && this.#isOnly(key);
    if (isHere) this.#forget();
    return isHere;
  }

  clear(): void {
    this.#forget();
    this.#links = undefined;
    this.#end = undefined;
  }

  first(): K | undefined {
    const first = this.#end === undefined ? this.#key : this.#end.after.key;
    return first === NONE ? undefined : (first as K);
  }

  last(): K | undefined {
    const last = this.#end === undefined ? this.#key : this.#end.before.key;
    return last === NONE ? undefined : (last as K);
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
  #grow(): void {
    const key = this.#key as K;
    const value = this.#value as V;
    this.#forget();
    this.#links = new Map();
    this.#end = new Link(NONE as K, undefined as V);
    this.#add(key, value);
  }

  #add(key: K, value: V): void {
    const link = new Link(key, value);
    append(this.#end as Link<K, V>, link);
    this.#links?.set(key, link);
  }

  #forget(): void {
    this.#key = NONE;
    this.#value = undefined;
  }
}

function append<K, V>(end: Link<K, V>, link: Link<K, V>): void {
  link.before = end.before;
  link.after = end;
  end.before.after = link;
  end.before = link;
}

function unlink<K, V>({ before, after }: Link<K, V>): void {
  before.after = after;
  after.before = before;
}
