/** What must infer, and what must not compile, of blocks and worlds of caches. Checked by tsc; never run. */

import {
  type acache,
  type BlockCache,
  type batch,
  type bcache,
  createCache,
  type getOrCreateEngine,
  type getStats,
  type mcache,
  type SyncBlockCache,
  type SyncEngine,
  type ucache,
  withCache,
  withCacheSync,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

// An asynchronous block gives a promise of what its body gives, a synchronous one what it gives.
const later = withCache({ scope: "request", namespace: "tenant" }, (cache) => {
  expectType<Same<typeof cache, BlockCache>>();
  expectType<Same<ReturnType<typeof cache.getMany>, Promise<unknown[]>>>();
  return 7;
});
expectType<Same<typeof later, Promise<number>>>();
const now = withCacheSync({ scope: "request", maxSize: 5 }, (cache) => {
  expectType<Same<typeof cache, SyncBlockCache>>();
  expectType<Same<ReturnType<typeof cache.getMany>, unknown[]>>();
  cache.setMany(new Map([["a", 1]]), { ttl: "1m" });
  const loaded: number = cache.getOrSet("k", () => 7);
  // What is wrapped stays what it is.
  const identity = cache.wrap(<T>(it: T): T => it);
  const text: "text" = identity("text" as const);
  return { loaded, text };
});
expectType<Same<typeof now, { loaded: number; text: "text" }>>();
withCacheSync({}, () => undefined);
// @ts-expect-error the body is over when it returns
withCacheSync({}, async () => 7);
// @ts-expect-error nor does it return any other promise
withCacheSync({}, () => Promise.resolve(7));
// @ts-expect-error a server answers later
withCacheSync({ redis: "redis://localhost" }, () => 7);
// @ts-expect-error nothing is in front of an engine that answers at once
withCacheSync({ memory: true }, () => 7);
declare const engine: SyncEngine;
withCacheSync({ engine }, () => 7);
// @ts-expect-error an engine of the other kind
withCacheSync({ engine: { ...engine, kind: "async" } }, () => 7);
// @ts-expect-error blocks have no other scope
withCache({ scope: "shared" }, () => 7);

// A world has the types of the program.
const world = createCache({ maxSize: 100, ttl: "5m", folderName: "library", tags: ["all"], onHit: ({ name }) => name });
expectType<Same<typeof world.mcache, typeof mcache>>();
expectType<Same<typeof world.acache, typeof acache>>();
expectType<Same<typeof world.bcache, typeof bcache>>();
expectType<Same<typeof world.ucache, typeof ucache>>();
expectType<Same<typeof world.batch, typeof batch>>();
expectType<Same<typeof world.withCache, typeof withCache>>();
expectType<Same<typeof world.withCacheSync, typeof withCacheSync>>();
expectType<Same<typeof world.getOrCreateEngine, typeof getOrCreateEngine>>();
expectType<Same<ReturnType<typeof world.getStats>, ReturnType<typeof getStats>>>();
const area = world.mcache((width: number, height: number) => width * height);
const product: number = area(2, 3);
void product;
// A folder among the defaults makes no promise of it.
const slug: string = world.ucache((title: string) => title)("title");
void slug;
world.withCache({}, (cache) => cache.get("k"));
// @ts-expect-error the world cannot be changed
world.mcache = world.ucache;
// @ts-expect-error nothing is called so
world.nocache;
// @ts-expect-error defaults are not about one function
createCache({ name: "one" });
// @ts-expect-error nor is its version
createCache({ version: 1 });
// @ts-expect-error what a function returns is said where it is wrapped
createCache({ sync: true });
// @ts-expect-error defaults have the types of options
createCache({ maxSize: "many" });
