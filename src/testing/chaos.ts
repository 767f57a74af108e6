/** Engines that fail on purpose. */

import type { AsyncEngine, AsyncStore, Engine, Fence, SyncEngine, SyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";

/**
 * What may go wrong with an operation: it throws before or after it is done (`"throw"`, `"throw-after"`); it never
 * answers or answers late (`"hang"`, `"delay"`, of asynchronous engines only); `get` answers with something that is no
 * entry, or with the entry of another key (`"garbage"`, `"foreign"`); `set` says that it is done and is not (`"drop"`).
 */
export type Fault = "throw" | "throw-after" | "hang" | "delay" | "garbage" | "foreign" | "drop";

/** The operations in which something may go wrong. */
export type ChaosOperation = "open" | "get" | "set" | "delete" | "clear" | "lease";

/** How much chaos there is. Read at every operation, so it can be changed while the engine is in use. */
export interface ChaosOptions {
  /** How likely a fault is at each operation, from 0 to 1. Default: 1. */
  probability?: number;
  /** What may go wrong. Default: `["throw"]`. */
  faults?: readonly Fault[];
  /** Where. Default: in every operation but `open`. */
  operations?: readonly ChaosOperation[];
  /** Milliseconds of a `"delay"`. Default: 5. */
  delay?: number;
  /** Chance, for tests that can be repeated. Default: `Math.random`. */
  random?(): number;
}

const STORE_OPERATIONS: readonly ChaosOperation[] = ["get", "set", "delete", "clear", "lease"];

/** The fault of this operation; `undefined`: none. */
function draw(options: ChaosOptions, operation: ChaosOperation): Fault | undefined {
  const { probability = 1, faults = ["throw"], operations = STORE_OPERATIONS, random = Math.random } = options;
  if (!operations.includes(operation) || random() >= probability) return undefined;
  return faults[Math.floor(random() * faults.length)];
}

/** Makes up an answer, where the fault is one of lies; `undefined`: it is not. */
function lie(
  fault: Fault | undefined,
  operation: ChaosOperation,
  other: () => Entry | undefined = () => undefined,
): { answer: unknown } | undefined {
  if (operation === "get" && fault === "garbage") return { answer: { rubbish: true } };
  if (operation === "get" && fault === "foreign") return { answer: other() };
  return operation === "set" && fault === "drop" ? { answer: true } : undefined;
}

function failure(operation: ChaosOperation): Error {
  return new Error(`chaos in ${operation}`);
}

/**
 * An engine whose stores fail as told; otherwise the engine that is given.
 *
 * @example
 * ```ts
 * import { getEngineManager, mcache } from "twat-cache";
 * import { chaosEngine } from "twat-cache/testing";
 * const map = getEngineManager().getEngine("map");
 * if (map?.kind === "sync") {
 *   const double = mcache((n: number) => 2 * n, { engine: chaosEngine(map, { faults: ["throw", "garbage"] }) });
 *   console.log(double(4), double(4), double.cache.stats().engineFailures > 0); // => 8 8 true
 * }
 * ```
 */
export function chaosEngine(engine: SyncEngine, options?: ChaosOptions): SyncEngine;
export function chaosEngine(engine: AsyncEngine, options?: ChaosOptions): AsyncEngine;
export function chaosEngine(engine: Engine, options: ChaosOptions = {}): Engine {
  if (engine.kind === "sync") {
    return {
      ...engine,
      name: `chaos-${engine.name}`,
      open(storeOptions) {
        if (draw(options, "open") !== undefined) throw failure("open");
        return chaosStore(engine.open(storeOptions), syncRisk(options));
      },
    };
  }
  return {
    ...engine,
    name: `chaos-${engine.name}`,
    async open(storeOptions) {
      if (draw(options, "open") !== undefined) throw failure("open");
      return chaosStore(await engine.open(storeOptions), asyncRisk(options));
    },
  };
}

/** Runs one operation, with what may go wrong. */
type Risk<T> = (operation: ChaosOperation, act: () => T, other?: () => Entry | undefined) => T;

/** A store of either kind behind the risk. The compiler cannot see that the answers stay of the store's kind. */
function chaosStore<S extends SyncStore | AsyncStore>(store: S, risk: Risk<unknown>): S {
  let last: { readonly key: Key; readonly entry: Entry } | undefined;
  const otherThan = (key: Key) => (): Entry | undefined => (last?.key === key ? undefined : last?.entry);
  const peek = (key: Key): unknown => (store.peek === undefined ? store.get(key) : store.peek(key));
  return {
    get: (key: Key) => risk("get", () => store.get(key), otherThan(key)),
    peek: (key: Key) => risk("get", () => peek(key), otherThan(key)),
    set(key: Key, entry: Entry, fence?: Fence) {
      last = { key, entry };
      return risk("set", () => store.set(key, entry, fence));
    },
    ...(store.fence && { fence: (key: Key) => store.fence?.(key) }),
    ...(store.idOf && { idOf: (key: Key) => store.idOf?.(key) }),
    ...("watch" in store && { watch: () => store.watch?.() }),
    ...("lease" in store &&
      store.lease !== undefined && {
        lease: (key: Key, milliseconds: number) => risk("lease", () => store.lease?.(key, milliseconds)),
      }),
    delete: (key: Key) => risk("delete", () => store.delete(key)),
    clear: () => risk("clear", () => store.clear()),
    size: () => store.size(),
    keys: () => store.keys(),
    close: () => store.close(),
  } as unknown as S;
}

function syncRisk(options: ChaosOptions): Risk<unknown> {
  return (operation, act, other) => {
    const fault = draw(options, operation);
    const lied = lie(fault, operation, other);
    if (lied !== undefined) return lied.answer;
    if (fault === "throw") throw failure(operation);
    const answer = act();
    if (fault === "throw-after") throw failure(operation);
    return answer;
  };
}

function asyncRisk(options: ChaosOptions): Risk<unknown> {
  return async (operation, act, other) => {
    const fault = draw(options, operation);
    const lied = lie(fault, operation, other);
    if (lied !== undefined) return lied.answer;
    if (fault === "throw") throw failure(operation);
    if (fault === "hang") return new Promise(() => undefined);
    if (fault === "delay") await new Promise((resolve) => setTimeout(resolve, options.delay ?? 5));
    const answer = await act();
    if (fault === "throw-after") throw failure(operation);
    return answer;
  };
}
