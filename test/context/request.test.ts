/** Request scope: caches that live as long as a block. */

import { afterEach, describe, expect, it } from "vitest";
import {
  acache,
  batch,
  bcache,
  CacheContext,
  type Cached,
  ConfigurationError,
  cacheOf,
  closeCaches,
  fcache,
  getStats,
  invalidateTags,
  mcache,
  withCache,
  withCacheSync,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { node } from "../support/build.js";
import { defer, settle } from "../support/deferred.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { type Kind, kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { createRandom } from "../support/random.js";
import { temporaryDirectories } from "../support/temporary.js";

collectLog();
const temporary = temporaryDirectories();
afterEach(() => closeCaches());
const request = { scope: "request" } as const;
const counting = (): { read: Cached<(key: string) => string>; runs: () => number } => {
  let runs = 0;
  return { read: mcache((key: string) => `${key} ${++runs}`), runs: () => runs };
};

describe("in a request, a cached function", () => {
  it("neither reads nor fills its own cache", async () => {
    const { read } = counting();
    read("a");
    await withCache(request, () => {
      expect([read("a"), read("a"), read("b"), read("b")]).toEqual(["a 2", "a 2", "b 3", "b 3"]);
      expect([read.cache.has("a"), read.cache.peek("b"), read.cache.has("c")]).toEqual([true, "b 3", false]);
    });
    expect([read("a"), read.cache.has("b")]).toEqual(["a 1", false]);
    expect(read.cache.stats()).toMatchObject({ hits: 3, misses: 3, loads: 3, size: 1 });
  });

  it("shares nothing with the next request, nor with one beside it", async () => {
    const { read } = counting();
    const first = await withCache(request, () => read("a"));
    const gate = defer<void>();
    const slow = withCache(request, async () => {
      const before = read("a");
      await gate.promise;
      return [before, read("a")];
    });
    const beside = await withCache(request, () => read("a"));
    gate.resolve();
    expect([first, beside, await slow]).toEqual(["a 1", "a 3", ["a 2", "a 2"]]);
  });

  it("has one load for concurrent calls, and a request beside it has another one", async () => {
    let runs = 0;
    const gates = [defer<void>(), defer<void>()];
    const read = acache(async (key: string) => {
      const run = runs;
      runs += 1;
      await gates[run]?.promise;
      return `${key} ${run}`;
    });
    const both = [0, 1].map(() => withCache(request, () => Promise.all([read("k"), read("k"), read("k")])));
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(both)).toEqual([Array(3).fill("k 0"), Array(3).fill("k 1")]);
    expect(read.cache.stats()).toMatchObject({ loads: 2, coalesced: 4, misses: 6 });
  });

  it("keeps to its options: key, ttl, clone, when, shouldCache, maxSize, hooks", async () => {
    const clock = createFakeClock();
    const heard: string[] = [];
    let runs = 0;
    const read = mcache((user: { id: number; at: number }) => ({ id: user.id, run: ++runs }), {
      key: ({ id }) => id,
      ttl: "1m",
      clone: "structured",
      when: ([{ id }]) => id !== 3,
      shouldCache: ({ id }) => id !== 4,
      maxSize: 2,
      clock,
      onSet: ({ key }) => heard.push(`set ${key}`),
      onEvict: ({ key, reason }) => heard.push(`${reason} ${key}`),
    });
    await withCache(request, () => {
      const one = read({ id: 1, at: 1 });
      expect([read({ id: 1, at: 2 }), read({ id: 1, at: 2 }) === one]).toEqual([one, false]);
      clock.advance("1m");
      expect(read({ id: 1, at: 3 }).run).toBe(2);
      expect([read({ id: 3, at: 0 }).run, read({ id: 3, at: 0 }).run]).toEqual([3, 4]);
      expect([read({ id: 4, at: 0 }).run, read({ id: 4, at: 0 }).run]).toEqual([5, 6]);
      read({ id: 5, at: 0 });
      read({ id: 6, at: 0 });
      expect(read({ id: 1, at: 0 }).run).toBe(9);
    });
    expect(heard.slice(0, 3)).toEqual(["set 1", "expired 1", "set 1"]);
    expect(heard).toContain("evicted 1");
  });

  it("heeds what the block says besides", async () => {
    const { read } = counting();
    await withCache({ ...request, namespace: "t" }, async () => {
      expect([read("a"), read("a")]).toEqual(["a 1", "a 1"]);
      await withCache({ refresh: true }, () => expect(read("a")).toBe("a 2"));
      await withCache({ bypass: true }, () => expect(read("a")).toBe("a 3"));
      await withCache({ namespace: "inner" }, () => expect([read("a"), read("a")]).toEqual(["a 4", "a 4"]));
      expect(read("a")).toBe("a 2");
    });
    expect(read.cache.has("a")).toBe(false);
  });

  it("shares the request with a block inside, unless that is a request of its own", async () => {
    const { read } = counting();
    await withCache(request, async () => {
      expect(read("a")).toBe("a 1");
      await withCache({ ttl: "1m" }, () => expect([read("a"), read("b")]).toEqual(["a 1", "b 2"]));
      await withCache(request, () => expect([read("a"), read("b")]).toEqual(["a 3", "b 4"]));
      expect([read("a"), read("b")]).toEqual(["a 1", "b 2"]);
    });
  });

  it("of synchronous blocks and of contexts is the same; runs of a context do not share it", async () => {
    const { read } = counting();
    expect(withCacheSync(request, () => [read("a"), read("a")])).toEqual(["a 1", "a 1"]);
    const context = new CacheContext(request);
    const runs = [0, 1].map(() =>
      context.run(async () => {
        const before = read("a");
        await settle();
        return [before, read("a")];
      }),
    );
    expect(await Promise.all(runs)).toEqual([
      ["a 2", "a 2"],
      ["a 3", "a 3"],
    ]);
    expect(read.cache.has("a")).toBe(false);
  });

  it("that is a method has a cache for each instance there too", async () => {
    let runs = 0;
    class Repository {
      find(key: string): string {
        runs += 1;
        return `${key} ${runs}`;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Repository.prototype, "find") as PropertyDescriptor;
    const decorated = mcache()(Repository.prototype, "find", descriptor as TypedPropertyDescriptor<unknown>);
    Object.defineProperty(Repository.prototype, "find", decorated);
    const [one, two] = [new Repository(), new Repository()];
    one.find("k");
    await withCache(request, () => {
      expect([one.find("k"), two.find("k"), one.find("k")]).toEqual(["k 2", "k 3", "k 2"]);
      expect([cacheOf(one, "find").peek("k"), cacheOf(two, "find").peek("k")]).toEqual(["k 2", "k 3"]);
    });
    expect([one.find("k"), cacheOf(two, "find").has("k")]).toEqual(["k 1", false]);
  });

  it("of a batch is asked for what the request does not have", async () => {
    const asked: number[][] = [];
    const user = batch(async (ids: readonly number[]) => {
      asked.push([...ids]);
      return ids.map((id) => ({ id }));
    });
    await user(1);
    await withCache(request, async () => {
      const [one, two] = await Promise.all([user(1), user(2)]);
      expect([await user(1), await user(2)]).toEqual([one, two]);
      expect(await user.cache.many([[1], [2], [3]])).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    });
    expect(asked).toEqual([[1], [1, 2], [3]]);
  });

  it("runs uncached where the request is over, and what it makes there goes nowhere", async () => {
    const { read } = counting();
    const { read: other } = counting();
    const gate = defer<void>();
    let late: Promise<string[]> | undefined;
    await withCache(request, () => {
      read("a");
      late = gate.promise.then(() => [read("a"), read("a"), read("b"), other("c"), other("c")]);
    });
    gate.resolve();
    expect(await late).toEqual(["a 2", "a 3", "b 4", "c 1", "c 2"]);
    expect([read.cache.has("a"), read.cache.has("b")]).toEqual([false, false]);
  });

  it("fills nothing with a load that ends after the request", async () => {
    const gate = defer<string>();
    const read = acache((_key: string) => gate.promise);
    let late: Promise<string> | undefined;
    await withCache(request, () => {
      late = read("k");
    });
    gate.resolve("value");
    expect([await late, read.cache.has("k")]).toEqual(["value", false]);
  });

  it("passes its own error on, and the body's error ends the request", async () => {
    const error = new Error("the function's own");
    let fails = true;
    const read = mcache((key: string) => {
      if (fails) throw error;
      return key;
    });
    await withCache(request, () => expect(() => read("a")).toThrow(error));
    const caught = await withCache(request, () => {
      fails = false;
      read("a");
      throw error;
    }).catch((thrown: unknown) => thrown);
    expect([caught, read.cache.has("a")]).toEqual([error, false]);
  });

  it("does nothing for a function whose cache is closed", async () => {
    const { read } = counting();
    read.cache.close();
    await withCache(request, () => expect([read("a"), read("a")]).toEqual(["a 1", "a 2"]));
  });

  it("has nothing to do with other values of the option", async () => {
    await expect(withCache({ scope: "shared" } as object, () => 1)).rejects.toThrow(ConfigurationError);
    await expect(withCache({ scope: "shared" } as object, () => 1)).rejects.toThrow(/of a block "request"/);
    expect(() => mcache((n: number) => n, { scope: "request" } as object)).toThrow(ConfigurationError);
  });
});

describe("removals inside a request reach it, and the function's own cache", () => {
  it("delete, expire, clear", async () => {
    const { read } = counting();
    for (const remove of ["delete", "expire", "clear"] as const) {
      read.cache.clear();
      const own = read("a");
      await withCache(request, () => {
        const inside = read("a");
        expect(inside).not.toBe(own);
        const had = remove === "clear" ? read.cache.clear() : read.cache[remove]("a");
        expect(had).toBe(remove === "clear" ? undefined : true);
        expect(read("a")).not.toBe(inside);
      });
      expect(read.cache.has("a")).toBe(false);
    }
  });

  it("set and refresh are the request's alone", async () => {
    const { read } = counting();
    read("a");
    await withCache(request, () => {
      read.cache.set(["a"], "set");
      expect(read("a")).toBe("set");
      expect([read.cache.refresh("a"), read("a")]).toEqual(["a 2", "a 2"]);
    });
    expect(read("a")).toBe("a 1");
  });

  it("tags: by function and for all, from inside and from outside", async () => {
    let runs = 0;
    const read = mcache((key: string) => `${key} ${++runs}`, { tags: (_value, key) => [`of:${key}`] });
    read("a");
    await withCache(request, async () => {
      expect([read("a"), read("a")]).toEqual(["a 2", "a 2"]);
      read.cache.invalidateTags("of:a");
      expect([read("a"), read("a")]).toEqual(["a 3", "a 3"]);
      await invalidateTags("of:a");
      expect(read("a")).toBe("a 4");
    });
    expect(read("a")).toBe("a 5");
    const gate = defer<void>();
    const slow = withCache(request, async () => {
      const before = read("b");
      await gate.promise;
      return [before, read("b")];
    });
    read.cache.invalidateTags("of:b");
    gate.resolve();
    expect(await slow).toEqual(["b 6", "b 7"]);
  });
});

describe.each<Kind>(kinds)("on $name", ({ cached, isPersistent }) => {
  it("a request is in memory, leaves the store alone, and does not change what a call returns", async () => {
    let runs = 0;
    const read = cached(async (key) => ({ key, run: ++runs }), {});
    expect(await read("a")).toEqual({ key: "a", run: 1 });
    await withCache({ scope: "request" }, async () => {
      const call = read("a");
      expect(call).toBeInstanceOf(Promise);
      const [first, second] = [await call, await read("a")];
      expect([first, second]).toEqual(Array(2).fill({ key: "a", run: 2 }));
      // What a hit on disk gives is new each time, and so it is here.
      expect(first === second).toBe(!isPersistent);
      expect([await read.cache.has("a"), await read.cache.peek("a")]).toEqual([true, { key: "a", run: 2 }]);
      expect(await read("b")).toEqual({ key: "b", run: 3 });
    });
    expect([await read("a"), await read.cache.has("b")]).toEqual([{ key: "a", run: 1 }, false]);
    await withCache({ scope: "request" }, async () => {
      await read("a");
      expect(await read.cache.delete("a")).toBe(true);
    });
    expect(await read.cache.has("a")).toBe(false);
  });

  it("tags reach it", async () => {
    let runs = 0;
    const read = cached(async (key) => `${key} ${++runs}`, { tags: ["all"] });
    await withCache({ scope: "request" }, async () => {
      expect([await read("a"), await read("a")]).toEqual(["a 1", "a 1"]);
      await read.cache.invalidateTags("all");
      expect([await read("a"), await read("a")]).toEqual(["a 2", "a 2"]);
      await invalidateTags("all");
      expect(await read("a")).toBe("a 3");
    });
  });
});

describe("caches on disk", () => {
  it("of functions that stay synchronous stay so, and the folder is not touched", async () => {
    const cacheDir = temporary();
    let runs = 0;
    const read = bcache((key: string) => ({ key, run: ++runs }), {
      name: "request-sync",
      folderName: "request",
      cacheDir,
      sync: true,
      version: 1,
    });
    withCacheSync(request, () => {
      const one = read("a");
      expect([one, read("a")]).toEqual(Array(2).fill({ key: "a", run: 1 }));
    });
    expect(read.cache.stats()).toMatchObject({ hits: 1, misses: 1 });
    expect(read("a")).toEqual({ key: "a", run: 2 });
  });

  it.each([true, false])(
    "removals of a method that does not see `this` were not heard by another instance, nor done by its own handle (sync: %s)",
    async (sync) => {
      let runs = 0;
      class Prices {
        load(key: string): unknown {
          const result = `${key} ${++runs}`;
          return sync ? result : Promise.resolve(result);
        }
      }
      const options = { name: "Prices.load", folderName: "request", cacheDir: temporary(), version: 1 } as const;
      const decorator = sync ? bcache({ ...options, sync }) : bcache(options);
      const descriptor = Object.getOwnPropertyDescriptor(Prices.prototype, "load") as PropertyDescriptor;
      const decorated = decorator(Prices.prototype, "load", descriptor as TypedPropertyDescriptor<never>);
      Object.defineProperty(Prices.prototype, "load", decorated);
      const { cache } = Prices.prototype.load as Cached<(key: string) => string>;
      const [one, two] = [new Prices(), new Prices()];
      expect([await one.load("a"), await two.load("a")]).toEqual(["a 1", "a 1"]);
      await withCache(request, async () => {
        expect([await one.load("a"), await two.load("a")]).toEqual(["a 2", "a 2"]);
        expect([await cacheOf(two, "load").delete("a"), await one.load("a")]).toEqual([true, "a 3"]);
        expect([await cache.delete("a"), await cache.has("a"), await one.load("a")]).toEqual([true, false, "a 4"]);
      });
      expect(await two.load("a")).toBe("a 5");
    },
  );

  it("a function that is refused on disk, for being like another one, is cached in a request", async () => {
    const options = { cacheDir: temporary(), folderName: "twins", name: "twin" } as const;
    const make = (): ((key: string) => Promise<string>) => {
      let runs = 0;
      return fcache(async (key: string) => `${key} ${++runs}`, options);
    };
    const [one, two] = [make(), make()];
    await one("a");
    expect([await two("a"), await two("a")]).toEqual(["a 1", "a 2"]);
    await withCache(request, async () => expect([await two("a"), await two("a")]).toEqual(["a 3", "a 3"]));
  });
});

it("engines from elsewhere, which a function names, are not asked inside a request", async () => {
  const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
  let opened = 0;
  const engine = {
    ...thirdPartySync,
    open: (options: Parameters<typeof thirdPartySync.open>[0]) => {
      opened += 1;
      return thirdPartySync.open(options);
    },
  };
  const read = mcache((n: number) => n, { engine, ...unbounded });
  const later = acache((n: number) => n, { engine: thirdPartyAsync, ...unbounded });
  await withCache(request, async () =>
    expect([read(1), read(1), await later(1), await later(1)]).toEqual([1, 1, 1, 1]),
  );
  expect([opened, read.cache.stats().hits, later.cache.stats().hits]).toEqual([0, 1, 1]);
});

it("1,000 concurrent requests with different overrides never see each other's values", async () => {
  const random = createRandom(20);
  let current = "outside";
  const sync = mcache((key: string) => `${key} of ${current}`, { maxSize: 100_000 });
  const later = acache(
    async (key: string) => {
      const mine = current;
      await settle();
      return `${key} of ${mine}`;
    },
    { maxSize: 100_000 },
  );
  sync("k");
  let seen = 0;
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const kind = Math.floor(random() * 4);
      const options = [
        request,
        { namespace: `tenant ${i}` },
        { ...request, namespace: `tenant ${i % 7}`, ttl: "1m" },
        { bypass: true },
      ][kind] as object;
      await withCache(options, async () => {
        const me = `request ${i}`;
        const check = (value: string): void => {
          seen += 1;
          if (value !== `k of ${me}`) throw new Error(`${me}, ${JSON.stringify(options)}: got ${value}`);
        };
        const enter = <T>(act: () => T): T => {
          current = me;
          return act();
        };
        check(enter(() => sync("k")));
        check(await enter(() => later("k")));
        for (let step = Math.floor(random() * 4); step > 0; step -= 1) await settle();
        check(enter(() => sync("k")));
        check(await enter(() => later("k")));
        if (i % 4 === 0) await withCache({ ttl: "1h" }, async () => check(await enter(() => later("k"))));
      });
    }),
  );
  expect([seen, sync("k")]).toEqual([4_250, "k of outside"]);
});

