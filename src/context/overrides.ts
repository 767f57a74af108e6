/** What a block says to the calls inside it, carried along by AsyncLocalStorage. */

import type { AsyncLocalStorage } from "node:async_hooks";
import { type Namespace, type Overrides, scope } from "../scope.js";

let storage: AsyncLocalStorage<Overrides> | undefined;

/** The overrides of the blocks around the current call; `undefined` outside of every block. */
export function currentOverrides(): Overrides | undefined {
  return storage?.getStore();
}

/** Runs the body with these overrides, over those of the blocks around it. The first call fills the slot. */
export function runWith<T>(overrides: Overrides, body: () => T): T {
  storage ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<Overrides>();
  scope.read ??= currentOverrides;
  const around = storage.getStore();
  const defaults = { ...around?.defaults, ...overrides.defaults };
  const namespace = within(around?.namespace, overrides.namespace);
  return storage.run({ ...around, ...overrides, namespace, defaults }, body);
}

/** A name space inside another one. The same one again is no other. */
export function within(around: Namespace | undefined, inner: Namespace | undefined): Namespace | undefined {
  if (around === undefined || inner === undefined) return inner ?? around;
  return around.at(-1) === inner[0] ? [...around, ...inner.slice(1)] : [...around, ...inner];
}
