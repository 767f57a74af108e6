/** Engines that fail at random in every way that an engine can: they throw, reject, hang, lie, and are no engines at all. */

import type { AsyncEngine, AsyncStore, Engine, SyncEngine, SyncStore } from "../../src/contract/index.js";
import { chaosEngine, type Fault } from "../../src/testing/index.js";
import type { Fn, Harm } from "./strict-harm.js";

/** What may be wrong with the operations of a store whose answers are otherwise true. */
const FAULTS: readonly Fault[] = ["throw", "throw-after", "garbage", "foreign", "drop"];
const SLOW: readonly Fault[] = [...FAULTS, "delay", "delay", "hang"];

/** A synchronous engine that fails; its answers are now and then promises that reject. */
export function failingSync(engine: SyncEngine, harm: Harm): SyncEngine {
  const chaotic = chaosEngine(engine, { probability: 0.1, faults: FAULTS, random: harm.random });
  const open: SyncEngine["open"] = (options) => spoiltStore(chaotic.open(options), harm);
  return { ...spoiltEngine(chaotic, harm), open: harm.spoilt("open", open, { probability: 0.1 }) };
}

/** An asynchronous engine that fails; its answers are now and then not even promises. */
export function failingAsync(engine: AsyncEngine, harm: Harm): AsyncEngine {
  const chaotic = chaosEngine(engine, { probability: 0.1, faults: SLOW, random: harm.random });
  const open: AsyncEngine["open"] = async (options) => spoiltStore(await chaotic.open(options), harm);
  return { ...spoiltEngine(chaotic, harm), open: harm.spoilt("open", open, { probability: 0.1 }) };
}

function spoiltEngine<E extends Engine>(engine: E, harm: Harm): E {
  const available = harm.spoilt("available", () => engine.available(), { probability: 0.1 });
  return { ...engine, available };
}

function spoiltStore<S extends SyncStore | AsyncStore>(store: S, harm: Harm): S {
  const operations = Object.entries(store).map(([name, operation]: [string, unknown]) => {
    const isFunction = typeof operation === "function";
    return [name, isFunction ? harm.spoilt(name, operation as Fn, { probability: 0.05 }) : operation];
  });
  return Object.fromEntries(operations) as S;
}
