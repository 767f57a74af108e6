import { describe, expect, it, vi } from "vitest";
import type { AsyncEngine, SyncEngine } from "../../src/contract/index.js";
import type { Entry } from "../../src/entry.js";
import { acache, CacheOperationError, type CacheStatistics, mcache } from "../../src/index.js";
import { type ChaosOptions, chaosEngine, type Fault } from "../../src/testing/index.js";
import { defer, settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartyAsyncWith, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

const lines = collectLog();
const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

describe("an asynchronous engine that fails costs time only, and not more than its budget", () => {
  const failing = (fault: Fault): ((n: number) => Promise<number>) & { cache: { stats(): CacheStatistics } } =>
    acache(async (n: number) => n * n, { ...open, engine: chaosEngine(thirdPartyAsync, { faults: [fault] }) });

  it.each<Fault>(["throw", "throw-after", "garbage", "foreign", "drop", "delay"])("always, by %s", async (fault) => {
    const square = failing(fault);
    for (let i = 0; i < 10; i += 1) expect(await square(1 + (i % 2))).toBe((1 + (i % 2)) ** 2);
    const { hits, misses } = square.cache.stats();
    expect(hits + misses).toBe(10);
  });

  it("always, by hanging: read and write together have 100 ms, not each of them", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      let result: number | undefined;
      const call = failing("hang")(3).then((value) => {
        result = value;
      });
      await vi.advanceTimersByTimeAsync(99);
      expect(result).toBeUndefined();
      await vi.advanceTimersByTimeAsync(2);
      expect(result).toBe(9);
      await call;
    } finally {
      vi.useRealTimers();
    }
  });

  it(`never a wrong value, never an error but its own, whatever fails, and when (SEED=${seed})`, async () => {
    const random = createRandom(seed);
    const chaos: ChaosOptions = {
      faults: ["throw", "throw-after", "garbage", "foreign", "drop", "delay"],
      random,
      delay: 1,
    };
    let version = 0;
    const read = acache(
      async (n: number) => {
        const seen = version;
        if (random() < 0.3) await settle();
        return `${n} v${seen}`;
      },
      { ...open, engine: chaosEngine(thirdPartyAsync, chaos) },
    );
    const oldest = new Map<number, number>();
    const step = async (): Promise<void> => {
      chaos.probability = random() < 0.5 ? 0 : random() * 0.5;
      const n = 1 + Math.floor(random() * 6);
      const dice = random();
      if (dice < 0.15) {
        version += 1;
        const since = version;
        await (dice < 0.02 ? read.cache.clear() : read.cache.delete(n)).catch((error: unknown) =>
          expect(error).toBeInstanceOf(CacheOperationError),
        );
        for (let i = 1; i <= 6; i += 1) if (dice < 0.02 || i === n) oldest.set(i, Math.max(since, oldest.get(i) ?? 0));
      } else {
        const since = oldest.get(n) ?? 0;
        const [key, found] = (await read(n)).split(" v");
        expect(Number(key)).toBe(n);
        expect(Number(found)).toBeGreaterThanOrEqual(since);
      }
    };
    for (let round = 0; round < 600; round += 1) await Promise.all(Array.from({ length: 5 }, step));
    expect(read.cache.stats().hits).toBeGreaterThan(100);
  });

  /** A store whose operations wait until they are told to go on. */
  function controlled(): { engine: AsyncEngine; let: (operation: string) => Promise<void>; fail: Set<string> } {
    const waiting = new Map<string, (() => void)[]>();
    const fail = new Set<string>();
    const gate = async <T>(operation: string, act: () => T | Promise<T>): Promise<T> => {
      if (held.has(operation)) {
        const { promise, resolve } = defer<void>();
        waiting.set(operation, [...(waiting.get(operation) ?? []), () => resolve()]);
        await promise;
      }
      if (fail.has(operation)) throw new Error(`${operation} fails`);
      return act();
    };
    const held = new Set<string>();
    const engine = thirdPartyAsyncWith((store) => ({
      get: (key) => gate("get", () => store.get(key)),
      set: (key, entry) => gate("set", () => store.set(key, entry)),
      delete: (key) => gate("delete", () => store.delete(key)),
      clear: () => gate("clear", () => store.clear()),
    }));
    return {
      engine,
      fail,
      async let(operation) {
        if (operation.startsWith("hold ")) held.add(operation.slice(5));
        else {
          held.delete(operation);
          for (const go of waiting.get(operation) ?? []) go();
          waiting.delete(operation);
        }
        await settle();
      },
    };
  }

  it("a removal waits for the write that is under way; what is written is not served meanwhile", async () => {
    const control = controlled();
    let version = 1;
    const read = acache(async (n: number) => `${n} v${version}`, { ...open, engine: control.engine });
    await control.let("hold set");
    const first = read(1);
    expect(await first, "the caller waits for its budget, not for the write").toBe("1 v1");
    await expect(read.cache.delete(1), "it is not certain yet").rejects.toThrow(CacheOperationError);
    version = 2;
    expect(await read(1), "nothing is served that is to be removed").toBe("1 v2");
    await control.let("set");
    await settle();
    expect([await read(1), await read(1)]).toEqual(["1 v2", "1 v2"]);
    expect(read.cache.stats().hits).toBeGreaterThan(0);
  });

  it("a removal that hangs is reported, and what it was to remove is not served", async () => {
    const control = controlled();
    let version = 1;
    const read = acache(async (n: number) => `${n} v${version}`, { ...open, engine: control.engine });
    expect(await read(1)).toBe("1 v1");
    version = 2;
    await control.let("hold delete");
    await expect(read.cache.delete(1)).rejects.toThrow(CacheOperationError);
    expect(await read(1)).toBe("1 v2");
    await control.let("delete");
    expect(await read(1)).toBe("1 v2");
    const { hits } = read.cache.stats();
    expect(await read(1)).toBe("1 v2");
    expect(read.cache.stats().hits).toBe(hits + 1);
  });

  it("a clear that fails is reported, and made up for", async () => {
    const control = controlled();
    let version = 1;
    const read = acache(async (n: number) => `${n} v${version}`, { ...open, engine: control.engine });
    await Promise.all([read(1), read(2)]);
    version = 2;
    control.fail.add("clear");
    await expect(read.cache.clear()).rejects.toThrow(CacheOperationError);
    expect(await Promise.all([read(1), read(2)])).toEqual(["1 v2", "2 v2"]);
    control.fail.clear();
    expect(await Promise.all([read(1), read(2)])).toEqual(["1 v2", "2 v2"]);
  });

  it("a write that has landed, but not answered, is not served after a removal", async () => {
    const answer = defer<void>();
    let version = 1;
    let sets = 0;
    const engine = thirdPartyAsyncWith((store) => ({
      async set(key, entry) {
        sets += 1;
        const late = sets === 1;
        const kept = await store.set(key, entry);
        if (late) await answer.promise;
        return kept;
      },
    }));
    const read = acache(async (n: number) => `${n} v${version}`, { ...open, engine });
    expect(await read(1)).toBe("1 v1");
    await expect(read.cache.delete(1)).rejects.toThrow(CacheOperationError);
    version = 2;
    expect(await read(1)).toBe("1 v2");
    answer.resolve();
    await settle();
    expect(await read(1)).toBe("1 v2");
  });

  it("an older acknowledgement does not make up for a newer failure", async () => {
    const deletes: { apply(): Promise<boolean>; answer: ReturnType<typeof defer<boolean>> }[] = [];
    let held = true;
    const engine = thirdPartyAsyncWith((store) => ({
      delete(key) {
        if (!held) return store.delete(key);
        const answer = defer<boolean>();
        deletes.push({ answer, apply: () => store.delete(key) });
        return answer.promise;
      },
    }));
    const f = acache(async (_n: number) => "loaded", { ...open, engine });
    const first = f.cache.delete(1);
    const set = f.cache.set([1], "old");
    const second = f.cache.delete(1);
    const outcomes = Promise.allSettled([first, set, second]);
    await settle();
    await deletes[0]?.apply();
    deletes[0]?.answer.resolve(true);
    await settle();
    deletes[1]?.answer.reject(new Error("down"));
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    held = false;
    expect(await f(1)).toBe("loaded");
  });

  it("calls that begin while a value is set, and after, get that value", async () => {
    const control = controlled();
    const f = acache(async (_n: number) => "loaded", { ...open, engine: control.engine });
    await f.cache.set([1], "v1");
    await control.let("hold set");
    await control.let("hold get");
    const set = f.cache.set([1], "v2");
    const during = f(1);
    await control.let("set");
    await set;
    const after = f(1);
    await settle();
    await control.let("get");
    expect([await during, await after, await f.cache.peek(1)]).toEqual(["v2", "v2", "v2"]);
  });

  it("a refresh whose write fails does not leave the older value to later calls", async () => {
    const control = controlled();
    let runs = 0;
    const f = acache(async (_n: number) => ++runs, { ...open, engine: control.engine });
    expect(await f(1)).toBe(1);
    control.fail.add("set");
    expect(await f.cache.refresh(1)).toBe(2);
    control.fail.clear();
    expect([await f(1), await f(1)]).toEqual([3, 3]);
  });

  it("one write that hangs stops neither other keys nor, once it is answered, its own", async () => {
    const control = controlled();
    const f = acache(async (n: number) => n, { ...open, engine: control.engine });
    await control.let("hold set");
    expect(await f(1)).toBe(1);
    const sets = await Promise.allSettled(Array.from({ length: 1_001 }, (_, i) => f.cache.set([1], i)));
    expect(sets.every(({ status }) => status === "rejected")).toBe(true);
    await control.let("set");
    expect([await f(2), await f.cache.has(2)]).toEqual([2, true]);
    expect([await f(1), await f(1)]).toEqual([1, 1]);
    expect(await f.cache.has(1)).toBe(true);
  });

  it("many removals at once remove nothing else", async () => {
    const control = controlled();
    const f = acache(async (n: number) => n, { ...open, engine: control.engine });
    for (let i = 0; i < 20; i += 1) await f(5_000 + i);
    await Promise.all(Array.from({ length: 1_001 }, (_, i) => f.cache.delete(i + 1)));
    await f(1);
    const kept = await Promise.all(Array.from({ length: 20 }, (_, i) => f.cache.has(5_000 + i)));
    expect(kept.filter(Boolean)).toHaveLength(20);
  });

  it("a removal that is slow does not take a later set with it", async () => {
    for (const operation of ["delete", "clear"] as const) {
      const control = controlled();
      const f = acache(async (n: number) => n, { ...open, engine: control.engine });
      await control.let(`hold ${operation}`);
      const removed = operation === "delete" ? f.cache.delete(1) : f.cache.clear();
      const set = f.cache.set([1], 99);
      await settle();
      await control.let(operation);
      await Promise.all([removed, set]);
      expect(await f.cache.peek(1)).toBe(99);
    }
  });

  it("a set that only claims success does not bring back what a removal failed to remove", async () => {
    const chaos: ChaosOptions = { probability: 0 };
    const f = acache(async (_n: number) => "new", { ...open, engine: chaosEngine(thirdPartyAsync, chaos) });
    await f.cache.set([1], "old");
    Object.assign(chaos, { probability: 1, operations: ["delete"] });
    await expect(f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    Object.assign(chaos, { faults: ["drop"], operations: ["set"] });
    await f.cache.set([1], "dropped");
    expect(await f(1)).toBe("new");
    Object.assign(chaos, { faults: ["throw"], operations: ["delete"] });
    await expect(f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    chaos.probability = 0;
    await f.cache.set([1], "kept");
    expect(await f(1), "what could not be removed has been, before the set and not after it").toBe("kept");
  });

  it("a promise inside an entry is no value", async () => {
    const kept = new Map<unknown, Entry>();
    const engine = thirdPartyAsyncWith((_store) => ({
      set: async (key, entry) => kept.set(key, entry) !== undefined,
      get: async (key) => {
        const entry = kept.get(key);
        return entry && { ...entry, value: new Promise(() => undefined) };
      },
    }));
    const f = acache(async (n: number) => n, { ...open, engine });
    expect([await f(1), await f(1)]).toEqual([1, 1]);
    expect(f.cache.stats()).toMatchObject({ hits: 0, misses: 2, engineFailures: 1 });
  });

  it("a set and a removal land in the order in which they were begun", async () => {
    const control = controlled();
    const f = acache(async (n: number) => n, { ...open, engine: control.engine });
    await Promise.all([f.cache.set([1], 99), f.cache.delete(1)]);
    expect(await f.cache.peek(1)).toBeUndefined();
    await Promise.all([f.cache.delete(1), f.cache.set([1], 99)]);
    expect(await f.cache.peek(1)).toBe(99);
    await Promise.all([f.cache.set([1], 1), f.cache.set([1], 2), f.cache.clear(), f.cache.set([1], 3)]);
    expect(await f.cache.peek(1)).toBe(3);
  });

  it("a promise that was set before everything was cleared does not come back", async () => {
    const control = controlled();
    const f = acache(async (n: number) => n, { ...open, engine: control.engine });
    const slow = defer<number>();
    const set = f.cache.set([1], slow.promise);
    const joined = f(1);
    await f.cache.clear();
    slow.resolve(99);
    await set;
    expect(await joined, "who called before the removal gets what was there").toBe(99);
    expect(await f.cache.has(1)).toBe(false);
    await expect(f.cache.set([1], Promise.reject(new Error("no value")))).rejects.toThrow("no value");
    expect(await f(1)).toBe(1);
  });

  it("a set that is acknowledged is not undone by an earlier write that lands late", async () => {
    const control = controlled();
    const f = acache(async (n: number) => n, { ...open, engine: control.engine });
    await control.let("hold set");
    const load = f(1);
    await settle();
    const set = f.cache.set([1], 99);
    await control.let("set");
    await Promise.all([load, set]);
    await settle();
    expect(await f.cache.peek(1)).toBe(99);
    expect(await f(1)).toBe(99);
  });

  it("a set that was not acknowledged in time does not come back", async () => {
    const control = controlled();
    const f = acache(async (n: number) => n, { ...open, engine: control.engine });
    await control.let("hold set");
    await expect(f.cache.set([1], 99)).rejects.toThrow(CacheOperationError);
    await control.let("set");
    await settle();
    expect(await f.cache.peek(1)).toBeUndefined();
    expect(await f(1)).toBe(1);
  });

  it("an entry that cannot be copied is no hit", async () => {
    class Row {}
    const lie = <T extends object>(store: T): T => ({
      ...store,
      get: () => ({ value: new Row(), traits: 0, createdAt: 0, expiresAt: undefined, size: 0, key: 1 }),
    });
    const sync: SyncEngine = { ...thirdPartySync, open: (options) => lie(thirdPartySync.open(options)) };
    const one = mcache((n: number) => [n], { ...open, clone: "structured", engine: sync });
    expect([one(1), one(1), one.cache.peek(1)]).toEqual([[1], [1], undefined]);
    const many: AsyncEngine = {
      ...thirdPartyAsync,
      open: async (options) => {
        const store = await thirdPartyAsync.open(options);
        return { ...store, get: async () => lie(thirdPartySync.open(options)).get(1) };
      },
    };
    const two = acache(async (n: number) => [n], { ...open, clone: "structured", engine: many });
    expect([await two(1), await two(1), await two.cache.peek(1)]).toEqual([[1], [1], undefined]);
    for (const stats of [one.cache.stats(), two.cache.stats()]) expect(stats).toMatchObject({ hits: 0, misses: 2 });
  });

  it("an engine that cannot open is asked again, counted, and does not fill the memory with reasons", () => {
    let working = false;
    const f = mcache((n: number) => n, {
      ...open,
      fallback: false,
      engine: {
        ...thirdPartySync,
        open(options) {
          if (!working) throw new Error("not yet");
          return thirdPartySync.open(options);
        },
      },
    });
    for (let i = 0; i < 10; i += 1) expect(f(i)).toBe(i);
    expect(f.cache.stats()).toMatchObject({ hits: 0, misses: 10, bypasses: 10, engineFailures: 10 });
    const errors: unknown[] = lines.map(({ fields }) => fields);
    expect(errors).toHaveLength(1);
    working = true;
    expect([f(1), f(1)]).toEqual([1, 1]);
    expect(f.cache.stats()).toMatchObject({ hits: 1, misses: 11 });
  });

  it("an argument that is changed while the store is asked does not poison its old key", async () => {
    const control = controlled();
    const sum = acache(async (list: number[]) => list.reduce((a, b) => a + b, 0), { ...open, engine: control.engine });
    await control.let("hold get");
    const list = [1, 2];
    const changed = sum(list);
    await settle();
    list.push(100);
    await control.let("get");
    expect(await changed, "as an uncached function that starts late would say").toBe(103);
    expect(await sum([1, 2])).toBe(3);
  });

  it("an engine that cannot open gives way to the next, which answers with promises too", async () => {
    const square = acache(async (n: number) => n * n, {
      ...open,
      policy: "lru",
      engine: chaosEngine(
        { ...thirdPartyAsync, capabilities: { ...thirdPartyAsync.capabilities, policies: ["lru"] } },
        { operations: ["open"] },
      ),
    });
    expect([await square(2), await square(2)]).toEqual([4, 4]);
    expect(square.cache.stats()).toMatchObject({ hits: 1, engine: "map" });
    expect(await square.cache.has(2)).toBe(true);
    expect(lines).toHaveLength(1);
  });

  it("no engine at all: the function runs, every time", async () => {
    let runs = 0;
    const square = acache(async (n: number) => ++runs && n * n, {
      ...open,
      engine: { ...thirdPartyAsync, available: () => Promise.reject(new Error("no licence")) },
      fallback: false,
    });
    expect([await square(2), await square(2), runs]).toEqual([4, 4, 2]);
    await expect(square.cache.delete(2)).rejects.toThrow(/no licence/);
  });
});
