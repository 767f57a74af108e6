/** Stores of Keyv that fail, each in its own way: with events, with false answers, at once, or never. */

import { Keyv } from "keyv";
import { afterEach, describe, expect, it } from "vitest";
import { bcache, CacheOperationError, closeCaches, type DiskCached, type KeyvStore } from "../../src/index.js";
import { type Deferred, defer } from "../support/deferred.js";
import { collectLog } from "../support/log.js";
import { ProbeMap } from "../support/probe-map.js";

collectLog();
afterEach(() => closeCaches());

/** What an adapter that does not answer waits for. */
let silence: Deferred<never> = newSilence();

function newSilence(): Deferred<never> {
  const made = defer<never>();
  // In most tests nobody waits for it.
  made.promise.catch(() => undefined);
  return made;
}

type Load = (n: number) => Promise<string>;

/** A cached function whose results tell its runs apart. */
function counting(engine: KeyvStore, options: object = {}): DiskCached<Load> {
  let runs = 0;
  const load: Load = async (n) => {
    runs += 1;
    return `${n} in run ${runs}`;
  };
  return bcache(load, { name: "load", version: 1, engine, engineTimeout: "10s", breaker: false, ...options });
}

const failures = (fn: DiskCached<Load>): number => fn.cache.stats().engineFailures;
const shapes = [
  ["by itself", (probe: ProbeMap): KeyvStore => probe],
  ["in a Keyv", (probe: ProbeMap): KeyvStore => new Keyv({ store: probe })],
] as const;

describe.each(shapes)("an adapter %s", (_shape, wrap) => {
  it("that tells of an error while nobody asks does not end the program, nor spoil what comes after", async () => {
    const probe = new ProbeMap();
    const fn = counting(wrap(probe));
    expect(() => probe.emit("error", new Error("lost"))).not.toThrow();
    expect([await fn(1), await fn(1), failures(fn)]).toEqual(["1 in run 1", "1 in run 1", 0]);
    probe.emit("error", new Error("lost again"));
    expect([await fn(1), failures(fn)]).toEqual(["1 in run 1", 0]);
  });

  it("that tells of an error and answers as if nothing had happened has failed", async () => {
    const probe = new ProbeMap();
    const fn = counting(wrap(probe));
    await fn(1);
    const { get, set, delete: remove } = probe;
    const telling =
      <T>(answer: T) =>
      async (): Promise<T> => {
        probe.emit("error", new Error("out of memory"));
        return answer;
      };
    probe.set = telling(true);
    await expect(fn.cache.set([2], "given")).rejects.toThrow(CacheOperationError);
    await expect(fn.cache.clear()).rejects.toThrow(CacheOperationError);
    probe.set = set;
    expect(await fn(1)).toBe("1 in run 2");
    probe.get = telling(undefined);
    const before = failures(fn);
    expect(await fn(1)).toBe("1 in run 3");
    expect(failures(fn)).toBeGreaterThan(before);
    probe.get = get;
    // What could not be written then is there now.
    await fn(1);
    probe.delete = telling(false);
    await expect(fn.cache.delete(1)).rejects.toThrow(CacheOperationError);
    probe.delete = remove;
    expect(await fn(1)).toMatch(/run [45]$/);
  });

  it("that answers false has not kept anything", async () => {
    const probe = new ProbeMap();
    const fn = counting(wrap(probe));
    await fn(9);
    probe.set = async () => false;
    await expect(fn.cache.set([1], "given")).rejects.toThrow(CacheOperationError);
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 2", "1 in run 3"]);
    expect(failures(fn)).toBeGreaterThan(0);
  });

  it("that does not remove what it is to remove is found out, and that is not served", async () => {
    const probe = new ProbeMap();
    const fn = counting(wrap(probe));
    await fn(1);
    const { delete: remove, set } = probe;
    for (const lie of [false, undefined]) {
      probe.delete = async () => lie;
      await expect(fn.cache.delete(1)).rejects.toThrow(CacheOperationError);
    }
    expect(await fn(1)).toBe("1 in run 2");
    probe.delete = remove;
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 3", "1 in run 3"]);
    probe.set = async () => undefined;
    await expect(fn.cache.clear()).rejects.toThrow(CacheOperationError);
    expect(await fn(1)).toBe("1 in run 4");
    probe.set = set;
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 5", "1 in run 5"]);
  });

  it("that keeps nothing at all acknowledges nothing", async () => {
    const probe = new ProbeMap();
    probe.set = async () => true;
    const fn = counting(wrap(probe));
    await expect(fn.cache.set([1], "given")).rejects.toThrow(CacheOperationError);
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 1", "1 in run 2"]);
  });

  it.each([
    [
      "throws at once",
      () => (): never => {
        throw new Error("at once");
      },
    ],
    ["rejects", () => async (): Promise<never> => Promise.reject(new Error("later"))],
    [
      "throws what is no error",
      () => (): never => {
        throw undefined;
      },
    ],
    ["does not answer", () => () => silence.promise],
    ["answers with what it should not", () => async () => Symbol("odd")],
  ])("that %s costs the call its budget at most, and gives the function's result", async (_how, fails) => {
    const probe = new ProbeMap();
    const failing = fails() as never;
    probe.get = failing;
    probe.set = failing;
    probe.delete = failing;
    const fn = counting(wrap(probe), { engineTimeout: "20ms" });
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 1", "1 in run 2"]);
    await expect(fn.cache.set([1], "given")).rejects.toThrow(CacheOperationError);
    expect(await fn(1)).toBe("1 in run 3");
    // To close a cache waits for what is on its way.
    silence.reject(new Error("too late"));
    await closeCaches().catch(() => undefined);
    silence = newSilence();
  });

  it("that has many is asked for two at once, and what it answers is looked at", async () => {
    const probe = new ProbeMap();
    let asked = 0;
    let lie: unknown;
    const many = Object.assign(probe, {
      getMany: async (keys: string[]) => {
        asked += 1;
        return lie ?? keys.map((key) => probe.map.get(key));
      },
    });
    const fn = counting(wrap(many));
    await fn(1);
    probe.asked.length = 0;
    const before = asked;
    expect([await fn(1), asked - before, probe.asked]).toEqual(["1 in run 1", 1, []]);
    for (const [i, wrong] of [null, [], [1], "ab", { length: 2 }].entries()) {
      lie = wrong ?? false;
      const told = failures(fn);
      expect(await fn(1), String(wrong)).toBe(`1 in run ${i + 2}`);
      expect(failures(fn), String(wrong)).toBeGreaterThan(told);
    }
    lie = undefined;
    expect(await fn(1)).toBe("1 in run 6");
  });
});

describe("an adapter with a walk that fails", () => {
  it("makes size and keys fail, and not less", async () => {
    const probe = new ProbeMap();
    const walking = Object.assign(probe, {
      async *iterator(): AsyncGenerator<[string, unknown]> {
        yield* [...probe.map].slice(0, 1) as [string, unknown][];
        probe.emit("error", new Error("in the middle"));
      },
    });
    const { givenEngine } = await import("../../src/engines/index.js");
    const { openStore } = await import("../support/disk-stores.js");
    const store = await openStore(givenEngine(walking), "/nowhere");
    await expect(store.size()).rejects.toThrow(/told of a failure/);
  });
});
