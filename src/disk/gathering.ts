/** Operations that are begun at the same time, and carried out together. */

/** What comes after it comes when the jobs of the moment are done. Cheaper than `queueMicrotask`, which notes who asked. */
const NOW = Promise.resolve();

/** Somebody who waits for an answer. */
interface Waiting<Q, A> {
  readonly question: Q;
  resolve(answer: A): void;
  reject(error: unknown): void;
}

/** How much is asked at once; of more, several questions are asked one after the other, without waiting for answers. */
export interface Limit<Q> {
  readonly most: number;
  /** What a question counts as. Default: 1. */
  weigh?(question: Q): number;
}

/**
 * Gathers what is asked for until the jobs of the moment are done, as a list of calls asks for each of its keys, and asks
 * once, in the order in which it was asked. What is asked for alone waits no longer than that.
 */
export class Gathering<Q, A> {
  readonly #answers: (questions: readonly Q[]) => Promise<readonly A[]>;
  readonly #limit: Limit<Q>;
  #waiting: Waiting<Q, A>[] = [];

  /** @param answers - Answers each of the questions, in their order. */
  constructor(answers: (questions: readonly Q[]) => Promise<readonly A[]>, limit: Limit<Q> = { most: 500 }) {
    this.#answers = answers;
    this.#limit = limit;
  }

  ask(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) void NOW.then(this.#askAll);
      this.#waiting.push({ question, resolve, reject });
    });
  }

  readonly #askAll = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    const { most, weigh = () => 1 } = this.#limit;
    let from = 0;
    let weight = 0;
    for (const [i, { question }] of waiting.entries()) {
      const more = weigh(question);
      if (i > from && weight + more > most) {
        this.#askFor(waiting.slice(from, i));
        from = i;
        weight = 0;
      }
      weight += more;
    }
    this.#askFor(waiting.slice(from));
  };

  #askFor(waiting: readonly Waiting<Q, A>[]): void {
    const failed = (error: unknown): void => {
      for (const { reject } of waiting) reject(error);
    };
    const answered = (answers: readonly A[]): void => {
      for (let i = 0; i < waiting.length; i += 1) waiting[i]?.resolve(answers[i] as A);
    };
    try {
      this.#answers(waiting.map(({ question }) => question))
        .then(answered, failed)
        .catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
