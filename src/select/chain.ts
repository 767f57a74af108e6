/** The one fallback chain: from what was asked for to the engine that is used, with a reason for every one skipped. */

import type { ResolvedConfig } from "../config/index.js";
import {
  type AsyncStore,
  type Engine,
  lookInto,
  type Place,
  type StoreOptions,
  type SyncEngine,
  type SyncStore,
} from "../contract/index.js";
import { Marks, markedStore, markedSyncStore, toldStore, toldSyncStore } from "../disk/index.js";
import { EngineError, EngineNotAvailableError } from "../errors.js";
import { openAtOnce } from "./at-once.js";
import type { Surroundings } from "./surroundings.js";
import { inFront } from "./tier.js";
import { availability, consider, failure, nameOf, type Skipped, wishesOf } from "./wish.js";

/** The engine that a cache uses, which may give way to the next one when it cannot open a store. */
export interface Selection<S> {
  /** Its name. */
  engine(): string;
  /** Whether its stores neither fail nor lie. */
  trusted(): boolean;
  /** The engines that were not used, and why, as far as that is known. */
  skipped(): readonly Skipped[];
  /** Opens a store, with the options for an engine. */
  open(optionsFor: (engine: Engine) => StoreOptions): S;
}

/**
 * Selects an engine whose stores answer at once.
 *
 * @throws EngineNotAvailableError when `fallback` is false and the engine asked for cannot be used; EngineError when no
 * engine of the chain can.
 */
