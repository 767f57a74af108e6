/** A cache in memory under random operations, beside a plain model that knows which values may be returned. */

import assert from "node:assert/strict";
import { acache, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer, settle } from "./deferred.js";
import { thirdPartyAsync } from "./engines.js";

/** One run of the function. The value that it gives names it, so that whoever gets it knows where it is from. */
interface Load {
  readonly key: number;
  /** The source's version when it began. */
  readonly version: number;
  /** The step in which it settled, and the time. */
  settled?: { readonly step: number; readonly time: number };
}

const KEYS = [1, 2, 3, 4, 5, 6];
const TTL = 1_000;
const bounds = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
const choices = [
  {},
  { engine: "map", maxSize: 5 },
  { policy: "lfu", maxSize: 4 },
  { policy: "mru", maxSize: 4 },
  { policy: "ttl", maxSize: 4, jitter: 0.5 },
  { clone: "structured", ttl: TTL },
] as const;

/**
 * Runs random calls, removals, refreshes, failures and steps of time against a source whose version grows. A call may
 * never return a value that is another key's, that is older than the last removal which ended before the call began, or
 * that had outlived its TTL by then. Returns the number of steps; throws at the first thing that is wrong.
 */
export async function runModel(random: () => number, steps: number): Promise<number> {
  const clock = createFakeClock();
  const loads: Load[] = [];
  const waiting: ((fail: boolean) => void)[] = [];
  const oldest = new Map<number, number>();
  const calls: Promise<void>[] = [];
  let version = 0;
  let step = 0;

  const run = async (key: number): Promise<{ load: number }> => {
    const load: Load = { key, version };
    const id = loads.push(load) - 1;
    if (random() < 0.8) {
      const gate = defer<void>();
      waiting.push((fail) => (fail ? gate.reject(new Error("down")) : gate.resolve()));
      await gate.promise;
    }
    load.settled = { step, time: clock.now() };
    return { load: id };
  };
  const choice = Math.floor(random() * (choices.length + 1));
  const options = choices[choice];
  const read =
    options === undefined
      ? acache(run, { ...bounds, engine: thirdPartyAsync, ttl: TTL, clock })
      : mcache(run, { ttl: TTL, ...options, clock });

  function check(key: number, id: number, begun: { step: number; time: number; notBefore: number }): void {
    const load = loads[id] as Load;
    assert.equal(load.key, key, "another key's value");
    assert.ok(load.version >= begun.notBefore, `v${load.version} was removed before a call that got it began`);
    if (load.settled === undefined || load.settled.step >= begun.step) return;
    assert.ok(begun.time - load.settled.time < TTL, "a value that had outlived its TTL");
  }

  function call(key: number): void {
    const begun = { step, time: clock.now(), notBefore: oldest.get(key) ?? 0 };
    const done = read(key).then(
      ({ load }) => check(key, load, begun),
      (error: unknown) => assert.equal((error as Error).message, "down"),
    );
    // Looked at in the end, all together.
    done.catch(() => undefined);
    calls.push(done);
  }

  async function remove(keys: readonly number[]): Promise<void> {
    version += 1;
    const removed = version;
    await (keys.length === 1 ? read.cache.delete(keys[0] as number) : read.cache.clear());
    for (const key of keys) oldest.set(key, removed);
  }

  async function settleOne(): Promise<void> {
    const [one] = waiting.splice(Math.floor(random() * waiting.length), 1);
    one?.(random() < 0.2);
    if (random() < 0.5) await settle();
  }

  for (step = 1; step <= steps; step += 1) {
    const dice = random();
    const key = KEYS[Math.floor(random() * KEYS.length)] as number;
    if (dice < 0.55) call(key);
    else if (dice < 0.63) await remove([key]);
    else if (dice < 0.65) await remove(KEYS);
    else if (dice < 0.7) {
      // What has settled is stored before time goes on.
      await settle();
      clock.advance(Math.floor(random() * TTL));
    } else if (dice < 0.75) void Promise.resolve(read.cache.refresh(key)).catch(() => undefined);
    else await settleOne();
  }
  for (const goOn of waiting.splice(0)) goOn(false);
  await settle();
  for (const goOn of waiting.splice(0)) goOn(false);
  await Promise.all(calls);

  const stats = read.cache.stats();
  assert.ok(stats.hits > 0);
  assert.equal(stats.loads, loads.length);
  assert.ok(stats.hits + stats.misses >= calls.length);
  return steps;
}
