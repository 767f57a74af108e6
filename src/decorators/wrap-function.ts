/** From a function and options to a cached function. */

import { caches } from "../caches/index.js";
import {
  type CheckedOptions,
  checkOptions,
  environment,
  isDisabled,
  type ResolvedConfig,
  resolveConfig,
} from "../config/index.js";
import { checkEngine } from "../engines/index.js";
import { type AnyFunction, isAsyncFunction, mimic, seesThis } from "../function.js";
import { scope } from "../scope.js";
import { requireEngine, selectAsync, selectSync } from "../select/index.js";
import { Counters } from "../stats.js";
import {
  AsyncCacheSet,
  AsyncHandle,
  type AsyncOpening,
  CacheSet,
  createAsyncWrapper,
  createKeyer,
  createWrapper,
  Guard,
  type Opening,
  type Plan,
  refuseUncacheable,
  type Subject,
  SyncHandle,
  storeOptionsOf,
  verifyStore,
} from "../wrap/index.js";
import type { Recipe } from "./recipe.js";

/** The handles of cached functions, found by `cacheOf`. */
export const handles: WeakMap<AnyFunction, SyncHandle | AsyncHandle> = new WeakMap();

/** What is wrapped, and how it was written. */
export interface Target {
  readonly fn: AnyFunction;
  /** A method of a class, which has a cache for each instance unless the options say otherwise. */
  readonly isMethod: boolean;
  /** What it is called where the options give no name. */
  readonly name: string;
  /** How messages call it: `mcache(area)`, `@mcache on method "find"`. */
  readonly label: string;
}

/**
 * Wraps a function.
 *
 * @throws ConfigurationError for what cannot be cached and for options that cannot work; EngineNotAvailableError when
 * `fallback` is false and the engine cannot be used.
 */
export function wrapFunction(recipe: Recipe, target: Target, options: object): AnyFunction {
  const { fn, label } = target;
  refuseUncacheable(fn, label);
  const checked = checkOptions("cache", options as CheckedOptions, label);
  const blockDefaults = scope.read?.()?.defaults ?? {};
  const subject: Subject = {
    name: caches.freeName(checked.name ?? (target.name || "anonymous")),
    original: fn,
    counters: new Counters(),
    awaited: recipe.promises || isAsyncFunction(fn),
  };
  const resolve = (): ResolvedConfig => resolveConfig(subject.name, checked, blockDefaults);
  const asynchronous = recipe.promises && mayAnswerWithPromises(checked.engine);
  if (typeof checked.engine === "object") checkEngine(checked.engine);
  if (checked.fallback === false) {
    if (asynchronous) requireEngine(resolve());
    else selectSync(resolve(), recipe.chain);
  }

  const [wrapper, handle] = asynchronous
    ? assembleAsync(subject, () => settleAsync(recipe, target, subject, resolve()))
    : assembleSync(subject, () => settleSync(recipe, target, subject, resolve()));
  mimic(wrapper, fn);
  Object.defineProperty(wrapper, "cache", { value: handle, configurable: true });
  handles.set(wrapper, handle);
  caches.register(handle, subject.counters);
  return wrapper;
}

/** Whether an engine, as it is written in the options, is of the kind that answers with promises. */
function mayAnswerWithPromises(engine: CheckedOptions["engine"]): boolean {
  if (typeof engine === "object") return engine.kind !== "sync";
  return engine !== undefined && engine !== "lru" && engine !== "map";
}

function assembleSync(subject: Subject, settle: () => Opening): [AnyFunction, SyncHandle] {
  const set = new CacheSet(subject, settle);
  return [createWrapper(set), new SyncHandle(set)];
}

function assembleAsync(subject: Subject, settle: () => AsyncOpening): [AnyFunction, AsyncHandle] {
  const set = new AsyncCacheSet(subject, settle);
  return [createAsyncWrapper(set), new AsyncHandle(set)];
}

/** Settles, at the first use, what the decoration left open. Must not throw: the call that needs it has to go on. */
function settleSync(recipe: Recipe, target: Target, subject: Subject, config: ResolvedConfig): Opening {
  const perInstance = (config.scope ?? (target.isMethod ? "instance" : "shared")) === "instance";
  const counts = !perInstance && selfCounts(target, config);
  const plan = planOf(subject, config, recipe.promises ? promising(target.fn) : target.fn, counts);
  const common = { plan, perInstance, ignoresThis: !counts && config.thisKey === undefined };
  const disabled = isDisabled(environment());
  try {
    const selection = selectSync(config, perInstance ? recipe.instanceChain : recipe.chain);
    const storeOptions = storeOptionsOf(plan);
    const open = (): ReturnType<Opening["open"]> => {
      const store = selection.open(storeOptions);
      return selection.trusted() ? store : verifyStore(store);
    };
    return { ...common, open, engine: () => selection.engine(), trusted: selection.trusted(), disabled };
  } catch (error) {
    const open = (): never => {
      throw error;
    };
    return { ...common, open, engine: () => "none", trusted: false, disabled };
  }
}

function settleAsync(recipe: Recipe, target: Target, subject: Subject, config: ResolvedConfig): AsyncOpening {
  // One store for all instances, told apart in the key.
  const perInstance = (config.scope ?? (target.isMethod ? "instance" : "shared")) === "instance";
  const counts = perInstance || selfCounts(target, config);
  const plan = planOf(subject, config, target.fn, counts);
  const selection = selectAsync(config, recipe.chain);
  return {
    plan,
    engine: () => selection.engine(),
    open: () => selection.open(storeOptionsOf(plan)),
    perInstance,
    disabled: isDisabled(environment()),
  };
}

/** Whether calls with different `this` are different calls. `key`, in a cache that is shared on purpose, sees to it. */
function selfCounts({ fn }: Target, { key, scope: written }: ResolvedConfig): boolean {
  return seesThis(fn) && !(key !== undefined && written === "shared");
}

function planOf(subject: Subject, config: ResolvedConfig, fn: AnyFunction, counts: boolean): Plan {
  const { counters, name } = subject;
  return { fn, config, counters, guard: new Guard(name, config.hooks, counters), keyOf: createKeyer(config, counts) };
}

/** The function with every outcome in a promise: what it throws, the promise rejects with. */
function promising(fn: AnyFunction): AnyFunction {
  return function promised(this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      resolve(fn.apply(this, args));
    });
  };
}
