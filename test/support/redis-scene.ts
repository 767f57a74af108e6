/** What the tests of faults have in common: servers and ways to them that end with each test, and what must always hold. */

import { afterEach, expect } from "vitest";
import { closeCaches } from "../../src/index.js";
import { median } from "./lateness.js";
import { collectLog, type Line } from "./log.js";
import { callAnew, type OnRedis, TIMEOUT, untilHit, untilLeftAlone } from "./redis-caches.js";
import { RedisProxy } from "./redis-proxy.js";
import { RedisServer } from "./redis-server.js";
import { expectNothingUnhandled } from "./unhandled.js";

/** Milliseconds that a call may wait for the server, the option `engineTimeout`, and what a slow machine adds. */
export const BUDGET: number = TIMEOUT + 50;
/** Milliseconds in which caching works again, and what a slow machine adds. */
export const RECOVERY: number = 2_000 + 500;
/** Milliseconds that a call takes where the server is left alone. */
const LEFT_ALONE = 2;

/** What a test can start. */
export interface Scene {
  /** What was logged. */
  readonly lines: readonly Line[];
  startServer(...settings: readonly string[]): Promise<RedisServer>;
  absentServer(): Promise<RedisServer>;
  startProxy(server: RedisServer): Promise<RedisProxy>;
}

/** For each test of the file: what it starts ends, nothing is told twice, and no rejection is nobody's. */
export function setScene(): Scene {
  const lines = collectLog();
  const started: { remove(): unknown }[] = [];
  expectNothingUnhandled();
  afterEach(async () => {
    await closeCaches().catch(() => undefined);
    for (const one of started.splice(0)) await one.remove();
    const causes = lines.map(({ message, fields }) => `${message} ${(fields as { err?: unknown }).err}`);
    expect(new Set(causes).size, `told twice within a minute: ${causes.join("\n")}`).toBe(causes.length);
  });

  function ending<T extends { remove(): unknown }>(one: T): T {
    started.push(one);
    return one;
  }
  return {
    lines,
    startServer: async (...settings) => ending(await RedisServer.start(...settings)),
    absentServer: async () => ending(await RedisServer.absent()),
    async startProxy(server) {
      const proxy = await RedisProxy.start(server.port);
      ending({ remove: () => proxy.close() });
      return proxy;
    },
  };
}

/** A fault, from when it begins to after its end: each call is right and in time, and caching works again. */
export async function endure(one: OnRedis, mend: () => unknown): Promise<void> {
  const waited = await untilLeftAlone(one);
  expect(Math.max(...waited), `waited ${waited.map(Math.round)}`).toBeLessThan(BUDGET);
  const rest: number[] = [];
  for (let i = 0; i < 300; i += 1) rest.push(await callAnew(one));
  expect(median(rest)).toBeLessThanOrEqual(LEFT_ALONE);
  await mend();
  const took = await untilHit(one);
  console.info(`${expect.getState().currentTestName}: works again after ${Math.round(took)} ms`);
  expect(took).toBeLessThan(RECOVERY);
}
