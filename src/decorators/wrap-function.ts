/** From a function and options to a cached function. */

import { program, tellConfigOf, type World } from "../caches/index.js";
import {
  type CacheOptions,
  type CheckedOptions,
  checkOptions,
  effectiveConfig,
  type Layers,
  layersOf,
  type ResolvedConfig,
  resolveConfig,
} from "../config/index.js";
import { withEngine } from "../engines/index.js";
import { type AnyFunction, isAsyncFunction, mimic, seesThis } from "../function.js";
import { lasting } from "../identity/index.js";
import { scope } from "../scope.js";
import {
  INSTANCE_CHAIN,
  requireEngine,
  selectAsync,
  selectByResult,
  selectByResultSync,
  selectSync,
  tagsFor,
} from "../select/index.js";
import { Counters } from "../stats.js";
import {
  AsyncCacheSet,
  AsyncHandle,
  type AsyncOpening,
  CacheSet,
  createAsyncWrapper,
  createKeyer,
  createWrapper,
  followsTasks,
  Guard,
  type Opening,
  type Plan,
  refuseUncacheable,
  type Subject,
  SyncHandle,
  storeOptionsFor,
  Trace,
  verifyStore,
} from "../wrap/index.js";
import { persistenceOf, refuseMemoryOptions, requireIdentity, theOneObject } from "./persistence.js";
import type { Recipe, Routed } from "./recipe.js";
import type { Target } from "./target.js";
import { type Way, wayOf } from "./way.js";

/** The handles of cached functions, found by `cacheOf`. */
export const handles: WeakMap<AnyFunction, SyncHandle | AsyncHandle> = new WeakMap();

/**
 * Wraps a function.
 *
 * @param world - Where its cache belongs.
 * @throws ConfigurationError for what cannot be cached and for options that cannot work; EngineNotAvailableError when
 * `fallback` is false and the engine cannot be used.
 */
export function wrapFunction(recipe: Recipe, target: Target, options: object, world: World = program): AnyFunction {
  const { fn, label } = target;
  const { caches, engines } = world;
  refuseUncacheable(fn, label);
  const own = checkOptions(recipe.options, options as CheckedOptions, label);
  const routed: Partial<Routed> = recipe.route?.(own, label) ?? {};
  const { options: plain = own, routing, lifetimes } = routed;
  const checked = withEngine(plain);
  const way: Way = { ...wayOf(recipe, checked, engines), routing };
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
  const section = checked.name ?? target.name;
  const { isPersistent } = way;
  const look = (): Layers =>
    layersOf({ section, options: checked, world: world.defaults, block: blockDefaults, isPersistent });
  if (forbidsStandIns(checked, world)) {
    const config = resolveConfig(subject.name, look());
    if (way.asynchronous) requireEngine(config, way.chain, world);
    else selectSync(config, way.chain, world);
  }

  let settled: Layers | undefined;
  const resolve = (): ResolvedConfig => {
    settled = look();
    const config = resolveConfig(subject.name, settled);
    return lifetimes === undefined ? config : Object.freeze({ ...config, ttl: lifetimes(config.ttl) });
  };
  const known = { world, way, target, subject, isOnDisk: isPersistent };
  const [wrapper, handle, set] = way.asynchronous
    ? assembleAsync(subject, () => settleAsync({ ...known, config: resolve() }))
    : assembleSync(subject, () => settleSync({ ...known, config: resolve() }));
  const scopeOf = target.isMethod ? "instance" : "shared";
  tellConfigOf(handle, () => effectiveConfig(subject.name, settled ?? look(), scopeOf));
  mimic(wrapper, fn);
  Object.defineProperty(wrapper, "cache", { value: handle, configurable: true });
  handles.set(wrapper, handle);
  caches.register(handle, subject.counters);
  if (subject.outlives) {
    caches.share(handle, () => (set.isClosed ? undefined : set.opening.plan.tags.invalidations));
  }
  return wrapper;
}

/** Whether an engine that cannot be used is an error, which is told at once. */
function forbidsStandIns({ fallback }: CheckedOptions, { defaults }: World): boolean {
  return (fallback ?? (defaults as CacheOptions).fallback) === false;
}

function assembleSync(subject: Subject, settle: () => Opening): [AnyFunction, SyncHandle, CacheSet] {
  const set = new CacheSet(subject, settle);
  return [createWrapper(set), new SyncHandle(set), set];
}

function assembleAsync(subject: Subject, settle: () => AsyncOpening): [AnyFunction, AsyncHandle, AsyncCacheSet] {
  const set = new AsyncCacheSet(subject, settle);
  return [createAsyncWrapper(set), new AsyncHandle(set), set];
}

/** What is known of a cached function before its first use. */
interface Settling {
  readonly world: World;
  readonly way: Way;
  readonly target: Target;
  readonly subject: Subject;
  readonly config: ResolvedConfig;
  /** The function's own results outlive the process: those of all objects lie in one cache, in requests too. */
  readonly isOnDisk: boolean;
  /** The tags of what it keeps in memory, where it has some already. */
  readonly tags?: Plan["tags"] | undefined;
}

