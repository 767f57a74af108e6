/** The time that a call may spend waiting for an engine. */

import type { Fence } from "../contract/index.js";
import { ResourceError } from "../errors.js";
import { letGo, type Watch, watch } from "./deadline.js";

/** Milliseconds for an operation that was asked for by name, whose acknowledgement is what its caller wants. */
export const CHANGE_BUDGET = 1_000;
/** Milliseconds from its beginning that the opening of a store may take: a package may have to be loaded. */
export const OPENING_BUDGET = 1_000;
/** The same for closing one, which waits for what is on its way. */
export const CLOSING_BUDGET = 5_000;

/** Milliseconds by which a timer may ring late where nothing is the matter. */
const LAG = 20;
/** How often an operation is given its time again while the engine is at work on others, or the program itself was. */
const MAX_TURNS = 9;

/** The engine did not answer in time. It may still. */
export class TimeUp extends ResourceError {
  constructor() {
    super("The engine did not answer in time.");
  }
}

/** Held from the start: test tools that replace it must not stop the clock. */
const { setImmediate = (callback: () => void): unknown => setTimeout(callback, 0) } = globalThis;

/** What is left of a call's time. It runs only while an engine is being waited for, not while the function runs. */
export class Budget {
  #left: number;
  /** What the store has said of removals where it had no entry; `undefined`: nothing. */
  fence: Fence | undefined;

  constructor(milliseconds: number) {
    // The longest that a timer can take; a longer one would ring at once.
    this.#left = Math.min(milliseconds, 2 ** 31 - 1);
  }

  /** Gives more time, in milliseconds. */
  readonly more = (milliseconds: number): void => {
    this.#left += milliseconds;
  };

  /** Hears the fence. */
  readonly seen = (fence: Fence): void => {
    this.fence = fence;
  };

  /** Whether nothing is left. */
  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /**
   * Waits for an operation as long as there is time.
   *
   * @param isAtWork - Whether the engine is answering other operations, so that this one has only to wait for its turn: it
   * is given up to ten times as long then.
   * @throws TimeUp when there is none left; what the operation rejects with later is ignored.
   */
  spend<T>(operation: Promise<T>, isAtWork: () => boolean = () => false): Promise<T> {
    const started = performance.now();
    const turn = this.#left;
    let turns = MAX_TURNS;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#left = 0;
        reject(new TimeUp());
      };
      const pending: Watch = {
        deadline: started + turn,
        ring: () => {
          const left = (): number => this.#left - (performance.now() - started);
          // Ringing late says that the program was busy, and could not have heard an answer.
          if (left() <= 0 && turns > 0 && (left() < -LAG || isAtWork())) {
            turns -= 1;
            this.#left += turn;
          }
          if (left() > 0) {
            pending.deadline = started + this.#left;
            watch(pending);
          } else {
            // Where the program itself was busy, the answer may be here, and about to be told.
            setImmediate(giveUp);
          }
        },
      };
      // The caller waits for a result, which a process with nothing else to do would otherwise never give.
      watch(pending);
      const answered = (): void => {
        letGo(pending);
        this.#left = Math.max(0, this.#left - (performance.now() - started));
      };
      operation.then(
        (answer) => {
          answered();
          resolve(answer);
        },
        (error: unknown) => {
          answered();
          reject(error);
        },
      );
    });
  }
}
