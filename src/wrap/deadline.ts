/** Deadlines, all on one timer: to set and clear one for each operation takes longer than most else in a hit. */

/** Something that has to be over at some time. */
export interface Watch {
  /** By `performance.now()`. May be moved. */
  deadline: number;
  /** Called when it is not. Called once: who wants another deadline watches again. */
  ring(): void;
}

const watched = new Set<Watch>();
let timer: NodeJS.Timeout | undefined;
let armedFor = Number.POSITIVE_INFINITY;

/** Waits for the deadline of something. Until it is let go, the process does not end. */
export function watch(one: Watch): void {
  watched.add(one);
  if (timer === undefined || one.deadline < armedFor) arm(one.deadline);
  else if (watched.size === 1) timer.ref();
}

/** It is over, and will not ring. */
export function letGo(one: Watch): void {
  watched.delete(one);
  // The timer stays, for the next one; on its own it keeps nothing alive.
  if (watched.size === 0) timer?.unref();
}

function arm(deadline: number): void {
  clearTimeout(timer);
  armedFor = deadline;
  timer = setTimeout(look, Math.max(0, deadline - performance.now()));
}

function look(): void {
  timer = undefined;
  const now = performance.now();
  let next = Number.POSITIVE_INFINITY;
  for (const one of watched) {
    if (one.deadline <= now) {
      watched.delete(one);
      one.ring();
    } else next = Math.min(next, one.deadline);
  }
  // Who rang may have watched again, and set the timer.
  if (watched.size > 0 && (timer === undefined || next < armedFor)) arm(next);
}