/** Settles, at the first use, what the decoration left open. Must not throw: the call that needs it has to go on. */
function settleSync(settling: Settling): Opening {
  const { world, way, target, config, isOnDisk } = settling;
  const perInstance = !isOnDisk && isPerInstance(target, config);
  const counts = !perInstance && selfCounts(target, config);
  const { plan, ...common } = planOf(settling, counts);
  const forRequest = once(() => ({ ...settleSync(inRequest(settling, plan)), forRequest: undefined }));
  const opening = { ...common, plan, perInstance, ignoresThis: !counts && config.thisKey === undefined, forRequest };
  try {
    const { routing, chain, instanceChain } = way;
    const selection =
      routing === undefined
        ? selectSync(config, perInstance ? instanceChain : chain, world)
        : selectByResultSync(config, chain, routing, world);
    const optionsFor = storeOptionsFor(plan);
    const open: Opening["open"] = (own = plan) => {
      const store = selection.open(own === plan ? optionsFor : storeOptionsFor(own));
      return selection.trusted() ? store : verifyStore(store);
    };
    const { engine, skipped } = selection;
    return { ...opening, open, engine, skipped, trusted: selection.trusted() };
  } catch (error) {
    const open = (): never => {
      throw error;
    };
    return { ...opening, open, engine: () => "none", skipped: () => [], trusted: false };
  }
}

/** The same for an engine that may answer with promises. */
function settleAsync(settling: Settling): AsyncOpening {
  const { world, way, target, config, isOnDisk } = settling;
  // One store for all instances, told apart in the key.
  const perInstance = !isOnDisk && isPerInstance(target, config);
  const { plan, ...common } = planOf(settling, perInstance || selfCounts(target, config));
  const { routing, chain } = way;
  const selection =
    routing === undefined ? selectAsync(config, chain, world) : selectByResult(config, chain, routing, world);
  return {
    ...common,
    plan,
    engine: selection.engine,
    skipped: selection.skipped,
    open: () => selection.open(storeOptionsFor(plan)),
    perInstance,
    forRequest: once(() => ({ ...settleAsync(inRequest(settling, plan)), forRequest: undefined })),
  };
}

/** What is settled for caches of requests, which are in memory whatever the options say, and begin small. */
function inRequest({ way, config, ...rest }: Settling, { tags, requestTags }: Plan): Settling {
  const memory = { isPersistent: false, routing: undefined, chain: INSTANCE_CHAIN, instanceChain: INSTANCE_CHAIN };
  return {
    ...rest,
    way: { ...way, ...memory },
    config: Object.freeze({ ...config, engine: undefined, fallback: true, disk: undefined, lock: undefined }),
    tags: requestTags ?? tags,
  };
}

/** A function without arguments that runs once, whatever it is that it makes. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
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
  { world, way, target, subject, config, tags }: Settling,
  counts: boolean,
): Pick<Opening, "plan" | "disabled" | "refusal" | "onClose"> {
  const { fn, source = fn, isMethod, lookingUp } = target;
  const { counters, name, lastingName, awaited } = subject;
  const { voice, caches } = world;
  const { disk } = config;
  const runs = way.promises && !way.asynchronous ? promising(fn) : fn;
  const { hooks, trace, clock, disabled } = config;
  const guard = new Guard(name, hooks, counters, voice, trace > 0 ? new Trace(trace, () => clock.now()) : undefined);
  const common = {
    fn: runs,
    config,
    counters,
    guard,
    lookingUp,
    followsTasks: followsTasks(config.detectCycles, awaited),
  };
  const inMemory = tags ?? tagsFor(undefined, caches.inMemory);
  if (disk === undefined) {
    return { plan: { ...common, keyOf: createKeyer(config, counts), tags: inMemory }, disabled };
  }
  const one = isMethod ? theOneObject(name) : undefined;
  const keyOf = createKeyer(config, counts, lasting, one?.identify);
  const keyForLook = one && createKeyer(config, counts, lasting, one.look);
  const persistence = persistenceOf(source, lastingName, config, disk, voice);
  const refusal = typeof persistence === "string" ? persistence : undefined;
  const place = typeof persistence === "string" ? undefined : persistence.place;
  const ofPlace = { tags: tagsFor(place, caches.inMemory), place, requestTags: inMemory };
  const plan: Plan = { ...common, keyOf, keyForLook, ...ofPlace };
  if (typeof persistence === "string") return { plan, disabled: true, refusal: disabled ? undefined : refusal };
  return { plan, disabled, onClose: persistence.release };
}

/** The function with every outcome in a promise: what it throws, the promise rejects with. */
function promising(fn: AnyFunction): AnyFunction {
  return function promised(this: unknown, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      resolve(fn.apply(this, args));
    });
  };
}
