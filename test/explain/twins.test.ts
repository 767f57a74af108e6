/** Who asks for explanations changes nothing: a cache that is asked all the time beside one that never is. */

import { afterEach, describe, expect, it } from "vitest";
import { bcache, closeCaches, mcache, type PolicyName } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { persistentEngines } from "../support/disk-stores.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";
import { temporaryDirectories } from "../support/temporary.js";

collectLog();
const temporary = temporaryDirectories();
afterEach(() => closeCaches());

interface Twin {
  (n: number): unknown;
  readonly cache: {
    explain(n: number): unknown;
    peek(n: number): unknown;
    set(args: [number], value: number): unknown;
    delete(n: number): unknown;
    expire(n: number): unknown;
    refresh(n: number): unknown;
    clear(): unknown;
    invalidateTags(tag: string): unknown;
    trace(): readonly { readonly key: string | undefined; readonly event: string; readonly by: string }[];
    stats(): object;
  };
}

/** What a cache has done, in full, after so many random steps. */
async function history(random: () => number, steps: number, make: (options: object) => Twin, asks: boolean) {
  const clock = createFakeClock();
  const told: unknown[] = [];
  let runs = 0;
  const tell = (event: object): void => void told.push(JSON.stringify({ ...event, name: "" }));
  const f = make({
    ttl: 50,
    staleIfError: { for: 50, backoff: 10 },
    cacheErrors: 20,
    tags: (_value: unknown, n: number) => [`t${n % 3}`],
    shouldCache: (value: number) => value % 11 !== 0,
    trace: 300,
    clock,
    onHit: tell,
    onMiss: tell,
    onSet: tell,
    onEvict: tell,
    load: (n: number): number => {
      runs += 1;
      if (runs % 7 === 0) throw new Error("down");
      return n * 1_000 + runs;
    },
  });
  const question = createRandom(seed);
  for (let step = 0; step < steps; step += 1) {
    const n = Math.floor(random() * 12);
    const draw = random();
    const act = (): unknown => {
      if (draw < 0.7) return f(n);
      if (draw < 0.76) return f.cache.set([n], n * 1_000);
      if (draw < 0.82) return f.cache.delete(n);
      if (draw < 0.88) return f.cache.expire(n);
      if (draw < 0.93) return f.cache.refresh(n);
      return draw < 0.98 ? f.cache.invalidateTags(`t${n % 3}`) : f.cache.clear();
    };
    try {
      told.push(await act());
    } catch (error) {
      told.push(String(error));
    }
    clock.advance(Math.floor(random() * 8));
    for (let i = 0; asks && i < 2; i += 1) await f.cache.explain(Math.floor(question() * 14));
  }
  const left = [];
  for (let n = 0; n < 14; n += 1) left.push(await f.cache.peek(n));
  const trace = f.cache.trace().map(({ event, by, key }) => `${event} by ${by}: ${key}`);
  return { told, left, runs, trace, stats: { ...f.cache.stats(), name: "", loadTime: 0, timeSaved: 0 } };
}

async function compare(round: number, steps: number, make: (options: object) => Twin): Promise<void> {
  const quiet = await history(createRandom(seed * 1_000 + round), steps, make, false);
  const asked = await history(createRandom(seed * 1_000 + round), steps, make, true);
  expect(asked).toEqual(quiet);
  expect(quiet.stats).toMatchObject({ hits: expect.any(Number) });
  expect(quiet.runs).toBeGreaterThan(steps / 10);
}

const policies: readonly PolicyName[] = ["lru", "fifo", "lfu", "mru", "lifo", "ttl"];

describe("in memory", () => {
  const memory = (more: object) => (options: object) => {
    const { load, ...rest } = options as { load: (n: number) => number };
    return mcache(load, { ...rest, ...more }) as unknown as Twin;
  };

  it.each(policies)("by the policy %s", async (policy) => {
    for (let round = 0; round < 3; round += 1) {
      await compare(round, 250, memory({ engine: "map", policy, maxSize: 6 }));
    }
  });

  it("on lru", async () => {
    for (let round = 0; round < 3; round += 1) await compare(round, 250, memory({ engine: "lru", maxSize: 6 }));
  });

  it("with an end that each hit puts off", async () => {
    const make = memory({ maxSize: 6, idle: 30, staleIfError: undefined });
    for (let round = 0; round < 3; round += 1) await compare(round, 250, make);
  });

  it("in an engine from outside", async () => {
    const make = memory({ engine: thirdPartySync, maxSize: Number.POSITIVE_INFINITY, policy: "fifo" });
    for (let round = 0; round < 3; round += 1) await compare(round, 250, make);
  });
});

const onDisk = (await persistentEngines()).map(({ name, kind }) => ({ name, sync: kind === "sync" }));

describe("on disk", () => {
  it.each(onDisk)("on $name", async ({ name, sync }) => {
    for (const memory of sync ? [false] : [false, { maxSize: 3, ttl: 30 }]) {
      await compare(0, 60, (options) => {
        const { load, ...rest } = options as { load: (n: number) => number };
        const directory = temporary();
        const where = { name: "twin", version: 1, folderName: "twins", cacheDir: directory, engineTimeout: "30s" };
        const kind = sync ? { sync } : { memory };
        return bcache(load, { ...rest, ...where, ...kind, engine: name, maxSize: 6 } as never) as unknown as Twin;
      });
    }
  });
});
