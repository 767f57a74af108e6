/** A model of an asynchronous engine whose answers come in time, late, or not as hoped, in every order. */

import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { AsyncEngine } from "../../src/contract/index.js";
import { type AsyncCacheOptions, acache, CacheOperationError } from "../../src/index.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsyncWith } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

collectLog();
beforeAll(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterAll(() => void vi.useRealTimers());

const STEPS = 40;
const KEY = 1;

/** An operation that the store has been asked for. It takes effect at `land`, and is answered at `answer` or `fail`. */
interface Operation {
  land(): void;
  answer(): void;
  fail(): void;
}

/** A store of which nothing happens by itself. */
function createPuppet(): { engine: AsyncEngine; waiting: Set<Operation> } {
  const waiting = new Set<Operation>();
  const asked = <T>(act: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      let effect: Promise<T> | undefined;
      const operation: Operation = {
        land() {
          effect ??= act();
        },
        answer() {
          waiting.delete(operation);
          operation.land();
          resolve(effect as Promise<T>);
        },
        fail() {
          waiting.delete(operation);
          reject(new Error("the engine fails"));
        },
      };
      waiting.add(operation);
    });
  const engine = thirdPartyAsyncWith((store) => ({
    get: (key) => asked(() => store.get(key)),
    set: (key, entry) => asked(() => store.set(key, entry)),
    delete: (key) => asked(() => store.delete(key)),
    clear: () => asked(() => store.clear()),
  }));
  return { engine, waiting };
}

type Breaker = NonNullable<AsyncCacheOptions["breaker"]>;

/** One round: the source's version only grows, and nothing may be served that is older than a change that was answered. */
async function play(random: () => number, breaker: Breaker): Promise<{ hits: number; skipped: number }> {
  const pick = <T>(things: Iterable<T>): T | undefined => {
    const all = [...things];
    return all[Math.floor(random() * all.length)];
  };
  const { engine, waiting } = createPuppet();
  const loads = new Set<() => void>();
  let version = 0;
  let oldest = 0;
  let calls = 0;
  let open = 0;
  const wrong: unknown[] = [];
  const read = acache(
    (_key: number): Promise<number> => {
      const seen = version;
      const fails = random() < 0.1;
      return new Promise((resolve, reject) => {
        const end = (): void => {
          loads.delete(end);
          if (fails) reject(new TypeError("the function fails"));
          else resolve(seen);
        };
        loads.add(end);
      });
    },
    { engine, maxSize: Number.POSITIVE_INFINITY, policy: "fifo", name: "slow", breaker },
  );

  /** A call, of the function or of the handle; what it rejects with must be of the right kind. */
  const begin = (
    act: () => Promise<unknown>,
    kind: new (...args: never[]) => Error,
    then: (value: unknown) => void,
  ): void => {
    open += 1;
    act()
      .then(then, (error: unknown) => {
        if (!(error instanceof kind)) wrong.push(error);
        if (kind === CacheOperationError) then(undefined);
      })
      .finally(() => {
        open -= 1;
      });
  };
  /** Checks a value against what was the oldest allowed one when the call began. */
  const judge = (floor: number) => (value: unknown) => {
    if (value !== undefined && (value as number) < floor) wrong.push({ value, floor });
  };
  const raise = (since: number): void => {
    oldest = Math.max(oldest, since);
  };
  const call = (): void => {
    calls += 1;
    begin(() => read(KEY), TypeError, judge(oldest));
  };
  const peek = (): void => begin(() => read.cache.peek(KEY), RangeError, judge(oldest));
  const refresh = (): void => {
    calls += 1;
    version += 1;
    begin(
      () => read.cache.refresh(KEY),
      TypeError,
      (value) => raise(value as number),
    );
  };
  /** Acknowledged or not: what was there before must not be served any more. */
  const change = (act: () => Promise<unknown>): void => {
    version += 1;
    const since = version;
    begin(act, CacheOperationError, () => raise(since));
  };
  const acts = [
    ...[call, call, call, call, call, peek, refresh],
    () => change(() => read.cache.delete(KEY)),
    () => change(() => read.cache.delete(KEY)),
    () => change(() => read.cache.clear()),
    () => change(() => read.cache.set([KEY], version)),
  ];

  for (let step = 0; step < STEPS; step += 1) {
    const dice = random();
    if (dice < 0.45) pick(acts)?.();
    else if (dice < 0.55) pick(waiting)?.land();
    else if (dice < 0.6) pick(waiting)?.fail();
    else if (dice < 0.85) pick(waiting)?.answer();
    else if (dice < 0.95) pick(loads)?.();
    else await vi.advanceTimersByTimeAsync(101);
    await settle();
  }
  for (let turn = 0; open > 0 || waiting.size > 0; turn += 1) {
    expect(turn, "everything ends when the store answers again").toBeLessThan(200);
    for (const end of [...loads]) end();
    for (const operation of [...waiting]) operation.answer();
    await settle();
  }
  const { hits, misses, skipped } = read.cache.stats();
  expect(wrong).toEqual([]);
  expect(hits + misses).toBe(calls);
  return { hits, skipped };
}

it.each<[string, number, Breaker]>([
  ["as it is", 5_000, {}],
  ["that is left alone at its first failure", 3_000, { threshold: 1, pause: 150 }],
  ["that is left alone at its second failure", 2_000, { threshold: 2, pause: 50 }],
])(
  `of an engine %s nothing older than a change is served, and every call ends (SEED=${seed})`,
  { timeout: 120_000 },
  async (_name, rounds, breaker) => {
    const random = createRandom(seed);
    let hits = 0;
    let skipped = 0;
    for (let round = 0; round < rounds; round += 1) {
      const played = await play(random, breaker);
      hits += played.hits;
      skipped += played.skipped;
    }
    expect(hits, "the cache was of use").toBeGreaterThan(rounds / 10);
    if (breaker !== false && breaker.threshold !== undefined)
      expect(skipped, "the engine was left alone").toBeGreaterThan(rounds / 10);
  },
);
