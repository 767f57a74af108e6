/** The caches of one request. */

import type { Request } from "../scope.js";

/** See {@link Request}. */
export class RequestCaches implements Request {
  #standIns: Map<object, { close(): void | Promise<void> }> | undefined = new Map();

  standIn<T extends { close(): void | Promise<void> }>(shared: T, make: () => T): T {
    const known = this.#standIns?.get(shared) as T | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#standIns?.set(shared, made);
    // What goes on when the request is over must not fill what others share.
    if (this.#standIns === undefined) void made.close();
    return made;
  }

  /** The request is over: nothing that it has is kept, whoever holds on to it. */
  end(): void {
    const standIns = this.#standIns ?? new Map<object, never>();
    this.#standIns = undefined;
    for (const one of standIns.values()) {
      try {
        // Engines in memory have nothing to wait for, and nothing that can fail.
        Promise.resolve(one.close()).catch(() => undefined);
      } catch {
        // The same.
      }
    }
  }
}
