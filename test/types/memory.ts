/** What must infer, and what must not compile. Checked by tsc; never run. */

import {
  type AsyncCacheHandle,
  type AsyncCacheOptions,
  type AsyncEngine,
  acache,
  type CacheHandle,
  cacheOf,
  mcache,
  ucache,
  withCache,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

// A plain function: parameters, optional and rest ones, the result.
const computeArea = (width: number, height?: number, ...more: string[]): number => width * (height ?? 1) + more.length;
const area = mcache(computeArea);
expectType<Same<Parameters<typeof area>, Parameters<typeof computeArea>>>();
expectType<Same<ReturnType<typeof area>, number>>();
const value: number = area(1, 2, "a");
void value;
// @ts-expect-error the parameters stay what they were
area("1");
// @ts-expect-error none may be left out
area();

// Generics stay generic.
const identity = mcache(<T>(it: T): T => it);
const text: "text" = identity("text" as const);
void text;
const pair = ucache(<A, B extends A[]>(a: A, b: B): [A, B] => [a, b]);
const made: [number, number[]] = pair(1, [2]);
void made;
// @ts-expect-error and so do their bounds
pair(1, 2);

// Overloads stay, all of them.
function parse(it: string): string;
function parse(it: number): number;
function parse(it: string | number): string | number {
  return it;
}
const parsed = mcache(parse);
const one: string = parsed("1");
const two: number = parsed(2);
void [one, two];
// @ts-expect-error no overload takes a boolean
parsed(true);

// `this` stays.
interface Scaled {
  factor: number;
}
const scale = mcache(function (this: Scaled, n: number) {
  return n * this.factor;
});
expectType<Same<ThisParameterType<typeof scale>, Scaled>>();
// @ts-expect-error it has no factor
scale.call({}, 1);

// Asynchronous functions stay what they are; synchronous ones stay synchronous, but for acache.
const user = mcache(async (id: number) => ({ id }));
expectType<Same<ReturnType<typeof user>, Promise<{ id: number }>>>();
const asyncUser = acache(async <T>(id: T) => ({ id }));
const loaded: Promise<{ id: "x" }> = asyncUser("x" as const);
void loaded;
const length = acache((it: string) => it.length);
expectType<Same<ReturnType<typeof length>, Promise<number>>>();
expectType<Same<Parameters<typeof length>, [it: string]>>();

// Properties of the function stay.
const documented = mcache(Object.assign((n: number) => n, { unit: "m" }));
expectType<Same<typeof documented.unit, string>>();

// The handle is typed by the function.
expectType<Same<Parameters<typeof area.cache.has>, Parameters<typeof computeArea>>>();
expectType<Same<ReturnType<typeof area.cache.peek>, number | undefined>>();
expectType<Same<ReturnType<typeof user.cache.peek>, { id: number } | undefined>>();
expectType<Same<ReturnType<typeof user.cache.refresh>, Promise<{ id: number }>>>();
expectType<Same<ReturnType<typeof area.cache.delete>, boolean>>();
area.cache.set([1, 2], 3);
// @ts-expect-error the value is what the function returns
area.cache.set([1, 2], "3");
// @ts-expect-error the arguments are the function's
area.cache.has("1");
// @ts-expect-error a function that returns promises takes one
user.cache.set([1], { id: 1 });
user.cache.set([1], Promise.resolve({ id: 1 }));
length.cache.set(["a"], 1);
length.cache.set(["a"], Promise.resolve(1));

// On an asynchronous engine, and on any that is only named, the handle answers with promises.
declare const remote: AsyncEngine;
const far = acache(async (id: number) => id, { engine: remote });
expectType<Same<typeof far.cache, AsyncCacheHandle<(id: number) => Promise<number>>>>();
expectType<Same<ReturnType<typeof far.cache.has>, Promise<boolean>>>();
const named = acache(async (id: number) => id, { engine: "mine" });
expectType<Same<ReturnType<typeof named.cache.delete>, Promise<boolean>>>();
const near = acache(async (id: number) => id, { engine: "lru" });
expectType<Same<ReturnType<typeof near.cache.delete>, boolean>>();
// @ts-expect-error a synchronous function cannot wait for an engine
mcache((n: number) => n, { engine: remote });

// Options are typed by the function.
mcache((id: number, name: string) => `${id}${name}`, {
  key: (id, name) => [id.toFixed(), name.trim()],
  ttl: (result, [id, name]) => (result.length > id + name.length ? "5m" : 1_000),
  shouldCache: (result, [id]) => result.startsWith(String(id)),
  when: ([id]) => id > 0,
  sizeOf: (result) => result.length,
  maxBytes: "1MB",
});
mcache(async (id: number) => ({ id }), { shouldCache: ({ id }) => id > 0, ttl: ({ id }) => id });
mcache((n: number) => n, { thisKey: (self) => self, scope: "shared", clone: "freeze", ignore: [0], clock: "exact" });

// Wrong options do not compile.
// @ts-expect-error it is maxSize
mcache((n: number) => n, { maxsize: 10 });
// @ts-expect-error no such unit
mcache((n: number) => n, { ttl: "5 minutes" });
// @ts-expect-error no unit
mcache((n: number) => n, { ttl: "5" });
for (const policy of ["lru", "fifo", "lfu", "rr", "mru", "lifo", "ttl"] as const) mcache((n: number) => n, { policy });
// @ts-expect-error no such policy
mcache((n: number) => n, { policy: "mru2" });
// @ts-expect-error a number of entries
mcache((n: number) => n, { maxSize: "10" });
// @ts-expect-error the key's parameters are the function's
mcache((n: number) => n, { key: (n: string) => n });
// @ts-expect-error no such mode
mcache((n: number) => n, { clone: "deep" });
// @ts-expect-error not a function
mcache(5);
// @ts-expect-error it is not ready yet
mcache({ ttl: "5m" })("text");

// The other call forms.
const wrap = mcache({ ttl: "5m" });
const wrapped = wrap((n: number) => String(n));
expectType<Same<ReturnType<typeof wrapped>, string>>();
expectType<Same<ReturnType<typeof wrapped.cache.peek>, string | undefined>>();
const bare = mcache()((n: number) => n);
void bare.cache.stats().hitRatio.toFixed();
const awaited = acache({ ttl: "5m" })((n: number) => n);
expectType<Same<ReturnType<typeof awaited>, Promise<number>>>();

// cacheOf knows the handle where the type shows it, and both kinds elsewhere.
expectType<Same<ReturnType<typeof cacheOf<typeof area>>, typeof area.cache>>();
class Repo {
  find(id: string): number {
    return id.length;
  }
  get total(): number {
    return 1;
  }
}
const repo = new Repo();
const found: CacheHandle<(id: string) => number> | AsyncCacheHandle<(id: string) => number> = cacheOf(repo, "find");
const total: CacheHandle<() => number> | AsyncCacheHandle<() => number> = cacheOf(repo, "total");
const has: boolean | Promise<boolean> = cacheOf(repo.find, repo).has("a");
void [found, total, has];
// @ts-expect-error no such member
cacheOf(repo, "fnid");

// Blocks give what their body gives.
const block: Promise<number> = withCache({ bypass: true, ttl: "1m" }, async (cache) => {
  await cache.set("k", 1);
  const double = cache.wrap((n: number) => 2 * n);
  const doubled: Promise<number> = double(2);
  return (await doubled) + (await cache.getOrSet("n", () => 5));
});
void block;
// @ts-expect-error a block has no key
void withCache({ key: () => 1 }, () => 1);

// The handle of acache is that of its engine, in both forms; where the engine may be any, it may be either.
const load = async (id: number): Promise<string> => `${id}`;
type Load = typeof load;
expectType<Same<ReturnType<typeof inMemory.cache.has>, boolean>>();
const inMemory = acache({ ttl: "1m" })(load);
const onMap = acache({ engine: "map" })(load);
expectType<Same<ReturnType<typeof onMap.cache.has>, boolean>>();
const onMine = acache({ engine: "mine" })(load);
expectType<Same<typeof onMine.cache, AsyncCacheHandle<Load>>>();
declare const anyName: string;
const somewhere = acache(load, { engine: anyName });
// @ts-expect-error it may answer at once
somewhere.cache.has(1).then(() => 0);
const elsewhere = acache({ engine: anyName })(load);
expectType<Same<ReturnType<typeof elsewhere.cache.has>, boolean | Promise<boolean>>>();
declare const anyOptions: AsyncCacheOptions;
const unsure = acache(anyOptions)(load);
expectType<Same<ReturnType<typeof unsure.cache.has>, boolean | Promise<boolean>>>();
declare const engineObject: AsyncEngine;
const onObject = acache({ engine: engineObject })(load);
expectType<Same<ReturnType<typeof onObject.cache.has>, Promise<boolean>>>();
