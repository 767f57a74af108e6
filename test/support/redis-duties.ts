/** What caches do on a server, however it is made up: asked of two that have connections of their own. */

import { expect } from "vitest";
import { invalidateTags } from "../../src/index.js";
import { node, type Outcome } from "./build.js";
import type { Bundle } from "./bundle.js";
import { until } from "./lateness.js";
import { type cachedOn, callAnew, type OnRedis, untilHit } from "./redis-caches.js";
import { BUDGET } from "./redis-scene.js";

/** Where a cache is, and how it gets there. */
export type Redis = Parameters<typeof cachedOn>[0];

/** Milliseconds that a message may take, on a machine that has much else to do. */
const MESSAGE = 500;
/** Everything that two caches, each with connections of its own, do with one server or cluster. */
export async function works(one: OnRedis, other: OnRedis): Promise<void> {
  await untilHit(one);
  await untilHit(other);
  await one.f.cache.clear();
  for (const { source } of [one, other]) source.runs = 0;
  const keys = Array.from({ length: 150 }, (_, i) => i);
  const values = keys.map((key) => `${key} v1`);
  expect(await Promise.all(keys.map((key) => one.f(key)))).toEqual(values);
  expect(await Promise.all(keys.map((key) => other.f(key)))).toEqual(values);
  expect([one.source.runs, other.source.runs]).toEqual([keys.length, 0]);
  expect(await one.f.cache.delete(7)).toBe(true);
  expect([await other.f.cache.has(7), await other.f.cache.has(8)]).toEqual([false, true]);
  await invalidateTags("t");
  expect(await other.f.cache.peek(8)).toBeUndefined();
  expect(await other.f(8)).toBe("8 v1");
  expect(await one.f(8)).toBe("8 v1");
  expect([one.source.runs, other.source.runs]).toEqual([keys.length, 1]);
  await other.f.cache.clear();
  expect(await one.f.cache.has(8)).toBe(false);
}

/** What both say that load one key at the same time; one of them runs. */
export async function takesTurns(one: OnRedis, other: OnRedis): Promise<void> {
  for (const { source } of [one, other]) {
    source.runs = 0;
    source.meanwhile = () => new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(await Promise.all([one.f(3), other.f(3)])).toEqual(["3 v1", "3 v1"]);
  expect(one.source.runs + other.source.runs).toBe(1);
}

/** A memory in front hears of what another does, once its own connection is there: after a failover each finds its way alone. */
export async function hears(one: OnRedis, other: OnRedis): Promise<void> {
  await untilHit(one, 5);
  const round = async (within: number): Promise<void> => {
    await one.f(5);
    expect(await one.f.cache.has(5)).toBe(true);
    await other.f.cache.delete(5);
    await until("it is heard", async () => !(await one.f.cache.has(5)), within);
  };
  await round(10_000);
  for (let i = 0; i < 3; i += 1) await round(MESSAGE);
}

/** A call that is right and in time, and whose result is found again. */
export async function isHitInTime(one: OnRedis): Promise<boolean> {
  expect(await callAnew(one)).toBeLessThan(BUDGET);
  const { hits } = one.f.cache.stats();
  expect(await one.f(1)).toBe(`1 ${one.source.version}`);
  return one.f.cache.stats().hits > hits;
}

/** A program that uses a cache for a while, and how long it takes to end when it has nothing more to do. */
export async function runProgram(
  library: Bundle,
  redis: Redis,
  options: string,
): Promise<Outcome & { readonly took: number }> {
  const program = `
    const { acache } = await import(${JSON.stringify(library.path)});
    const f = acache(async (n) => n, { name: "f", version: 1, folderName: "f", engineTimeout: "5s", ${options} redis: ${JSON.stringify(redis)} });
    for (const end = performance.now() + 500; performance.now() < end; await new Promise((go) => setTimeout(go, 20))) {
      if ((await f(1)) !== 1) throw new Error("Wrong.");
    }
    const begun = performance.now();
    process.on("exit", () => console.log(performance.now() - begun));`;
  const flags = ["--unhandled-rejections=strict", "--input-type=module"];
  const outcome = await node([...flags, "--eval", program], { timeout: 20_000 });
  // Nobody else has anything to say.
  expect(outcome.stdout).toMatch(/^[\d.]+\n$/);
  return { ...outcome, took: Number(outcome.stdout) };
}
