/** From a function and options to a cached function. */

import { caches } from "../caches/index.js";
import {
  type CacheOptions,
  type CheckedOptions,
  checkOptions,
  environment,
  isDisabled,
  type ResolvedConfig,
  resolveConfig,
} from "../config/index.js";
import { checkEngine } from "../engines/index.js";
import { type AnyFunction, isAsyncFunction, mimic, seesThis } from "../function.js";
import { lasting } from "../identity/index.js";
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
  storeOptionsFor,
  verifyStore,
} from "../wrap/index.js";
import { persistenceOf, refuseMemoryOptions, requireIdentity, theOneObject } from "./persistence.js";
import type { Recipe } from "./recipe.js";
import type { Target } from "./target.js";
import { type Way, wayOf } from "./way.js";

/** The handles of cached functions, found by `cacheOf`. */
export const handles: WeakMap<AnyFunction, SyncHandle | AsyncHandle> = new WeakMap();

/**
 * Wraps a function.
 *
 * @throws ConfigurationError for what cannot be cached and for options that cannot work; EngineNotAvailableError when
 * `fallback` is false and the engine cannot be used.
 */
export function wrapFunction(recipe: Recipe, target: Target, options: object): AnyFunction {
  const { fn, label } = target;
  refuseUncacheable(fn, label);
  const checked = checkOptions(recipe.options, options as CheckedOptions, label);
  if (typeof checked.engine === "object") checkEngine(checked.engine);
  const way = wayOf(recipe, checked);
  if (way.isPersistent) {
    refuseMemoryOptions(target, checked as CacheOptions);
    requireIdentity(target, checked);
  }
  const blockDefaults = scope.read?.()?.defaults ?? {};
  const subject: Subject = {
    name: caches.freeName(checked.name ?? (target.name || "anonymous")),
    lastingName: checked.name ?? target.name,
    original: fn,
    counters: new Counters(),
    awaited: way.promises || isAsyncFunction(fn),
    outlives: way.isPersistent,
  };
  const resolve = (): ResolvedConfig => resolveConfig(subject.name, checked, blockDefaults, way.isPersistent);
  if (checked.fallback === false) {
    if (way.asynchronous) requireEngine(resolve(), way.chain);
    else selectSync(resolve(), way.chain);
  }

  const [wrapper, handle] = way.asynchronous
    ? assembleAsync(subject, () => settleAsync(way, target, subject, resolve()))
    : assembleSync(subject, () => settleSync(way, target, subject, resolve()));
  mimic(wrapper, fn);
  Object.defineProperty(wrapper, "cache", { value: handle, configurable: true });
  handles.set(wrapper, handle);
  caches.register(handle, subject.counters);
  return wrapper;
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
function settleSync(way: Way, target: Target, subject: Subject, config: ResolvedConfig): Opening {
  const perInstance = !way.isPersistent && isPerInstance(target, config);
  const counts = !perInstance && selfCounts(target, config);
  const { plan, ...common } = planOf(way, target, subject, config, counts);
  const opening = { ...common, plan, perInstance, ignoresThis: !counts && config.thisKey === undefined };
  try {
    const selection = selectSync(config, perInstance ? way.instanceChain : way.chain);
    const optionsFor = storeOptionsFor(plan);
    const open = (): ReturnType<Opening["open"]> => {
      const store = selection.open(optionsFor);
      return selection.trusted() ? store : verifyStore(store);
    };
    return { ...opening, open, engine: () => selection.engine(), trusted: selection.trusted() };
  } catch (error) {
    const open = (): never => {
      throw error;
    };
    return { ...opening, open, engine: () => "none", trusted: false };
  }
}

function settleAsync(way: Way, target: Target, subject: Subject, config: ResolvedConfig): AsyncOpening {
  // One store for all instances, told apart in the key.
  const perInstance = !way.isPersistent && isPerInstance(target, config);
  const { plan, ...common } = planOf(way, target, subject, config, perInstance || selfCounts(target, config));
  const selection = selectAsync(config, way.chain);
  return {
    ...common,
    plan,
    engine: () => selection.engine(),
    open: () => selection.open(storeOptionsFor(plan)),
    perInstance,
  };
}

function isPerInstance({ isMethod }: Target, { scope: written }: ResolvedConfig): boolean {
  return (written ?? (isMethod ? "instance" : "shared")) === "instance";
}

/** Whether calls with different `this` are different calls. `key`, in a cache that is shared on purpose, sees to it. */
function selfCounts({ fn }: Target, { key, scope: written }: ResolvedConfig): boolean {
  return seesThis(fn) && !(key !== undefined && written === "shared");
}

/** The plan, and what else the caches of a function have in common. */
function planOf(
  way: Way,
  { fn, isMethod }: Target,
  { counters, name, lastingName }: Subject,
  config: ResolvedConfig,
  counts: boolean,
): Pick<Opening, "plan" | "disabled" | "refusal" | "onClose"> {
  const { disk } = config;
  const runs = way.promises && !way.asynchronous ? promising(fn) : fn;
  const guard = new Guard(name, config.hooks, counters);
  const disabled = isDisabled(environment());
  if (disk === undefined) {
    return { plan: { fn: runs, config, counters, guard, keyOf: createKeyer(config, counts) }, disabled };
  }
  const keyOf = createKeyer(config, counts, lasting, isMethod ? theOneObject(name) : lasting);
  const persistence = persistenceOf(fn, lastingName, config, disk);
  const plan: Plan = { fn: runs, config, counters, guard, keyOf };
  if (typeof persistence === "string") return { plan, disabled: true, refusal: disabled ? undefined : persistence };
  return { plan: { ...plan, place: persistence.place }, disabled, onClose: persistence.release };
}

/** The function with every outcome in a promise: what it throws, the promise rejects with. */
function promising(fn: AnyFunction): AnyFunction {
  return function promised(this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      resolve(fn.apply(this, args));
    });
  };
}