describe("memory", () => {
  it("of finished requests is free, even where something holds on to their context", async () => {
    const body = `
      import { acache, mcache, withCache } from "twat-cache";
      import { AsyncResource } from "node:async_hooks";
      const settle = async () => { for (let i = 0; i < 6; i += 1) { gc(); await new Promise((resolve) => setImmediate(resolve)); } };
      const page = mcache((n) => ({ n, bytes: new Uint8Array(100_000) }));
      const later = acache(async (n) => ({ n, bytes: new Uint8Array(100_000) }));
      const refs = [];
      const held = [];
      await withCache({ scope: "request" }, () => page(-1));
      await settle();
      const before = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < 200; i += 1) {
        await withCache({ scope: "request" }, async () => {
          refs.push(new WeakRef(page(i)), new WeakRef(await later(i)));
          held.push(new AsyncResource("leftover"));
        });
      }
      await settle();
      const left = process.memoryUsage().arrayBuffers - before;
      console.log(JSON.stringify({ alive: refs.filter((ref) => ref.deref() !== undefined).length, left, held: held.length }));
    `;
    const { stdout, stderr } = await node(["--expose-gc", "--input-type=module", "--eval", body]);
    expect(stderr).toBe("");
    const { alive, left, held } = JSON.parse(stdout) as Record<string, number>;
    expect([held, (alive as number) <= 4]).toEqual([200, true]);
    expect(left).toBeLessThan(2_000_000);
  });
});

it("the figures of all caches do not grow with requests", async () => {
  const { read } = counting();
  read("a");
  const before = getStats().totalCaches;
  for (let i = 0; i < 100; i += 1) await withCache(request, () => read("a"));
  expect(getStats().totalCaches).toBe(before);
});
