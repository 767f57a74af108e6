/** Which thread this is, asked of `node:worker_threads` when somebody wants to know. */

/** Whether this is the thread that the program began with. */
export function isMainThread(): boolean {
  return process.getBuiltinModule("node:worker_threads").isMainThread;
}
