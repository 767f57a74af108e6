/** Name spaces of blocks: tenants that never see each other's entries, on any engine. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  acache,
  type BlockOptions,
  bcache,
  CacheContext,
  closeCaches,
  getOrCreateEngine,
  invalidateNamespaces,
  mcache,
  withCache,
  withCacheSync,
} from "../../src/index.js";
import { defer, settle } from "../support/deferred.js";
import { makeTemporary, persistentEngines, removeTemporary } from "../support/disk-stores.js";
import { thirdPartyAsync, thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

collectLog();
let directory: string;
let server: RedisServer | undefined;
beforeAll(async () => {
  directory = makeTemporary();
  if (hasRedis) server = await RedisServer.start();
});
afterEach(() => closeCaches());
afterAll(async () => {
  removeTemporary(directory);
  await server?.remove();
});

const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;
const patient = { engineTimeout: "30s", version: 1, fallback: false } as const;
const onDisk = (await persistentEngines()).map(({ name, kind }) => ({ name, kind }));

/** A function that can be asked for what is in a tenant's space, wherever its results are kept. */
type Read = (key: string) => unknown;
/** Where a cache is: its options as a block's, and a function that is cached there. */
interface Where {
  readonly options: () => BlockOptions;
  cached(fn: (key: string) => string): Read;
}

const places: readonly (readonly [string, Where])[] = [
  ["lru", { options: () => ({ engine: "lru" }), cached: (fn) => mcache(fn, { engine: "lru" }) }],
  ["map", { options: () => ({ engine: "map" }), cached: (fn) => mcache(fn, { engine: "map" }) }],
  [
    "an engine from elsewhere",
    {
      options: () => ({ engine: thirdPartySync, ...unbounded }),
      cached: (fn) => mcache(fn, { engine: thirdPartySync, ...unbounded }),
    },
  ],
  [
    "one that answers with promises",
    {
      options: () => ({ engine: thirdPartyAsync, ...unbounded }),
      cached: (fn) => acache(fn, { engine: thirdPartyAsync, ...unbounded }),
    },
  ],
  ...onDisk.map(({ name, kind }) => {
    const where = { engine: name, folderName: `tenants-${name}`, ...patient };
    const options = (): BlockOptions => ({ ...where, cacheDir: directory });
    return [
      name,
      {
        options,
        cached: (fn: (key: string) => string) =>
          kind === "sync"
            ? bcache(fn, { ...where, name: "read", cacheDir: directory, sync: true })
            : bcache(fn, { ...where, name: "read", cacheDir: directory }),
      },
    ] as const;
  }),
  ...(hasRedis
    ? [
        [
          "redis",
          {
            options: () => ({ redis: server?.url as string, folderName: "tenants", ...patient }),
            cached: (fn: (key: string) => string) =>
              acache(fn, { redis: server?.url as string, folderName: "tenants", name: "read", ...patient }),
          },
        ] as const,
      ]
    : []),
];

describe.each(places)("on %s", (_name, { options, cached }) => {
  const inTenant = <T>(namespace: string, body: () => Promise<T>): Promise<T> => withCache({ namespace }, body);

  it("cached functions: two tenants do not see each other, and each can be invalidated by itself", async () => {
    let current = "";
    let runs = 0;
    const read = cached((key) => `${key} of ${current}, ${++runs}`);
    const as = (tenant: string): Promise<unknown> =>
      inTenant(tenant, async () => {
        current = tenant;
        return read("k");
      });
    expect([await as("a"), await as("b"), await as("a"), await as("b")]).toEqual([
      "k of a, 1",
      "k of b, 2",
      "k of a, 1",
      "k of b, 2",
    ]);
    await invalidateNamespaces("a");
    expect([await as("a"), await as("b")]).toEqual(["k of a, 3", "k of b, 2"]);
  });

  it("a name space in a name space is one of the tenant's, and goes with either", async () => {
    let runs = 0;
    const read = cached((key) => `${key} ${++runs}`);
    const drafts = (tenant: string): Promise<unknown> =>
      inTenant(tenant, () => inTenant("drafts", async () => read("d")));
    expect([await drafts("a2"), await drafts("b2"), await drafts("a2")]).toEqual(["d 1", "d 2", "d 1"]);
    expect(await inTenant("a2", async () => read("d"))).toBe("d 3");
    // The same again is no other.
    expect(await inTenant("a2", () => inTenant("a2", async () => read("d")))).toBe("d 3");
    // What is outside of all tenants is nobody's; and which one is inside of which counts.
    expect(await inTenant("drafts", async () => read("d"))).toBe("d 4");
    expect(await inTenant("drafts", () => inTenant("a2", async () => read("d")))).toBe("d 5");
    await invalidateNamespaces("a2");
    expect([await drafts("a2"), await drafts("b2")]).toEqual(["d 6", "d 2"]);
    await invalidateNamespaces("drafts");
    expect([await drafts("a2"), await drafts("b2"), await inTenant("a2", async () => read("d"))]).toEqual([
      "d 7",
      "d 8",
      "d 9",
    ]);
  });

  it("the caches of blocks: they lie in the name space, too", async () => {
    const own = (tenant: string): BlockOptions => ({ ...options(), name: "session", namespace: tenant });
    await withCache(own("a3"), async (cache) => {
      await cache.set("k", "of a3");
      expect(await cache.get("k")).toBe("of a3");
      expect(
        await cache.wrap(function once(): string {
          return "once";
        })(),
      ).toBe("once");
    });
    await withCache(own("b3"), async (cache) => {
      expect([await cache.get("k"), await cache.has("k")]).toEqual([undefined, false]);
      await cache.set("k", "of b3");
    });
    const again = await withCache(own("a3"), async (cache) => {
      const before = await cache.get("k");
      await invalidateNamespaces("a3");
      return [before, await cache.get("k")];
    });
    // In memory, a block's cache ends with the block.
    expect([undefined, "of a3"]).toContain(again[0]);
    expect(again[1]).toBeUndefined();
    await inTenant("outer", () =>
      withCache(own("b3"), async (cache) => {
        expect(await cache.has("k")).toBe(false);
      }),
    );
  });
});

