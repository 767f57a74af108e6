/** Functions that wait for their own results, and those that only look as if they did. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acache, batch, bcache, CacheCycleError, mcache, withCache } from "../../src/index.js";
import { Task } from "../../src/wrap/cycles.js";
import { thirdPartyAsync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

collectLog();
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** What a promise comes to, which may be nothing ever. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.catch((error: unknown) => error);
  let isOver = false;
  void settled.then(() => {
    isOver = true;
  });
  for (let turn = 0; turn < 50 && !isOver; turn += 1) await tick();
  return isOver ? settled : "never";
}
/** The caches that wait for one another, without the numbers that tell those of one name apart. */
const wayOf = (error: unknown): string => (error as CacheCycleError).cycle.join(" → ").replaceAll(/#\d+/g, "");
const byDefault = Number.parseInt(process.versions.node, 10) >= 24;

describe.each([
  ["lru", () => ({})],
  ["an engine that answers with promises", () => ({ engine: thirdPartyAsync })],
])("on %s", (_what, options) => {
  const detect = () => ({ ...options(), detectCycles: true });

  it("a function that waits for itself is rejected, with the way it took", async () => {
    const f = acache(
      async (n: number): Promise<number> => {
        await tick();
        return f(n);
      },
      { name: "f", ...detect() },
    );
    const error = await outcomeOf(f(1));
    expect(error).toBeInstanceOf(CacheCycleError);
    expect(error).toMatchObject({ code: "ERR_CACHE_CYCLE" });
    expect(wayOf(error)).toBe("f → f");
    expect((error as Error).message).toMatch(
      /"f(#\d)?" would wait for its own result, for ever: f(#\d)? → f(#\d)?\. Call/,
    );
    // It is the same next time, and no other key minds.
    expect(await outcomeOf(f(1))).toBeInstanceOf(CacheCycleError);
  });

  it("a cycle through others names them all, wherever it was entered", async () => {
    const a = acache(async (n: number): Promise<number> => tick().then(() => b(n)), { name: "a", ...detect() });
    const b = acache(async (n: number): Promise<number> => tick().then(() => c(n)), { name: "b", ...detect() });
    const c = mcache(async (n: number): Promise<number> => tick().then(() => a(n)), { name: "c", detectCycles: true });
    expect(wayOf(await outcomeOf(a(1)))).toBe("c → a → b → c");
    expect(wayOf(await outcomeOf(b(2)))).toBe("a → b → c → a");
  });

  it("two callers at the two ends of a cycle both hear of it", async () => {
    const a = acache(async (n: number): Promise<number> => tick().then(() => b(n)), { name: "a", ...detect() });
    const b = acache(async (n: number): Promise<number> => tick().then(() => a(n)), { name: "b", ...detect() });
    const outcomes = await Promise.all([outcomeOf(a(1)), outcomeOf(b(1))]);
    for (const outcome of outcomes) expect(outcome).toBeInstanceOf(CacheCycleError);
  });

  it("recursion with other arguments works, many levels deep", async () => {
    const fib = acache(
      async (n: number): Promise<number> => {
        await Promise.resolve();
        return n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2));
      },
      { ...detect() },
    );
    expect(await fib(60)).toBe(1_548_008_755_920);
    expect(fib.cache.stats()).toMatchObject({ misses: 61 });
  });

  it("calls that meet without a cycle share their loads: diamonds, crowds, one another's parts", async () => {
    let runs = 0;
    const part = acache(
      async (n: number) => {
        await tick();
        runs += 1;
        return n;
      },
      { ...detect() },
    );
    const left = acache(async (n: number) => (await part(n)) + (await part(n + 1)), { ...detect() });
    const right = acache(async (n: number) => (await part(n + 1)) + (await part(n)), { ...detect() });
    const whole = acache(async (n: number) => Promise.all([left(n), right(n), left(n)]), { ...detect() });
    expect(await Promise.all([whole(1), whole(1), left(1), part(2)])).toEqual([[3, 3, 3], [3, 3, 3], 3, 2]);
    expect(runs).toBe(2);
  });

  it("a function that waits for very many loads forgets those that are over", async () => {
    const one = acache(async (n: number) => n, { maxSize: 10, ...detect() });
    const all = acache(
      async (count: number) => {
        let sum = 0;
        for (let n = 0; n < count; n += 1) sum += await one(n);
        return sum + (await Promise.all(Array.from({ length: count }, (_, n) => one(n)))).length;
      },
      { ...detect() },
    );
    expect(await all(1_000)).toBe(500_500);
  });

  it("an error by a cycle is not kept, and what is stale takes its place", async () => {
    let goesRound = false;
    const clock = { time: 1_000, now: () => clock.time };
    const f = acache(async (n: number): Promise<number> => tick().then(() => (goesRound ? f(n) : n)), {
      ...detect(),
      clock,
      ttl: 10,
      cacheErrors: "1h",
    });
    goesRound = true;
    expect(await outcomeOf(f(1))).toBeInstanceOf(CacheCycleError);
    goesRound = false;
    expect(await outcomeOf(f(1))).toBe(1);
  });

  it("what was begun in a function and outlives it is free to call it", async () => {
    let later: Promise<unknown> | undefined;
    let runs = 0;
    const f = acache(
      async (n: number): Promise<number> => {
        runs += 1;
        if (runs === 1) {
          const isDone = new Promise<void>((resolve) => setTimeout(resolve, 5));
          later = isDone
            .then(() => f(n))
            .then(() => f.cache.delete(n))
            .then(() => Promise.all([f(n), f(n)]));
        }
        await tick();
        return runs;
      },
      { ...detect() },
    );
    expect(await f(1)).toBe(1);
    expect(await later).toEqual([2, 2]);
  });

  it("a load in the background waits for nobody, and nobody for it", async () => {
    const clock = { time: 1_000, now: () => clock.time };
    const seen: unknown[] = [];
    const child = acache(async (n: number): Promise<number> => tick().then(() => parent(n)), {
      ...detect(),
      clock,
      ttl: 10,
      staleWhileRevalidate: 1_000,
      onError: ({ error }) => seen.push(error),
    });
    const parent = acache(async (n: number): Promise<number> => (await child(n)) + 1, { ...detect(), clock });
    await child.cache.set([1], 1);
    clock.time += 20;
    // The child is served stale, and made anew with the parent's result, for which it may wait.
    expect(await outcomeOf(parent(1))).toBe(2);
    for (let turn = 0; turn < 5; turn += 1) await tick();
    expect(await outcomeOf(child(1))).toBe(2);
    expect(seen).toEqual([]);
  });

  it("callers outside of any function are no part of a cycle", async () => {
    let release: (() => void) | undefined;
    const f = acache(async (n: number) => new Promise<number>((resolve) => (release = () => resolve(n))), {
      ...detect(),
    });
    const first = f(1);
    const second = f(1);
    for (let turn = 0; turn < 3; turn += 1) await tick();
    release?.();
    expect(await Promise.all([first, second])).toEqual([1, 1]);
  });
});

