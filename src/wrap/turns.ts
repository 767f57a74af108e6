/** Taking turns with other processes: of those that find nothing for a key, one makes its value, and the others wait. */

import type { LockConfig } from "../config/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { AsyncEntries } from "./async-entries.js";
import { Budget } from "./budget.js";
import type { Load } from "./inflight.js";
import { LEFT, type Outcome } from "./outcome.js";
import type { Plan } from "./plan.js";

/** Milliseconds between two looks at what another process does: the first pause, by how much it grows, and up to. */
const PAUSE = { first: 10, growth: 1.5, upTo: 100 };
/** Milliseconds for which nobody asks again for a lease that another process has, where there is a value to serve. */
const LEAVE_ALONE = 100;
/** Keys that are left alone at a time; of more, the oldest are asked for again early. */
const MAX_LEFT_ALONE = 1_000;

/** What is to be done in a turn. */
interface Tasks {
  /** Looks in the store once more, and takes down what it knows of removals. */
  look(budget: Budget): Promise<Entry | undefined>;
  /** What an entry comes to that another process has made; `undefined`: it has made nothing yet. */
  give(entry: Entry | undefined): Outcome | undefined;
  /**
   * Runs the function.
   *
   * @param budget - For the rest of the call; default: what is left of its own.
   */
  run(budget?: Budget): Promise<Outcome>;
}

/** Whether it is this process's turn, or what another one has made; `isSilent`: the store did not answer in time. */
interface Turned {
  readonly made?: Outcome | undefined;
  readonly isSilent?: boolean;
}

/** The turns of one cache. */
export class Turns {
  readonly #plan: Plan;
  readonly #entries: AsyncEntries;
  readonly #leftAlone = new Map<Key, number>();

  constructor(plan: Plan, entries: AsyncEntries) {
    this.#plan = plan;
    this.#entries = entries;
  }

  /** Runs the function in its turn, unless another process has made a value by then. Rejects as the function does. */
  async take(load: Load, lock: LockConfig, tasks: Tasks): Promise<Outcome> {
    try {
      const turned = load.isBackground ? await this.#ask(load, lock, tasks) : await this.#wait(load, lock, tasks);
      // A store that did not answer is not waited for once more.
      return turned.made ?? (await tasks.run(turned.isSilent === true ? new Budget(0) : undefined));
    } finally {
      this.#entries.leases.end(load);
    }
  }

  /** Waits until the function may run, or need not. */
  async #wait(load: Load, lock: LockConfig, tasks: Tasks): Promise<Turned> {
    const until = performance.now() + lock.wait;
    for (let pause = PAUSE.first; ; pause = Math.min(PAUSE.upTo, pause * PAUSE.growth)) {
      const budget = this.#budget();
      const turned = await this.#begin(load, lock, tasks, budget);
      if (turned !== undefined) return turned;
      load.began ??= performance.now();
      const left = until - performance.now();
      if (left <= 0) return {};
      await sleep(Math.min(left, pause * (0.5 + Math.random() / 2)));
      if (load.abandoned !== undefined) return {};
      const made = tasks.give(await this.#entries.read(load.key, budget, "peek"));
      if (made !== undefined || budget.isSpent) return { made, isSilent: budget.isSpent };
    }
  }

  /** The same for a load that nobody waits for, which is left to another process that has begun it. */
  async #ask(load: Load, lock: LockConfig, tasks: Tasks): Promise<Turned> {
    const turned = await this.#begin(load, lock, tasks, this.#budget());
    if (turned !== undefined) return turned;
    this.#leaveAlone(load.key);
    return { made: LEFT };
  }

  /**
   * Asks for the lease, and looks before the function runs, since who had it before may have stored something. `undefined`:
   * somebody else has it. All of it is a part of the lookup: a function for many waits for those who may be about to ask.
   */
  async #begin(load: Load, { lease }: LockConfig, tasks: Tasks, budget: Budget): Promise<Turned | undefined> {
    const ended = this.#plan.lookingUp?.();
    try {
      const turn = await this.#entries.leases.take(load, lease, budget);
      if (turn === "taken") return undefined;
      const made = turn === "mine" ? tasks.give(await tasks.look(budget)) : undefined;
      return { made, isSilent: budget.isSpent };
    } finally {
      ended?.();
    }
  }

  /** Whether another process was making the value a moment ago. */
  isLeftAlone(key: Key): boolean {
    const until = this.#leftAlone.get(key);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#leftAlone.delete(key);
    return false;
  }

  #leaveAlone(key: Key): void {
    this.#leftAlone.delete(key);
    const [oldest] = this.#leftAlone.keys();
    if (oldest !== undefined && this.#leftAlone.size >= MAX_LEFT_ALONE) this.#leftAlone.delete(oldest);
    this.#leftAlone.set(key, performance.now() + LEAVE_ALONE);
  }

  /** Of its own for each turn, since a wait may take many. */
  #budget(): Budget {
    return new Budget(this.#plan.config.engineTimeout);
  }
}

/** The caller waits for it, so it keeps the process alive. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