it("caches that are shared by their options are not shared by tenants", async () => {
  const open = (namespace: string): Promise<ReturnType<typeof getOrCreateEngine>> =>
    withCache({ namespace }, () => getOrCreateEngine({ maxSize: 33 }));
  const [a, b, again] = [await open("a"), await open("b"), await open("a")];
  expect([a === b, a === again, a === getOrCreateEngine({ maxSize: 33 })]).toEqual([false, true, false]);
});

it("tenants that share an open cache do not see each other's entries, nor does who is outside", async () => {
  const shared = getOrCreateEngine({ maxSize: 44 });
  const context = new CacheContext({ engine: "better-sqlite3", folderName: "contexts-shared", cacheDir: directory });
  await shared.set("k", "nobody's");
  const gates = [defer<void>(), defer<void>()];
  const seen = ["a", "b"].map((tenant, i) =>
    withCache({ namespace: tenant }, () =>
      context.run(async (cache) => {
        function read(): string {
          return `read by ${tenant}`;
        }
        const before = [await cache.get("k"), await shared.get("k")];
        await cache.set("k", `in ${tenant}`);
        await shared.set("k", `of ${tenant}`);
        gates[i]?.resolve();
        await gates[1 - i]?.promise;
        expect([await cache.keys(), await shared.keys()]).toEqual([["k"], ["k"]]);
        return [...before, await cache.get("k"), await shared.get("k"), await shared.wrap(read)()];
      }),
    ),
  );
  expect(await Promise.all(seen)).toEqual([
    [undefined, undefined, "in a", "of a", "read by a"],
    [undefined, undefined, "in b", "of b", "read by b"],
  ]);
  expect([await shared.get("k"), await shared.keys()]).toEqual(["nobody's", ["k"]]);
  await invalidateNamespaces("a");
  await withCache({ namespace: "a" }, async () => expect(await shared.has("k")).toBe(false));
  await withCache({ namespace: "b" }, async () => expect(await shared.get("k")).toBe("of b"));
});

it("a context has its name space wherever it is used", async () => {
  const cacheDir = directory;
  const contexts = ["a", "b"].map(
    (namespace) => new CacheContext({ namespace, engine: "better-sqlite3", folderName: "contexts", cacheDir }),
  );
  const [one, two] = contexts.map((context) => context.enter());
  await withCache({ namespace: "u" }, async () => {
    let runs = 0;
    function read(key: string): string {
      runs += 1;
      return `${key} ${runs}`;
    }
    const wrapped = one?.wrap(read);
    expect([await wrapped?.("k"), await wrapped?.("k")]).toEqual(["k 1", "k 1"]);
    await one?.set("k", "of a");
    expect([await one?.get("k"), await two?.get("k")]).toEqual(["of a", undefined]);
  });
  for (const context of contexts) await context.exit();
});

it("1,000 tenants at once, each in a block with a name space of its own and one that all have", async () => {
  let current = 0;
  const read = acache(
    async (key: string) => {
      const mine = current;
      await settle();
      return `${key} of ${mine}`;
    },
    { maxSize: 10_000 },
  );
  const seen = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) =>
      withCache({ namespace: `t${i}` }, () =>
        withCache({ namespace: "shared name" }, async () => {
          current = i;
          const first = read("k");
          await settle();
          return [await first, await read("k"), withCacheSync({}, () => read.cache.has("k"))].join();
        }),
      ),
    ),
  );
  expect(seen).toEqual(seen.map((_, i) => `k of ${i},k of ${i},true`));
});