it("before the first await a cycle is found without the option, on an engine that answers with promises", async () => {
  const f = acache(async (n: number): Promise<number> => f(n), { name: "f", engine: thirdPartyAsync });
  expect(wayOf(await outcomeOf(f(1)))).toBe("f → f");
});

it("on disk and in blocks too", async () => {
  const cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-cycles-"));
  const f = bcache(async (n: number): Promise<number> => tick().then(() => f(n)), {
    name: "f",
    cacheDir,
    folderName: "cycles",
    detectCycles: true,
  });
  await expect(f(1)).rejects.toThrow(CacheCycleError);
  await f.cache.close();
  rmSync(cacheDir, { recursive: true, force: true });
  await withCache({ name: "block" }, async (cache) => {
    await expect(outcomeOf(cache.getOrSet(1, () => cache.getOrSet(1, () => 1)))).resolves.toMatchObject({
      cycle: ["block", "block"],
    });
    // Another key is no cycle.
    expect(await cache.getOrSet(2, () => cache.getOrSet(3, () => 4))).toBe(4);
  });
});

it("a batch that asks for what it is making", async () => {
  const f = batch(async (ns: number[]): Promise<number[]> => Promise.all(ns.map((n) => tick().then(() => f(n)))), {
    detectCycles: true,
  });
  expect(await outcomeOf(f(1))).toBeInstanceOf(CacheCycleError);
});

it("by default it is found where contexts cost nothing, for async functions, and can be told not to be", async () => {
  const f = mcache(async (n: number): Promise<number> => tick().then(() => f(n)));
  const off = mcache(async (n: number): Promise<number> => tick().then(() => off(n)), { detectCycles: false });
  const isFound = (await outcomeOf(f(1))) instanceof CacheCycleError;
  expect(isFound).toBe(byDefault);
  expect(await outcomeOf(off(1))).toBe("never");
});

it("a plain function that calls itself with the same arguments ends as it would without a cache", () => {
  const f = mcache((n: number): number => f(n), { detectCycles: true });
  expect(() => f(1)).toThrow(RangeError);
  let depth = 0;
  const g = mcache((n: number): number => (depth++ === 0 ? g(n) + 1 : n), { detectCycles: true });
  expect(g(1)).toBe(2);
});

it("a task that is over holds no other", () => {
  const [one, other] = [new Task("one"), new Task("other")];
  one.waitFor(other);
  expect([...one.awaited]).toEqual([other]);
  one.end();
  expect([...one.awaited]).toEqual([]);
  const many = new Task("many");
  for (let i = 0; i < 10_000; i += 1) {
    const next = new Task(`${i}`);
    many.waitFor(next);
    next.end();
  }
  expect([...many.awaited].length).toBeLessThan(200);
});
