/** Leases: the right to make a key's value, which one process at a time has, for as long as its load takes. */

import type { AsyncStore, Lease } from "../contract/index.js";
import type { Key } from "../keys/index.js";
import type { Breaker } from "./breaker.js";
import type { Budget } from "./budget.js";
import type { Changes } from "./changes.js";
import type { Load } from "./inflight.js";
import type { OpeningStore } from "./opening-store.js";
import type { Plan } from "./plan.js";

/** The longest that a timer can take; a longer one would ring at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Who may make a value. `"mine"`: this process, until the load is over. `"taken"`: another one. `"nobody"`: the store does
 * not say, so that everybody may.
 */
export type Turn = "mine" | "taken" | "nobody";

/** A lease that this process has. */
interface Held {
  readonly lease: Lease;
  /** The load that it is for. */
  load: Load;
  /** The load is over, and its result may be on its way to the store. */
  isOver: boolean;
  /** Renews it; keeps nothing alive. */
  readonly timer: NodeJS.Timeout;
}

/** The leases that one cache of this process has. */
export class Leases {
  readonly #plan: Plan;
  readonly #store: OpeningStore;
  readonly #changes: Changes;
  readonly #breaker: Breaker;
  readonly #isAtWork: () => boolean;
  readonly #held = new Map<Key, Held>();
  #isClosed = false;

  constructor(plan: Plan, store: OpeningStore, changes: Changes, breaker: Breaker, isAtWork: () => boolean) {
    this.#plan = plan;
    this.#store = store;
    this.#changes = changes;
    this.#breaker = breaker;
    this.#isAtWork = isAtWork;
  }

  /** Asks for the lease of a load's key, within a budget. Never rejects. */
  async take(load: Load, milliseconds: number, budget: Budget): Promise<Turn> {
    const own = this.#held.get(load.key);
    if (own !== undefined) {
      // An earlier load of this process, which may not store any more, or has failed to: nobody waits for that.
      own.load = load;
      own.isOver = false;
      return "mine";
    }
    const store = this.#store.opened;
    // One that is being left alone may be asked by others, which find out how it is.
    if (store?.lease === undefined || this.#breaker.isOpen || this.#isClosed) return "nobody";
    const attempt = this.#breaker.ask();
    const asked = ask(store, load.key, milliseconds);
    try {
      const lease = await budget.spend(asked, this.#isAtWork);
      this.#breaker.worked();
      if (lease === undefined) return "taken";
      this.#hold(load, lease, milliseconds);
      return "mine";
    } catch (error) {
      // Nobody will wait for its end, should it be given after all.
      asked.then((lease) => lease?.release()).catch(() => undefined);
      this.#plan.guard.engineFailed("lease", error);
      this.#breaker.failed(attempt, error);
      return "nobody";
    }
  }

  #hold(load: Load, lease: Lease, milliseconds: number): void {
    const renew = (): void => {
      // What is not stored is not waited for; nor is a store that has not taken a result for so long.
      if (!held.load.valid || held.isOver) void this.#release(held);
      else void this.#renew(held);
    };
    const timer = setInterval(renew, Math.min(LONGEST, Math.max(1, milliseconds / 2)));
    (timer as { unref?(): void }).unref?.();
    const held: Held = { lease, load, isOver: false, timer };
    this.#held.set(load.key, held);
  }

  async #renew(held: Held): Promise<void> {
    try {
      // Another process has it, which thought that this one had died.
      if (!(await held.lease.renew())) this.#forget(held);
    } catch (error) {
      // It may work the next time; if it does not, the lease runs out.
      this.#plan.guard.debug("A lease was not renewed.", { err: error });
    }
  }

  /** A load is over. Others may have its key's lease once the store has what came of it, at once if nothing did. */
  end(load: Load): void {
    const held = this.#held.get(load.key);
    if (held?.load !== load) return;
    held.isOver = true;
    const settled = this.#changes.settledOf(load.key);
    if (settled === undefined) void this.#release(held);
    else void settled.then(() => (held.isOver ? this.#release(held) : undefined));
  }

  /** Gives back all leases, and takes none any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#held.values()].map((held) => this.#release(held)));
  }

  async #release(held: Held): Promise<void> {
    if (!this.#forget(held)) return;
    try {
      await held.lease.release();
    } catch (error) {
      this.#plan.guard.debug("A lease was not given back; it runs out.", { err: error });
    }
  }

  /** Whether it was still held. */
  #forget(held: Held): boolean {
    clearInterval(held.timer);
    return this.#held.get(held.load.key) === held && this.#held.delete(held.load.key);
  }
}

/** A store from elsewhere may throw, too. */
async function ask(store: AsyncStore, key: Key, milliseconds: number): Promise<Lease | undefined> {
  return store.lease?.(key, milliseconds);
}
