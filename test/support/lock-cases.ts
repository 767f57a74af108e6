/** What the option `lock` promises, with real processes, whatever the engine. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AsyncStore } from "../../src/contract/index.js";
import { makeTemporary, removeTemporary } from "./disk-stores.js";
import { FAILURE, holdFile, resultFile } from "./fence-orders.js";
import { FenceProcess } from "./fence-process.js";

/** Milliseconds after which what should have come to pass has not. */
const PATIENCE = 20_000;
const CALLERS = 50;

/** An engine on which it is tried. */
export interface Ground {
  readonly engine: string;
  /** A memory in front. */
  readonly memory: boolean;
  /** The bundled program. */
  program(): string;
  /** Further options of the caches. */
  options(): object;
  /** Opens a store of its own in this process. */
  open(cacheDir: string): Promise<AsyncStore>;
  /** The leases that are there: of those that are held, and of those that nobody has given back. */
  leases(cacheDir: string): Promise<readonly string[]>;
}

/** Looks again and again until something is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Waited in vain until ${what}.`);
}

/** The tests, for one engine. */
export function lockCases(ground: Ground): void {
  let directory = "";
  const processes: FenceProcess[] = [];
  beforeEach(() => {
    directory = makeTemporary();
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await one.kill();
    removeTemporary(directory);
  });

  const cacheDir = (): string => join(directory, "cache");

  function start(me: string, lock: object | boolean = true, further: object = {}): FenceProcess {
    const { engine, memory } = ground;
    const options = { ...ground.options(), lock, ...further };
    const orders = { me, engine, memory, cacheDir: cacheDir(), answers: "promises", options } as const;
    const one = new FenceProcess(ground.program(), orders);
    processes.push(one);
    return one;
  }

  const NAMES = ["a", "b", "c", "d"] as const;
  const startAll = (lock?: object | boolean, further?: object): FenceProcess[] =>
    NAMES.map((me) => start(me, lock, further));

  /** Holds runs of all processes for a key; the function that is returned says what the first one of each comes to. */
  function holdAll(key: string): (run: number, value?: string) => void {
    for (const me of NAMES) writeFileSync(holdFile(directory, me, key), "");
    return (run, value) => {
      for (const me of NAMES) {
        rmSync(holdFile(directory, me, key), { force: true });
        writeFileSync(resultFile(directory, me, key, run), value ?? `by ${me}`);
      }
    };
  }

  /** How often the function has run in some processes. They have begun with all that they were told before. */
  async function runsOf(some: readonly FenceProcess[]): Promise<number> {
    const each = await Promise.all(some.map((one) => one.tell("runs")));
    return each.reduce<number>((sum, runs) => sum + (runs as number), 0);
  }

  async function sumOf(some: readonly FenceProcess[], counter: string): Promise<number> {
    const each = (await Promise.all(some.map((one) => one.tell("stats")))) as Record<string, number>[];
    return each.reduce((sum, stats) => sum + (stats[counter] ?? 0), 0);
  }

  const nothingIsLeft = (): Promise<void> =>
    until("no lease is left", async () => (await ground.leases(cacheDir())).length === 0);

  it("a cold key, 4 processes with 50 callers each: one run, and the others' calls are hits", async () => {
    const all = startAll();
    const finish = holdAll("k");
    // Opened, so that they come at the same time.
    for (const one of all) await one.tell("has", "other");
    const calls = all.map((one) => one.tell("callMany", "k", CALLERS));
    await until("one runs", async () => (await runsOf(all)) > 0);
    await until("somebody holds the lease", async () => (await ground.leases(cacheDir())).length > 0);
    finish(1);
    const values = new Set((await Promise.all(calls)).flat());
    expect(values.size).toBe(1);
    expect(await runsOf(all)).toBe(1);
    expect([await sumOf(all, "hits"), await sumOf(all, "misses"), await sumOf(all, "coalesced")]).toEqual([
      3 * CALLERS,
      CALLERS,
      CALLERS - 1,
    ]);
    expect(await sumOf(all, "engineFailures")).toBe(0);
    await nothingIsLeft();
  });

  it("stale while revalidating: one process makes a new value, and nobody waits", async () => {
    const all = startAll({ wait: "20s", lease: "20s" }, { ttl: "1h", staleWhileRevalidate: "1h" });
    const [a] = all as [FenceProcess];
    const old = await a.tell("call", "k");
    await a.tell("expire", "k");
    const finish = holdAll("k");
    const callAll = async (): Promise<unknown> =>
      new Set((await Promise.all(all.map((one) => one.tell("callMany", "k", CALLERS)))).flat());
    // Those with a memory in front may have looked before; here nobody but the first one has.
    expect(await callAll()).toEqual(new Set([old]));
    await until("one runs again", async () => (await runsOf(all)) > 1);
    const end = performance.now() + 300;
    await until("all have asked again", async () => {
      expect(await callAll()).toEqual(new Set([old]));
      return performance.now() > end;
    });
    expect(await runsOf(all)).toBe(2);
    for (const run of [1, 2]) finish(run, "new");
    await until("the new value is there", async () => (await a.tell("call", "k")) === "new");
    await until("all see it", async () => {
      const seen = (await callAll()) as Set<unknown>;
      return seen.size === 1 && seen.has("new");
    });
    expect(await runsOf(all)).toBe(2);
    await nothingIsLeft();
  });

  // The rest happens behind the memory.
  if (ground.memory) return;

  it("many cold keys at once: one run of each", async () => {
    const all = startAll();
    const keys = Array.from({ length: 25 }, (_, i) => `k${i}`);
    for (const one of all) await one.tell("has", "other");
    await Promise.all(all.flatMap((one) => keys.map((key) => one.tell("callMany", key, 2))));
    expect(await runsOf(all)).toBe(keys.length);
    await nothingIsLeft();
  });

  it("a leader that is killed: one more run, and everybody gets a value", async () => {
    const [a, ...rest] = startAll({ lease: "500ms", wait: "20s" }) as [FenceProcess, ...FenceProcess[]];
    await a.hold("call", "k");
    const calls = rest.map((one) => one.tell("callMany", "k", CALLERS));
    expect(await runsOf(rest)).toBe(0);
    await a.kill();
    const values = new Set((await Promise.all(calls)).flat());
    expect(values.size).toBe(1);
    expect(await runsOf(rest)).toBe(1);
    await nothingIsLeft();
  });

  it("a leader whose function throws: its callers get the error, and another one runs the function", async () => {
    const [a, b] = [start("a", { wait: "20s", lease: "20s" }), start("b", { wait: "20s", lease: "20s" })];
    const finish = await a.hold("call", "k");
    const [others, value] = [a.tell("callMany", "k", CALLERS), b.tell("callMany", "k", CALLERS)];
    expect(await runsOf([a, b])).toBe(1);
    await expect(finish(`${FAILURE}boom`)).rejects.toThrow("boom");
    expect(await others).toEqual(["Error: boom"]);
    expect(await value).toEqual(["b-1"]);
    expect(await runsOf([b])).toBe(1);
    await nothingIsLeft();
  });

  it("a load that takes longer than the lease: it is renewed", async () => {
    const lock = { lease: "250ms", wait: "20s" };
    const [a, b] = [start("a", lock), start("b", lock)];
    const finish = await a.hold("call", "k");
    const value = b.tell("call", "k");
    const end = performance.now() + 1_000;
    await until("four leases are over", async () => {
      expect(await runsOf([b])).toBe(0);
      return performance.now() > end;
    });
    expect(await finish("value")).toBe("value");
    expect(await value).toBe("value");
    expect(await runsOf([b])).toBe(0);
    await nothingIsLeft();
  });

  it("a load that takes longer than others wait: they run the function themselves", async () => {
    const [a, b] = [start("a", { wait: 100 }), start("b", { wait: 100 })];
    const finish = await a.hold("call", "k");
    expect(await b.tell("call", "k")).toBe("b-1");
    await finish("value");
  });

  it("hardTimeout leaves time for the function", async () => {
    const a = start("a", { wait: "20s" });
    const b = start("b", { wait: "20s" }, { hardTimeout: "4s" });
    const finish = await a.hold("call", "k");
    expect(await b.tell("call", "k")).toBe("b-1");
    await finish("value");
  });

  it("a function that calls itself with another key, which others ask for too: one run of each", async () => {
    const all = startAll({ wait: "20s" });
    const calls = all.flatMap((one) => [one.tell("call", "x>y"), one.tell("call", "y"), one.tell("call", "z>y")]);
    const values = new Set(await Promise.all(calls));
    expect(values.size).toBe(3);
    expect(await runsOf(all)).toBe(3);
    await nothingIsLeft();
  });

  it("a delete by the process that loads: its next call does not wait for its own lease", async () => {
    const a = start("a", { wait: "20s", lease: "20s" });
    const finish = await a.hold("call", "k");
    await a.tell("delete", "k");
    rmSync(holdFile(directory, "a", "k"));
    const started = performance.now();
    expect(await a.tell("call", "k")).toBe("a-2");
    expect(performance.now() - started).toBeLessThan(5_000);
    writeFileSync(holdFile(directory, "a", "k"), "");
    expect(await finish("old")).toBe("old");
    expect(await a.tell("call", "k")).toBe("a-2");
    await nothingIsLeft();
  });

  it("a cache that is closed while it loads gives its leases back", async () => {
    const [a, b] = [start("a", { wait: "1m", lease: "1m" }), start("b", { wait: "1m", lease: "1m" })];
    const finish = await a.hold("call", "k");
    const value = b.tell("call", "k");
    await a.tell("close");
    expect(await value).toBe("b-1");
    await finish("late");
    await nothingIsLeft();
  });

  it("a lease is had by one, renewed and given back by its owner alone, and over in time", async () => {
    const [one, other] = [await ground.open(cacheDir()), await ground.open(cacheDir())];
    try {
      const first = await one.lease?.("k", 60);
      expect(first).toBeDefined();
      expect(await other.lease?.("k", 60_000)).toBeUndefined();
      expect(await other.lease?.("another", 60_000)).toBeDefined();
      expect(await first?.renew()).toBe(true);
      let second: Awaited<ReturnType<NonNullable<AsyncStore["lease"]>>>;
      await until("the lease is over", async () => {
        second = await other.lease?.("k", 60_000);
        return second !== undefined;
      });
      expect(await first?.renew()).toBe(false);
      await first?.release();
      expect(await one.lease?.("k", 60_000)).toBeUndefined();
      expect(await second?.renew()).toBe(true);
      await second?.release();
      await second?.release();
      const third = await one.lease?.("k", 60_000);
      expect(third).toBeDefined();
      // It says nothing about entries.
      expect([await one.size(), [...(await one.keys())]]).toEqual([0, []]);
    } finally {
      await one.close();
      await other.close();
    }
  });
}
