/**
 * Loads that wait for one another. A function that waits for the result which it is making, itself or through others,
 * would wait for ever: the call by which it would is refused.
 *
 * Who waits for whom is a graph of tasks, one for each load. A call waits on behalf of the task in whose context it is
 * made: that of the function that is running or, after its first `await`, the one that AsyncLocalStorage carries along.
 */

import { CacheCycleError } from "../errors.js";

/** The first Node where contexts cost other promises nothing; before it, each of the program's takes twice as long. */
const CHEAP_SINCE = 24;
/** Tasks that one waits for, at which those that are over are first looked for. */
const FIRST_SWEEP = 64;

/** The work of a load. An object of its own, since contexts may hold it for long after the load. */
export class Task {
  /** Of the cache. */
  readonly name: string;
  isOver = false;
  #awaited: Set<Task> | undefined;
  #sweepAt = FIRST_SWEEP;

  constructor(name: string) {
    this.name = name;
  }

  /** What it waits for, and may have waited for. */
  get awaited(): Iterable<Task> {
    return this.#awaited ?? [];
  }

  waitFor(task: Task): void {
    this.#awaited ??= new Set();
    this.#awaited.add(task);
    if (this.#awaited.size < this.#sweepAt) return;
    for (const one of this.#awaited) if (one.isOver) this.#awaited.delete(one);
    // So that who waits for very many looks through them a few times only.
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#awaited.size * 2);
  }

  end(): void {
    this.isOver = true;
    this.#awaited = undefined;
  }
}

/** A load, as far as it is of concern here. */
interface Load {
  task: Task | undefined;
}

/** The task whose function is running, up to its first `await`. */
let running: Task | undefined;
/** What carries a task along, beyond the first `await` of its function: an AsyncLocalStorage. */
interface Carrier {
  run<T>(task: Task, run: () => T): T;
  getStore(): Task | undefined;
}
let storage: Carrier | undefined;

/**
 * Whether the loads of a function are followed beyond its first `await`.
 *
 * @param detect - The option; by default that is done where it costs the rest of the program nothing.
 * @param awaited - The function is known to return promises.
 */
export function followsTasks(detect: boolean | undefined, awaited: boolean): boolean {
  return detect ?? (awaited && Number.parseInt(process.versions.node, 10) >= CHEAP_SINCE);
}

/**
 * A load begins.
 *
 * @param isAwaited - The call waits for it.
 */
export function beginTask(load: Load, name: string, isAwaited: boolean): void {
  load.task = new Task(name);
  if (isAwaited) currentTask()?.waitFor(load.task);
}

/**
 * Calls a load's function, whose calls wait on the load's behalf.
 *
 * @param follows - Those after the first `await` too.
 */
export function runTask<T>({ task }: Load, follows: boolean, run: () => T): T {
  if (task === undefined) return run();
  const before = running;
  running = task;
  try {
    if (!follows) return run();
    storage ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<Task>();
    return storage.run(task, run);
  } finally {
    running = before;
  }
}

/** The call is about to wait for a load that is under way; the error, if that would wait for the call. */
export function joinTask({ task }: Load): CacheCycleError | undefined {
  if (task === undefined) return undefined;
  const waiting = currentTask();
  if (waiting === undefined) return undefined;
  const way = wayTo(waiting, task);
  if (way !== undefined) return new CacheCycleError([waiting, ...way].map(({ name }) => name));
  waiting.waitFor(task);
  return undefined;
}

function currentTask(): Task | undefined {
  const task = running ?? storage?.getStore();
  return task?.isOver === true ? undefined : task;
}

/** The tasks from one to another, each of which waits for the next; `undefined`: the one does not wait for the other. */
function wayTo(goal: Task, start: Task): Task[] | undefined {
  const reachedFrom = new Map<Task, Task | undefined>([[start, undefined]]);
  // A map that grows while it is read gives what was added too.
  for (const [task] of reachedFrom) {
    if (task === goal) return trace(reachedFrom, goal);
    for (const next of task.awaited) if (!next.isOver && !reachedFrom.has(next)) reachedFrom.set(next, task);
  }
  return undefined;
}

function trace(reachedFrom: ReadonlyMap<Task, Task | undefined>, goal: Task): Task[] {
  const way: Task[] = [];
  for (let task: Task | undefined = goal; task !== undefined; task = reachedFrom.get(task)) way.unshift(task);
  return way;
}
