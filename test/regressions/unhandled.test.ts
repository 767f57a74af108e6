/** Promises that somebody gave where none was expected, and whose rejection ended the program. Each named after the bug. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { exactCodec } from "../../src/codec/index.js";
import type { SyncStore } from "../../src/contract/index.js";
import { acache, batch, bcache, mcache, setLogger } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsyncWith, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

const lines = collectLog();
const open = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

expectNothingUnhandled();
afterEach(async () => {
  for (let i = 0; i < 3; i += 1) await settle();
});

let cacheDir: string;
beforeAll(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-unhandled-"));
});
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

class OddPromise<T> extends Promise<T> {}

/** Promises as the language makes them, and as libraries do. */
describe.each<[string, () => Promise<never>]>([
  ["a promise", () => Promise.reject(new Error("late"))],
  ["a promise of a class of its own", () => OddPromise.reject(new Error("late"))],
  ["a promise with a property", () => Object.assign(Promise.reject(new Error("late")), { url: "/" })],
])("%s that rejects", (_what, rejected) => {
  it("from a hook is logged", async () => {
    const fn = mcache((n: number) => n, { onMiss: rejected });
    expect(fn(1)).toBe(1);
    await settle();
    expect(lines).toMatchObject([{ message: expect.stringContaining("The hook onMiss") }]);
  });

  it.each(["when", "shouldCache", "ttl", "key", "signalOf", "ignore"])("from %s is no answer", async (option) => {
    const told: unknown[] = [];
    const onError = (event: unknown): void => void told.push(event);
    const fn = acache(async (n: number, _other?: number) => n, { [option]: rejected, onError });
    expect([await fn(1), await fn(1)]).toEqual([1, 1]);
    expect(told).toMatchObject([{ operation: option }, ...(option === "signalOf" ? [] : [{ operation: option }])]);
  });

  it("from waitUntil is told", async () => {
    const clock = createFakeClock();
    const told: unknown[] = [];
    const options = { ttl: "1s", staleWhileRevalidate: "1h", clock } as const;
    const onError = (event: unknown): void => void told.push(event);
    for (const engine of ["lru", thirdPartyAsyncWith(() => ({}))]) {
      const fn = acache(async (n: number) => n, { ...open, ...options, engine, waitUntil: rejected, onError });
      await fn(1);
      clock.advance("2s");
      expect(await fn(1)).toBe(1);
      await settle();
      expect(told.splice(0)).toMatchObject([{ operation: "waitUntil" }]);
    }
  });

  it("from onProgress stops nothing", async () => {
    const fn = acache(async (n: number) => n);
    expect(await fn.cache.warm([[1], [2]], { onProgress: rejected })).toEqual({ loaded: 2, skipped: 0, failed: 0 });
  });

  it("from a logger is a line that could not be written", async () => {
    const warned: unknown[] = [];
    const hear = ({ message }: Error): void => void warned.push(message);
    process.on("warning", hear);
    setLogger({ debug: rejected, info: rejected, warn: rejected, error: rejected });
    const fn = mcache((n: number) => n, { name: "logged", when: () => ({}) as never, key: rejected });
    expect(fn(1)).toBe(1);
    for (let i = 0; i < 3; i += 1) await settle();
    process.off("warning", hear);
    expect(warned).toContainEqual(expect.stringContaining('The option "key" of the cache "logged'));
  });

  it.each(["get", "set", "delete", "clear", "size", "keys", "close"] as const)(
    "from %s of an engine that should answer at once is a failure of the engine",
    (operation) => {
      const engine = {
        ...thirdPartySync,
        open: (options: Parameters<typeof thirdPartySync.open>[0]): SyncStore =>
          ({ ...thirdPartySync.open(options), [operation]: rejected }) as never,
      };
      const fn = mcache((n: number) => n, { ...open, engine, onEvict: () => undefined });
      expect([fn(1), fn(1)]).toEqual([1, 1]);
      for (const act of [() => fn.cache.delete(1), () => fn.cache.clear(), () => fn.cache.stats(), fn.cache.close]) {
        try {
          act.call(fn.cache);
        } catch (error) {
          expect(error).toMatchObject({ name: "CacheOperationError" });
        }
      }
      expect(fn.cache.stats().engineFailures).toBeGreaterThan(0);
      expect(fn(1)).toBe(1);
    },
  );

  it("from the opening of such an engine: another one stands in", async () => {
    const engine = { ...thirdPartySync, open: rejected as never };
    const one = mcache((n: number) => n, { ...open, engine });
    const two = acache(async (n: number) => n, { ...open, engine: { ...engine, name: "other" } });
    expect([one(1), one(1), await two(1), await two(1)]).toEqual([1, 1, 1, 1]);
    expect([one.cache.stats().hits, two.cache.stats().hits]).toEqual([1, 1]);
  });

  it("from encode is a value that cannot be kept, from decode an entry that cannot be used", async () => {
    for (const broken of ["encode", "decode"]) {
      const codec = { ...exactCodec, name: "broken", [broken]: rejected };
      const fn = bcache((n: number) => n, { name: broken, version: 1, cacheDir, folderName: "f", codec });
      expect([await fn(1), await fn(1)]).toEqual([1, 1]);
      expect(fn.cache.stats().hits).toBe(0);
      await fn.cache.close();
    }
  });

  it("from a clock, or what else is no number: nothing is fresh", async () => {
    for (const now of [rejected, () => 10n, () => Symbol("now")]) {
      const fn = acache(async (n: number) => n, { ttl: 5, staleIfError: 5, hardTimeout: 5, clock: { now } as never });
      expect([await fn(1), await fn(1)]).toEqual([1, 1]);
      expect(fn.cache.stats().hits).toBe(0);
    }
  });

  it("among the results for a batch, of which there are too many", async () => {
    const one = batch((items: readonly number[]) => [...items, rejected()] as number[]);
    await expect(one(1)).rejects.toThrow(/expected an array of 1/);
  });

  it("among the results of calls of which a later one throws", () => {
    const fn = mcache((n: number) => {
      if (n === 2) throw new Error("at once");
      return rejected();
    });
    const act = (): unknown => fn.cache.many([[1], [2]]);
    try {
      const came = act();
      (came as Promise<unknown>).catch(() => undefined);
    } catch (error) {
      expect(error).toMatchObject({ message: "at once" });
    }
  });
});

it("a thenable from an option is no answer, and is not asked to begin its work", () => {
  let begun = 0;
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: it is meant to be mistaken for a promise.
    then() {
      begun += 1;
    },
  };
  const fn = mcache((n: number) => n, { when: () => query as never });
  expect([fn(1), fn(1), fn.cache.stats().hits, begun]).toEqual([1, 1, 0, 0]);
});

it("an engine's error that cannot be looked at, as a revoked proxy, reached the caller in place of the result", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const fail = (): never => {
    throw proxy;
  };
  const sync = { ...thirdPartySync, open: (options: never) => ({ ...thirdPartySync.open(options), get: fail }) };
  const one = mcache((n: number) => n, { ...open, engine: sync });
  const two = acache(async (n: number) => n, {
    ...open,
    engine: thirdPartyAsyncWith(() => ({ get: async () => fail() })),
  });
  expect([one(1), await two(1)]).toEqual([1, 1]);
  for (const available of [fail, async () => fail()]) {
    const options = { ...open, engine: { ...thirdPartySync, available: available as never } };
    const stoodIn = [mcache((n: number) => n, options), acache((n: number) => n, options)];
    for (const fn of stoodIn) expect([await fn(1), fn.cache.engine]).toEqual([1, "map"]);
  }
});
