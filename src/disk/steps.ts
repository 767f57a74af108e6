/**
 * Work on a database, written once for connections that answer at once and for those that answer with promises: a
 * generator that yields statements and is given their rows.
 */

/** A row of an answer. */
export type Row = Readonly<Record<string, unknown>>;

/** A statement and its parameters. */
export type Step = readonly [sql: string, ...parameters: unknown[]];

/** Work that comes to a result of type `T`. */
export type Steps<T> = Generator<Step, T, readonly Row[]>;

/** Does the work at once. What a statement throws, the work may catch. */
export function workNow<T>(work: Steps<T>, run: (...step: Step) => readonly Row[]): T {
  for (let state = work.next(); ; ) {
    if (state.done === true) return state.value;
    let rows: readonly Row[];
    try {
      rows = run(...state.value);
    } catch (error) {
      state = work.throw(error);
      continue;
    }
    state = work.next(rows);
  }
}

/** Does the work, and waits for each statement. */
export async function workThrough<T>(work: Steps<T>, run: (...step: Step) => Promise<readonly Row[]>): Promise<T> {
  for (let state = work.next(); ; ) {
    if (state.done === true) return state.value;
    let rows: readonly Row[];
    try {
      rows = await run(...state.value);
    } catch (error) {
      state = work.throw(error);
      continue;
    }
    state = work.next(rows);
  }
}
