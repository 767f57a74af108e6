/** One store of two on disk: each entry in the one that suits it. */

import {
  type AsyncStore,
  type Fence,
  generalFence,
  type KeyFence,
  lookLaterInto,
  type Since,
  type Watch,
} from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { watchOf } from "./tier.js";

/** What each of the two knew. */
interface PairFence extends Partial<KeyFence> {
  readonly of: readonly [Fence | undefined, Fence | undefined];
  /** Neither had an entry of the key. */
  readonly isAbsent: boolean;
}

function fenceOf(of: PairFence["of"], isAbsent: boolean): PairFence {
  const [first, second] = of.map((fence) => (fence === undefined ? undefined : generalFence(fence)));
  return { of, isAbsent, general: { of: [first, second], isAbsent: false } satisfies PairFence };
}

/** A value on its way to one of the two. */
class Sided {
  readonly side: 0 | 1;
  readonly value: unknown;

  constructor(side: 0 | 1, value: unknown) {
    this.side = side;
    this.value = value;
  }
}

/**
 * See above. An entry that changes sides leaves none behind: the other side's is removed before it is written, so that
 * what fails on the way is a miss.
 *
 * @param isForSecond - Whether a value belongs into the second.
 */
export function paired(first: AsyncStore, second: AsyncStore, isForSecond: (value: unknown) => boolean): AsyncStore {
  const stores = [first, second] as const;

  function pack(entry: Entry): Entry & { readonly value: Sided } {
    if (entry.value instanceof Sided) return entry as Entry & { readonly value: Sided };
    const side = isForSecond(entry.value) ? 1 : 0;
    const packed = stores[side].pack?.(entry) ?? entry;
    return { ...packed, value: new Sided(side, packed.value), result: undefined };
  }

  async function get(
    key: Key,
    more?: (milliseconds: number) => void,
    seen?: (fence: Fence) => void,
  ): Promise<Entry | undefined> {
    const heard: [Fence | undefined, Fence | undefined] = [undefined, undefined];
    for (const side of [0, 1] as const) {
      const hear = (fence: Fence): void => {
        heard[side] = fence;
      };
      const entry = await stores[side].get(key, more, hear);
      if (entry !== undefined) return entry;
    }
    const isKnown = stores.every(({ fence }, side) => fence === undefined || heard[side] !== undefined);
    if (isKnown) seen?.(fenceOf(heard, true));
    return undefined;
  }

  async function peek(key: Key, more?: (milliseconds: number) => void): Promise<Entry | undefined> {
    for (const store of stores) {
      const entry = await (store.peek === undefined ? store.get(key, more) : store.peek(key, more));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  const { idOf, lease } = first;
  return {
    isolates: stores.every(({ isolates }) => isolates === true),
    pack,
    get,
    peek,
    inspect: (key) => stores.flatMap((store) => lookLaterInto(store, key)),
    async set(key, given, fence) {
      const { of, isAbsent } = (fence ?? { of: [undefined, undefined], isAbsent: false }) as PairFence;
      const { value: sided, ...rest } = pack(given);
      const { side, value } = sided;
      if (!isAbsent) await stores[side === 0 ? 1 : 0].delete(key);
      return stores[side].set(key, { ...rest, value }, of[side]);
    },
    async fence(key) {
      const of = await Promise.all([first.fence?.(key), second.fence?.(key)]);
      return fenceOf(of, false);
    },
    ...(lease && { lease: (key, milliseconds) => lease.call(first, key, milliseconds) }),
    ...(idOf && { idOf: (key) => idOf.call(first, key) }),
    ...(stores.every(({ watch }) => watch !== undefined) && { watch: () => new PairedWatch(stores.map(watchOf)) }),
    delete: async (key) => (await both(stores, (store) => store.delete(key))).some(Boolean),
    clear: async () => void (await both(stores, (store) => store.clear())),
    size: async () => (await first.size()) + (await second.size()),
    keys: async () => new Set([...(await first.keys()), ...(await second.keys())]),
    close: async () => void (await both(stores, (store) => store.close())),
  };
}

/** Does something with both, even if one of them fails; then that is thrown. */
async function both<T>(stores: readonly AsyncStore[], act: (store: AsyncStore) => Promise<T>): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(stores.map(async (store) => act(store)));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

/** Hears what others change in either. Where one cannot be heard, nothing is believed. */
class PairedWatch implements Watch {
  readonly #watches: readonly (Watch | undefined)[];

  constructor(watches: readonly (Watch | undefined)[]) {
    this.#watches = watches;
  }

  now(): Since {
    return this.#watches.map((watch) => watch?.now());
  }

  isUnchanged(key: Key, since: Since): boolean {
    const known = since as readonly (Since | undefined)[];
    return this.#watches.every((watch, i) => watch?.isUnchanged(key, known[i] as Since) === true);
  }

  close(): void {
    for (const watch of this.#watches) watch?.close();
  }
}
