/** What a block says to the calls inside it, carried along by AsyncLocalStorage. */

import { AsyncLocalStorage } from "node:async_hooks";
import { type Overrides, scope } from "../scope.js";

let storage: AsyncLocalStorage<Overrides> | undefined;

/** The overrides of the blocks around the current call; `undefined` outside of every block. */
export function currentOverrides(): Overrides | undefined {
  return storage?.getStore();
}

/** Runs the body with these overrides, over those of the blocks around it. The first call fills the slot. */
export function runWith<T>(overrides: Overrides, body: () => T): T {
  storage ??= new AsyncLocalStorage();
  scope.read ??= currentOverrides;
  const around = storage.getStore();
  const defaults = { ...around?.defaults, ...overrides.defaults };
  return storage.run({ ...around, ...overrides, defaults }, body);
}
