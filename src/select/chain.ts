/** The one fallback chain: from what was asked for to the engine that is used, with a reason for every one skipped. */

import type { ResolvedConfig } from "../config/index.js";
import type { AsyncStore, Engine, StoreOptions, SyncEngine, SyncStore } from "../contract/index.js";
import { Marks, markedStore, markedSyncStore } from "../disk/index.js";
import { engines } from "../engines/index.js";
import { EngineError, EngineNotAvailableError } from "../errors.js";
import { log, warnOnce } from "../logging.js";
import { inFront } from "./tier.js";
import { availability, consider, failure, nameOf, type Skipped, wishesOf } from "./wish.js";

/** The engine that a cache uses, which may give way to the next one when it cannot open a store. */
export interface Selection<S> {
  /** Its name. */
  engine(): string;
  /** Whether its stores neither fail nor lie. */
  trusted(): boolean;
  /** Opens a store, with the options for an engine. */
  open(optionsFor: (engine: Engine) => StoreOptions): S;
}

/**
 * Selects an engine whose stores answer at once.
 *
 * @throws EngineNotAvailableError when `fallback` is false and the engine asked for cannot be used; EngineError when no
 * engine of the chain can.
 */
export function selectSync(config: ResolvedConfig, chain: readonly string[]): Selection<SyncStore> {
  const wishes = wishesOf(config, chain);
  const preferred = nameOf(wishes[0] ?? "none");
  const skipped: Skipped[] = [];

  function next(): SyncEngine {
    for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) {
      const found = consider(wish, config, ["sync"]);
      if ("reason" in found) skipped.push(found);
      else {
        const available = availability(found as SyncEngine);
        if (available === true) return found as SyncEngine;
        skipped.push(failure(found, available));
      }
    }
    throw noneLeft(config, skipped);
  }

  let engine = next();
  report(config, engine.name, skipped);
  return {
    engine: () => engine.name,
    // What is on disk may fail, and be changed by others.
    trusted: () => engines.isBuiltin(engine) && !engine.capabilities.persistent,
    open(optionsFor) {
      for (;;) {
        try {
          const options = optionsFor(engine);
          const store = engine.open(options);
          const marks = marksFor(options, engine.name, preferred);
          return marks === undefined ? store : markedSyncStore(store, marks);
        } catch (error) {
          const failed = failure(engine, error);
          // The last one is tried again at each call, and may work one day.
          if (wishes.length === 0) throw noneLeft(config, [...skipped, failed]);
          skipped.push(failed);
          engine = next();
          report(config, engine.name, skipped);
        }
      }
    },
  };
}

/**
 * Selects an engine of either kind. Which one it is takes as long as the engines take to say whether they can be used.
 * A store that answers at once is made to answer with promises.
 */
export function selectAsync(config: ResolvedConfig, chain: readonly string[]): Selection<Promise<AsyncStore>> {
  const wishes = wishesOf(config, chain);
  const skipped: Skipped[] = [];
  const preferred = nameOf(wishes[0] ?? "none");
  let used = preferred;

  async function attempt(
    wish: string | Engine,
    optionsFor: (engine: Engine) => StoreOptions,
  ): Promise<AsyncStore | Skipped> {
    const found = consider(wish, config, ["sync", "async"]);
    if ("reason" in found) return found;
    const available = await availability(found);
    if (available !== true) return failure(found, available);
    try {
      const options = optionsFor(found);
      const opened = found.kind === "sync" ? promising(found.open(options)) : await found.open(options);
      used = found.name;
      report(config, used, skipped);
      const marks = marksFor(options, used, preferred);
      const store = marks === undefined ? opened : markedStore(opened, marks);
      const { memory } = config.disk ?? {};
      return memory !== undefined && found.capabilities.persistent ? inFront(memory, store, options) : store;
    } catch (error) {
      return failure(found, error);
    }
  }

  return {
    engine: () => used,
    trusted: () => false,
    async open(optionsFor) {
      for (const wish of wishes) {
        const outcome = await attempt(wish, optionsFor);
        if (!("reason" in outcome)) return outcome;
        skipped.push(outcome);
      }
      throw noneLeft(config, skipped);
    },
  };
}

/** The marks of a cache that is, or should be, on disk; `undefined` for one that is not. */
function marksFor({ place }: StoreOptions, used: string, preferred: string): Marks | undefined {
  return place && new Marks(place, used, used !== preferred);
}

/** A store that answers at once, behind promises. */
function promising(store: SyncStore): AsyncStore {
  const { pack, isolates } = store;
  return {
    ...(pack && { pack }),
    ...(isolates !== undefined && { isolates }),
    get: async (key) => store.get(key),
    peek: async (key) => (store.peek === undefined ? store.get(key) : store.peek(key)),
    set: async (key, entry) => store.set(key, entry),
    delete: async (key) => store.delete(key),
    clear: async () => store.clear(),
    size: async () => store.size(),
    keys: async () => store.keys(),
    close: async () => store.close(),
  };
}

/**
 * Refuses, for `fallback: false`, an engine that cannot serve a function whatever happens later. One that cannot say at
 * once whether it is available is asked at the first call.
 *
 * @throws EngineNotAvailableError when the engine does not exist, cannot do what the options ask, or is not available.
 */
export function requireEngine(config: ResolvedConfig, chain: readonly string[]): void {
  const [wish] = wishesOf(config, chain);
  if (wish === undefined) return;
  const found = consider(wish, config, ["sync", "async"]);
  if ("reason" in found) throw noneLeft(config, [found]);
  const available = found.kind === "async" ? (found.availableNow?.() ?? true) : availability(found);
  if (available !== true) throw noneLeft(config, [failure(found, available)]);
}

function noneLeft({ name, engine, fallback, disk }: ResolvedConfig, skipped: readonly Skipped[]): EngineError {
  const [first] = skipped;
  if ((engine !== undefined || disk !== undefined) && !fallback && first !== undefined) {
    return new EngineNotAvailableError(first.engine, `${first.reason}. With fallback: true another engine stands in.`);
  }
  const reasons = skipped.map((one) => `"${one.engine}": ${one.reason}`).join("; ");
  return new EngineError(`No engine can serve the cache "${name}": ${reasons || "none was named"}.`);
}

/** Says once which engine stands in for which, and why. */
function report({ name }: ResolvedConfig, chosen: string, skipped: readonly Skipped[]): void {
  const notable = skipped.filter((one) => one.notable);
  const reasons = notable.map((one) => `"${one.engine}" cannot be used: ${one.reason}`).join("; ");
  const message = `The cache "${name}" uses the engine "${chosen}"`;
  const fields = { cache: name, engine: chosen, skipped };
  if (notable.length === 0) log("debug", `${message}.`, fields);
  else warnOnce(`${name}:fallback:${reasons}`, `${message}, since ${reasons}.`, fields);
}