export function selectSync(
  config: ResolvedConfig,
  chain: readonly string[],
  around: Surroundings,
): Selection<SyncStore> {
  const wishes = wishesOf(config, chain);
  const preferred = nameOf(wishes[0] ?? "none");
  const skipped: Skipped[] = [];

  function next(): SyncEngine {
    for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) {
      const found = consider(wish, config, ["sync"], around.engines);
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
  report(around, config, engine.name, skipped);
  return {
    engine: () => engine.name,
    skipped: () => skipped,
    // What is on disk may fail, and be changed by others.
    trusted: () => around.engines.isBuiltin(engine) && !engine.capabilities.persistent,
    open(optionsFor) {
      for (;;) {
        try {
          const options = optionsFor(engine);
          const store = openAtOnce(engine, options);
          const marks = marksFor(options, engine.name, preferred);
          const marked = marks === undefined ? store : markedSyncStore(store, marks);
          const shared = sharedPlace(options, engine, marks);
          return shared === undefined ? marked : toldSyncStore(marked, shared);
        } catch (error) {
          const failed = failure(engine, error);
          // The last one is tried again at each call, and may work one day.
          if (wishes.length === 0) throw noneLeft(config, [...skipped, failed]);
          skipped.push(failed);
          engine = next();
          report(around, config, engine.name, skipped);
        }
      }
    },
  };
}

/**
 * Selects an engine of either kind. Which one it is takes as long as the engines take to say whether they can be used.
 * A store that answers at once is made to answer with promises.
 */
export function selectAsync(
  config: ResolvedConfig,
  chain: readonly string[],
  around: Surroundings,
): Selection<Promise<AsyncStore>> {
  const wishes = wishesOf(config, chain);
  const skipped: Skipped[] = [];
  const preferred = nameOf(wishes[0] ?? "none");
  let used = preferred;

  async function attempt(
    wish: string | Engine,
    optionsFor: (engine: Engine) => StoreOptions,
  ): Promise<AsyncStore | Skipped> {
    const found = consider(wish, config, ["sync", "async"], around.engines);
    if ("reason" in found) return found;
    const available = await availability(found);
    if (available !== true) return failure(found, available);
    try {
      const options = optionsFor(found);
      const opened = found.kind === "sync" ? promising(await found.open(options)) : await found.open(options);
      used = found.name;
      report(around, config, used, skipped);
      reportNoLeases(around, config, found, opened);
      const store = amongOthers(opened, options, found, preferred);
      if (!found.capabilities.persistent) return store;
      const { memory = [] } = config.disk ?? {};
      return memory.reduceRight((behind, tier) => inFront(tier, behind, options, around.engines), store);
    } catch (error) {
      return failure(found, error);
    }
  }

  return {
    engine: () => used,
    skipped: () => skipped,
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

/** A store that heeds what others do in its folder, and tells them what it does. */
function amongOthers(store: AsyncStore, options: StoreOptions, engine: Engine, preferred: string): AsyncStore {
  const marks = marksFor(options, engine.name, preferred);
  const marked = marks === undefined ? store : markedStore(store, marks);
  const shared = sharedPlace(options, engine, marks);
  return shared === undefined ? marked : toldStore(marked, shared);
}

/** The marks of a cache that is, or should be, on disk; `undefined` for one that is not. */
function marksFor({ place }: StoreOptions, used: string, preferred: string): Marks | undefined {
  // A server looks for no marks in a folder of this machine.
  if (place === undefined || place.server !== undefined) return undefined;
  return new Marks(place, used, used !== preferred);
}

/** The place of entries that other processes may have in memory, and are told of through the folder. */
function sharedPlace({ place }: StoreOptions, { capabilities }: Engine, marks: Marks | undefined): Place | undefined {
  const isInFolder = capabilities.persistent && capabilities.location !== "server";
  // What a stand-in in memory changes concerns those who have the engine that was asked for.
  return isInFolder || marks !== undefined ? place : undefined;
}

/** A store that answers at once, behind promises. */
function promising(store: SyncStore): AsyncStore {
  const { pack, isolates, fence, idOf } = store;
  return {
    ...(pack && { pack }),
    ...(isolates !== undefined && { isolates }),
    get: async (key) => store.get(key),
    peek: async (key) => (store.peek === undefined ? store.get(key) : store.peek(key)),
    set: async (key, entry, since) => store.set(key, entry, since),
    ...(fence && { fence: (key) => fence.call(store, key) }),
    delete: async (key) => store.delete(key),
    clear: async () => store.clear(),
    size: async () => store.size(),
    keys: async () => store.keys(),
    ...(idOf && { idOf: (key) => idOf.call(store, key) }),
    inspect: (key) => lookInto(store, key).map((finding) => Promise.resolve(finding)),
    close: async () => store.close(),
  };
}

/**
 * Refuses, for `fallback: false`, an engine that cannot serve a function whatever happens later. One that cannot say at
 * once whether it is available is asked at the first call.
 *
 * @throws EngineNotAvailableError when the engine does not exist, cannot do what the options ask, or is not available.
 */
export function requireEngine(config: ResolvedConfig, chain: readonly string[], around: Surroundings): void {
  const [wish] = wishesOf(config, chain);
  if (wish === undefined) return;
  const found = consider(wish, config, ["sync", "async"], around.engines);
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

/** Says once that processes do not take turns, though that was asked for; in memory, nothing is for several processes. */
function reportNoLeases(
  { voice }: Surroundings,
  { name, lock }: ResolvedConfig,
  engine: Engine,
  { lease }: AsyncStore,
): void {
  if (lock === undefined || lease !== undefined || !engine.capabilities.persistent) return;
  const message = `The cache "${name}" makes no use of the option "lock": the engine "${engine.name}" has no leases.`;
  voice.warnOnce(`${name}:lock`, message, { cache: name, engine: engine.name });
}

/** Says once which engine stands in for which, and why. */
function report({ voice }: Surroundings, { name }: ResolvedConfig, chosen: string, skipped: readonly Skipped[]): void {
  const notable = skipped.filter((one) => one.notable);
  const reasons = notable.map((one) => `"${one.engine}" cannot be used: ${one.reason}`).join("; ");
  const message = `The cache "${name}" uses the engine "${chosen}"`;
  const fields = { cache: name, engine: chosen, skipped };
  if (notable.length === 0) voice.log("debug", `${message}.`, fields);
  else voice.warnOnce(`${name}:fallback:${reasons}`, `${message}, since ${reasons}.`, fields);
}
