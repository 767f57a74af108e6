/** What a function that is given to a cache may do wrong, at random: it throws, rejects, never answers, or talks nonsense. */

import { createRandom } from "./random.js";

/** A promise as some libraries make them: of a class of their own. */
class OddPromise<T> extends Promise<T> {}

/** An error that cannot even be looked at. */
const hostile: unknown = new Proxy(
  {},
  {
    get() {
      throw new Error("not to be looked at");
    },
  },
);

const nonsense: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  -1,
  10n,
  "nonsense",
  Symbol("nonsense"),
  true,
  {},
  [],
  () => undefined,
  hostile,
];

export type Fn = (...args: never[]) => unknown;

/** Chance, and what it does to functions. */
export class Harm {
  readonly random: () => number;
  /** Every error that was made here. */
  readonly made: Set<unknown> = new Set([hostile]);
  /** How often harm was done. */
  done = 0;

  constructor(seed: number) {
    this.random = createRandom(seed);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  /** Something to throw, which is not always an error. */
  error(what: string): unknown {
    const error = this.pick<unknown>([
      new Error(`harm in ${what}`),
      Object.freeze(new TypeError(`frozen harm in ${what}`)),
      `no error, in ${what}`,
      undefined,
      hostile,
    ]);
    this.made.add(error);
    return error;
  }

  /** A promise, or what looks like one, that rejects, now or later. */
  rejected(error: unknown): unknown {
    return this.pick<() => unknown>([
      () => Promise.reject(error),
      () => new Promise((_resolve, reject) => setImmediate(() => reject(error))),
      () => OddPromise.reject(error),
      () => Object.assign(Promise.reject(error), { url: "of a request" }),
      // biome-ignore lint/suspicious/noThenProperty: it is meant to be mistaken for a promise.
      () => ({ then: (_resolve: unknown, reject: (error: unknown) => void) => reject(error) }),
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: it is meant to be mistaken for a promise.
        then() {
          throw error;
        },
      }),
    ])();
  }

  /** The function, which now and then does something else. One that is honest fails, and never says what is not so. */
  spoilt<F extends Fn>(what: string, fn: F, { probability = 0.15, isHonest = false } = {}): F {
    const harm = this;
    return function spoilt(this: unknown, ...args: unknown[]): unknown {
      if (!harm.chance(probability)) return (fn as unknown as (...args: unknown[]) => unknown).apply(this, args);
      harm.done += 1;
      const dice = harm.random();
      if (dice < 0.35) throw harm.error(what);
      if (dice < 0.75) return harm.rejected(harm.error(what));
      if (dice < 0.85 || isHonest) return new Promise(() => undefined);
      return harm.pick(nonsense);
    } as unknown as F;
  }
}
