/**
 * One store of two: small entries in memory alone, large ones in a store that others use too.
 *
 * Which of the two an entry is in is found out for each entry that is written. One goes into the memory only where it is
 * certain that nothing lies behind it, and that nobody has changed its key since its load began; in all other cases it
 * goes to the store behind, in the place of what lies there, which refuses what was removed meanwhile. So there are never
 * two values of a key, and what was removed does not come back, whichever side it was on.
 */

import {
  type AsyncStore,
  type Fence,
  generalFence,
  type KeyFence,
  lookLaterInto,
  type Since,
  type StoreOptions,
  type Watch,
} from "../contract/index.js";
import { type Entry, isFresh } from "../entry.js";
import type { Key } from "../keys/index.js";
import { copyOfKept, type NearBounds, NearMemory } from "./near.js";
import { Readings } from "./readings.js";
import { copyForMemory, packFor, type Sides, unpacked } from "./sides.js";
import { watchOf } from "./tier.js";

/** What was known before a function ran. */
export interface NearFence extends Partial<KeyFence> {
  readonly known: Since;
  /** That of the store behind. */
  readonly far: Fence | undefined;
  /** There was no entry of the key behind. */
  readonly isAbsent: boolean;
}

function fenceOf(known: Since, far: Fence | undefined, isAbsent: boolean): NearFence {
  const general: NearFence = { known, far: far === undefined ? undefined : generalFence(far), isAbsent: false };
  return { known, far, isAbsent, general };
}

/** See above. A store that does not say what others change in it keeps all entries. */
export function nearAndFar(bounds: NearBounds, sides: Sides, far: AsyncStore, options: StoreOptions): AsyncStore {
  const watch = watchOf(far);
  return watch === undefined ? far : routed(new NearMemory(bounds, watch, options), watch, { sides, far, options });
}

/** Asks for more time, in milliseconds. */
type More = (milliseconds: number) => void;

/** What the store is made of, besides the memory. */
interface Parts {
  readonly sides: Sides;
  readonly far: AsyncStore;
  readonly options: StoreOptions;
}

function routed(near: NearMemory, watch: Watch, { sides, far, options }: Parts): AsyncStore {
  const clock = { tick: () => options.now() };
  const readings = new Readings();

  async function read(
    key: Key,
    ask: "get" | "peek",
    more?: More,
    seen?: (fence: Fence) => void,
  ): Promise<Entry | undefined> {
    const held = near.find(key, ask);
    if (held !== undefined && isFresh(held.entry, clock)) return copyOfKept(held);
    const known = watch.now();
    let heard: Fence | undefined;
    const hear = (fence: Fence): void => {
      heard = fence;
    };
    const reading = readings.begin(key);
    const entry = await behind(key, ask, more, hear).finally(() => readings.end(key, reading));
    const { isCalm } = reading;
    if (entry === undefined) {
      // What is over may be of use.
      const over = held && near.find(key);
      if (over !== undefined) return copyOfKept(over);
      const isKnown = heard !== undefined || far.fence === undefined;
      if (isKnown) seen?.(fenceOf(known, heard, isCalm));
    } else if (isCalm) remember(key, entry, known);
    return entry;
  }

  /** What lies behind. */
  const behind = (
    key: Key,
    ask: "get" | "peek",
    more?: More,
    hear?: (fence: Fence) => void,
  ): Promise<Entry | undefined> =>
    ask === "peek" && far.peek !== undefined ? far.peek(key, more) : far.get(key, more, hear);

  /** Keeps a copy of a small entry that lies behind, where there was no room for it before, or no certainty. */
  function remember(key: Key, entry: Entry, known: Since): void {
    const copy = copyForMemory(sides, entry);
    if (copy === undefined) near.forget(key);
    else near.keep(key, { entry: unpacked({ ...entry, value: copy }), known, isAlone: false }, copy.bytes ?? 0);
  }

  /** Makes a change behind. What is in memory goes before and after: it may be read again in between. */
  async function change<T>(act: () => Promise<T>, key?: Key): Promise<T> {
    const forget = (): void => {
      readings.disturb(key);
      near.forget(key);
    };
    forget();
    try {
      return await act();
    } finally {
      forget();
    }
  }

  /** What is known to hold for a small entry, if it can be in memory alone. */
  async function certain(key: Key, entry: Entry, fence: NearFence | undefined): Promise<Since | undefined> {
    if (fence === undefined) {
      // Put in by name: all who use the store behind are to hear of it.
      await change(() => far.delete(key), key);
      return watch.now();
    }
    // One that is over already tells others that it is.
    if (!isFresh(entry, clock)) return undefined;
    if (fence.isAbsent || near.hasAlone(key)) return fence.known;
    if (!watch.isUnchanged(key, fence.known)) return undefined;
    return (await behind(key, "peek")) === undefined ? fence.known : undefined;
  }

  return {
    ...far,
    isolates: true,
    pack: (entry) => packFor(sides, far, entry),
    get: (key, more, seen) => read(key, "get", more, seen),
    peek: (key, more) => read(key, "peek", more),
    inspect: (key) => [Promise.resolve(near.inspect(key)), ...lookLaterInto(far, key)],
    near(key) {
      const held = near.find(key);
      return held === undefined ? far.near?.(key) : copyOfKept(held);
    },
    getNow(key) {
      const held = near.find(key, "get");
      return held !== undefined && isFresh(held.entry, clock) ? copyOfKept(held) : undefined;
    },
    async set(key, given, fence) {
      const since = fence as NearFence | undefined;
      const packed = packFor(sides, far, given);
      const entry = unpacked(packed);
      const { bytes } = packed.value;
      if (bytes !== undefined) {
        const known = await certain(key, entry, since);
        if (known !== undefined && near.keep(key, { entry, known, isAlone: true }, bytes)) {
          // What was read before is older, should it come now.
          readings.disturb(key);
          return true;
        }
      }
      const forFar = bytes === undefined ? entry : (far.pack?.(entry) ?? entry);
      return change(() => far.set(key, forFar, since?.far), key);
    },
    fence(key) {
      const known = watch.now();
      const isAbsent = near.hasAlone(key);
      const noted = (fence: Fence | undefined): NearFence => fenceOf(known, fence, isAbsent);
      const answer = far.fence?.(key);
      return answer instanceof Promise ? answer.then(noted) : noted(answer);
    },
    async delete(key) {
      const was = near.hasAlone(key);
      return (await change(() => far.delete(key), key)) || was;
    },
    clear: () => change(() => far.clear()),
    size: async () => (await far.size()) + near.aloneKeys().length,
    keys: async () => new Set([...(await far.keys()), ...near.aloneKeys()]),
    async close() {
      near.close();
      await far.close();
    },
  };
}
