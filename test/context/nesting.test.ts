/** What a block inside a block inherits. */

import { afterEach, describe, expect, it } from "vitest";
import {
  type BlockOptions,
  bcache,
  closeCaches,
  engineContext,
  mcache,
  withCache,
  withCacheSync,
} from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { collectLog } from "../support/log.js";
import { temporaryDirectories } from "../support/temporary.js";

const lines = collectLog();
const temporary = temporaryDirectories();
afterEach(() => closeCaches());

/** What calls and caches come to inside blocks, the outermost first; the same for both kinds of block. */
interface Case {
  readonly blocks: readonly BlockOptions[];
  /** What two calls of a function give that has "own" in its cache: "own", or how often it has run. */
  readonly calls: readonly unknown[];
  /** What is in the function's own cache afterwards. */
  readonly left: unknown;
}

const cases: Readonly<Record<string, Case>> = {
  "nothing is said": { blocks: [{}, {}], calls: ["own", "own"], left: "own" },
  "bypass is inherited": { blocks: [{ bypass: true }, {}], calls: [1, 2], left: "own" },
  "bypass is taken back": { blocks: [{ bypass: true }, { bypass: false }], calls: ["own", "own"], left: "own" },
  "refresh is inherited": { blocks: [{ refresh: true }, {}], calls: [1, 2], left: 2 },
  "refresh is taken back": { blocks: [{ refresh: true }, { refresh: false }], calls: ["own", "own"], left: "own" },
  "bypass goes before refresh": { blocks: [{ bypass: true }, { refresh: true }], calls: [1, 2], left: "own" },
  "a name space is inherited": { blocks: [{ namespace: "a" }, {}], calls: [1, 1], left: "own" },
  "a name space is added": { blocks: [{}, { namespace: "a" }], calls: [1, 1], left: "own" },
  "a name space is refreshed": { blocks: [{ namespace: "a" }, { refresh: true }], calls: [1, 2], left: "own" },
  "a request is inherited": { blocks: [{ scope: "request" }, {}, {}], calls: [1, 1], left: "own" },
  "a request is bypassed": { blocks: [{ scope: "request" }, { bypass: true }], calls: [1, 2], left: "own" },
  "a lifetime of nothing is inherited": { blocks: [{ ttl: 0, namespace: "a" }, {}], calls: [1, 2], left: "own" },
  "a lifetime is taken back": { blocks: [{ ttl: 0, namespace: "a" }, { ttl: "1m" }], calls: [1, 1], left: "own" },
};

describe.each(Object.entries(cases))("%s", (_what, { blocks, calls, left }) => {
  const make = (): { read: () => unknown; result: () => unknown } => {
    let runs = 0;
    const read = mcache((): unknown => ++runs);
    read.cache.set([], "own");
    return { read: () => read(), result: () => read.cache.peek() };
  };

  it("in asynchronous blocks", async () => {
    const { read, result } = make();
    const inside = async (depth: number): Promise<unknown[]> => {
      const options = blocks[depth];
      return options === undefined ? [read(), read()] : withCache(options, () => inside(depth + 1));
    };
    expect([await inside(0), result()]).toEqual([calls, left]);
  });

  it("in synchronous blocks", () => {
    const { read, result } = make();
    const inside = (depth: number): unknown[] => {
      const options = blocks[depth];
      return options === undefined ? [read(), read()] : withCacheSync(options as object, () => inside(depth + 1));
    };
    expect([inside(0), result()]).toEqual([calls, left]);
  });
});

describe("defaults for caches that are made inside", () => {
  it("are those of all blocks around, the inner over the outer", async () => {
    await withCache({ maxSize: 3, engine: "map", clone: "freeze" }, () =>
      withCache({ maxSize: 5 }, (inner) => {
        const made = mcache((n: number) => ({ n }));
        const own = mcache((n: number) => ({ n }), { maxSize: 7, clone: "none" });
        expect([Object.isFrozen(made(1)), Object.isFrozen(own(1))]).toEqual([true, false]);
        expect(made.cache.stats()).toMatchObject({ maxSize: 5, engine: "map" });
        expect(own.cache.stats()).toMatchObject({ maxSize: 7, engine: "map" });
        expect(inner.stats()).toMatchObject({ maxSize: 5, engine: "map" });
      }),
    );
  });

  it("are for the caches of blocks and contexts too, lifetimes among them", async () => {
    const clock = createFakeClock();
    await withCache({ ttl: "1m", clock, maxSize: 2 }, async () => {
      await withCache({}, async (inner) => {
        await inner.set("k", 1);
        clock.advance("1m");
        expect([await inner.has("k"), inner.stats().maxSize]).toEqual([false, 2]);
      });
      await withCache({ ttl: "2m" }, async (inner) => {
        await inner.set("k", 1);
        clock.advance("1m");
        expect(await inner.has("k")).toBe(true);
      });
      await using cache = engineContext();
      expect(cache.stats().maxSize).toBe(2);
    });
  });

  it("make no cache in memory one on disk, and say nothing of it", async () => {
    const cacheDir = temporary();
    await withCache({ engine: "sqlite", folderName: "nesting", cacheDir }, async (outer) => {
      await outer.set("k", "on disk");
      await withCache({}, async (inner) => {
        await inner.set("k", "in memory");
        expect([inner.engine, await outer.get("k")]).toEqual(["lru", "on disk"]);
      });
      const read = bcache((n: number) => n, { name: "nested-read", version: 1 });
      await read(1);
      expect([read.cache.engine, mcache((n: number) => n)(3)]).toEqual(["sqlite", 3]);
    });
    expect(lines.filter(({ message }) => message.includes('"block'))).toEqual([]);
  });
});
