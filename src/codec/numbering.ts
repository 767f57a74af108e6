/** Numbers for things, in the order in which they come up. */

/** Up to here a list is gone through: a map would take longer, and give every object a hash. */
const FEW = 16;

/** See above. */
export class Numbering<T> {
  readonly #list: T[] = [];
  #map: Map<T, number> | undefined;

  /** How many things have a number. */
  get size(): number {
    return this.#list.length;
  }

  /** The number of a thing, from 0; -1: it has none yet. */
  of(thing: T): number {
    return this.#map === undefined ? this.#list.indexOf(thing) : (this.#map.get(thing) ?? -1);
  }

  /** Gives a new thing its number. */
  add(thing: T): void {
    const number = this.#list.push(thing) - 1;
    if (number === FEW) this.#map = new Map(this.#list.map((one, i) => [one, i]));
    this.#map?.set(thing, number);
  }
}
