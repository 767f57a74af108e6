/** A function to cache that does at random what functions do, and knows what it has given: the judge of what callers get. */

import type { Harm } from "./strict-harm.js";

/** How a source may behave. */
export interface Manners {
  /** It may give what it gives at once, and not as a promise. */
  readonly isSync: boolean;
  /** Every load settles. */
  readonly settles: boolean;
}

/** A call, as the judge sees it. */
export interface Asked {
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

/** The signals of callers, which functions get to see where no cache is between. */
export const callers: WeakSet<AbortSignal> = new WeakSet();

/** A value as some libraries return it: a promise of a class of their own. */
class OddPromise<T> extends Promise<T> {}

/** What one run has to say; copies of it come out of some caches. */
interface Answer {
  readonly of: string;
  readonly run: number;
}

const isAnswer = (value: unknown): value is Answer => typeof value === "object" && value !== null && "run" in value;

/** A source. */
export class Source {
  readonly #harm: Harm;
  readonly #manners: Manners;
  readonly #name: string;
  /** The key of each run. */
  readonly #runs: string[] = [];
  /** What was given that cannot be copied, with its key. */
  readonly #objects = new WeakMap<object, string>();
  /** Keys for which nothing was given, as `undefined` or `null`. */
  readonly #nothing = new Set<string>();
  readonly #errors = new Set<unknown>();
  readonly #words = new Set<string>();

  constructor(name: string, harm: Harm, manners: Manners) {
    this.#name = name;
    this.#harm = harm;
    this.#manners = manners;
  }

  /** What somebody may put into the cache: a value, or a promise. */
  newValue(key: string): unknown {
    return this.#harm.pick<() => unknown>([
      () => this.value(key),
      () => Promise.resolve(this.value(key)),
      () => Promise.reject(this.error()),
      () => (this.#manners.settles ? this.value(key) : new Promise(() => undefined)),
      () => new Promise((_resolve, reject) => setImmediate(() => reject(this.error()))),
    ])();
  }

  /** The function to cache. */
  readonly load = (key: string, signal?: unknown): unknown => {
    const isSignal = signal instanceof AbortSignal;
    return this.#manners.isSync ? this.#now(key) : this.#soon(key, isSignal ? signal : undefined);
  };

  /** The same for many keys, which now and then is not even an array of as many results. */
  readonly loadMany = (keys: readonly string[]): unknown => {
    const harm = this.#harm;
    const one = (key: string): unknown => {
      if (harm.chance(0.8)) return this.value(key);
      return harm.pick<() => unknown>([
        () => this.#instance(),
        () => Promise.reject(this.error()),
        () => OddPromise.reject(this.error()),
        () => this.#late(() => this.value(key)),
      ])();
    };
    if (harm.chance(0.05)) throw this.error();
    if (harm.chance(0.05)) return Promise.reject(this.error());
    if (!this.#manners.settles && harm.chance(0.02)) return new Promise(() => undefined);
    const asked = harm.chance(0.1) ? [...keys, "one too many"] : keys;
    return harm.chance(0.5) ? asked.map(one) : this.#late(() => asked.map(one));
  };

  /** A value that this source could have given. */
  value(key: string): unknown {
    const dice = this.#harm.random();
    if (dice < 0.06) {
      this.#nothing.add(key);
      return dice < 0.03 ? undefined : null;
    }
    if (dice < 0.1) return this.#remembered([key].values(), key);
    const answer: Answer = { of: key, run: this.#runs.push(key) - 1 };
    return dice < 0.5 ? answer : JSON.stringify(answer);
  }

  /** An error of this source. */
  error(): unknown {
    if (this.#harm.chance(0.75)) return this.#instance();
    const words = `${this.#name} failed, ${this.#errors.size}`;
    this.#errors.add(words);
    return words;
  }

  /** Whether a value was given for this key. */
  gave(key: string, value: unknown): boolean {
    if (value === undefined || value === null) return this.#nothing.has(key);
    if (typeof value === "object" && this.#objects.get(value) === key) return true;
    const answer: unknown = typeof value === "string" && value.startsWith("{") ? JSON.parse(value) : value;
    return isAnswer(answer) && answer.of === key && this.#runs[answer.run] === key;
  }

  /**
   * Whether this is what the function has failed with.
   *
   * @param mayBeCopy - Errors come out of some caches as copies.
   */
  failedWith(error: unknown, mayBeCopy: boolean): boolean {
    if (this.#errors.has(error)) return true;
    return mayBeCopy && error instanceof Error && this.#words.has(error.message);
  }

  #instance(): Error {
    const message = `${this.#name} failed, ${this.#errors.size}`;
    const error = this.#harm.pick<Error>([
      new Error(message),
      Object.freeze(new RangeError(message)),
      Object.assign(new Error(message), { code: "ESOURCE", cause: new Error("why") }),
    ]);
    this.#errors.add(error);
    this.#words.add(message);
    return error;
  }

  #remembered<T extends object>(object: T, key: string): T {
    this.#objects.set(object, key);
    return object;
  }

  #now(key: string): unknown {
    const dice = this.#harm.random();
    if (dice < 0.15) throw this.error();
    if (dice < 0.3) return this.#soon(key, undefined);
    return this.value(key);
  }

  #soon(key: string, signal: AbortSignal | undefined): unknown {
    const dice = this.#harm.random();
    if (dice < 0.05) throw this.error();
    if (dice < 0.12) return Promise.reject(this.error());
    if (dice < 0.15) return OddPromise.reject(this.error());
    if (dice < 0.18) return Object.assign(Promise.reject(this.error()), { url: "of a request" });
    if (dice < 0.21) return OddPromise.resolve(this.value(key));
    if (dice < 0.23 && !this.#manners.settles) return this.#until(signal, () => undefined);
    if (dice < 0.6) return Promise.resolve(this.value(key));
    const isGood = dice < 0.9;
    return this.#until(signal, (resolve, reject) => {
      this.#after(() => (isGood ? resolve(this.value(key)) : reject(this.error())));
    });
  }

  /** A promise that ends early where the signal says so. */
  #until(
    signal: AbortSignal | undefined,
    begin: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        // Where a cache was not told whose signal it is, it ends the function for all who wait.
        const reason: unknown = signal?.reason;
        if (signal !== undefined && callers.has(signal)) {
          this.#errors.add(reason);
          this.#words.add((reason as Error).message);
        }
        reject(reason);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      begin(resolve, reject);
    });
  }

  #late(make: () => unknown): Promise<unknown> {
    return this.#until(undefined, (resolve) => this.#after(() => resolve(make())));
  }

  #after(act: () => void): void {
    if (this.#harm.chance(0.5)) setImmediate(act);
    else setTimeout(act, this.#harm.random() * 8);
  }
}
