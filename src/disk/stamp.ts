/** The order of writes, across processes and engines: times, of which no two of one process are the same. */

/** Milliseconds between two stamps, at least: what both SQLite and file systems can tell apart. */
const STEP = 0.001;

let last = 0;

/** A time by the wall clock, in milliseconds, later than all before it in this process. */
export function nextStamp(): number {
  last = Math.max(Date.now(), last + STEP);
  return last;
}
