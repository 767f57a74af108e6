/** What must infer, and what must not compile, of many calls at once. Checked by tsc; never run. */

import {
  type AsyncCacheHandle,
  type AsyncEngine,
  acache,
  batch,
  bcache,
  type CacheHandle,
  type cacheOf,
  mcache,
  type WarmResult,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

// What many calls give: an array, or a promise of one.
const area = mcache((width: number, height?: number): number => width * (height ?? 1));
const areas = area.cache.many([[1, 2], [3]]);
expectType<Same<typeof areas, number[]>>();
const user = mcache(async (id: number) => ({ id }));
const users = user.cache.many([[1], [2]]);
expectType<Same<typeof users, Promise<{ id: number }[]>>>();
const length = acache((it: string) => it.length);
const lengths = length.cache.many([["a"]]);
expectType<Same<typeof lengths, Promise<number[]>>>();
const report = bcache((year: number) => ({ year }));
const reports = report.cache.many(new Set<readonly [number]>([[2024]]));
expectType<Same<typeof reports, Promise<{ year: number }[]>>>();
// A union that holds no promise is an array of the union; one that does may be either.
const either = mcache((it: string): string | number => it);
const eithers = either.cache.many([["a"]]);
expectType<Same<typeof eithers, (string | number)[]>>();
declare const mayWait: (id: number) => string | Promise<string>;
const waited = mcache(mayWait).cache.many([[1]]);
expectType<Same<typeof waited, string[] | Promise<string[]>>>();
// @ts-expect-error it may be a promise
waited.length;
// @ts-expect-error the arguments are the function's
area.cache.many([["1"]]);
// @ts-expect-error a list of lists
area.cache.many([1, 2]);
// @ts-expect-error none may be left out
void area.cache.warm([[]]);
// @ts-expect-error an array has no then
area.cache.many([[1]]).then;

// Warming.
const warmed = area.cache.warm([[1], [2, 3]], { concurrency: 5, onProgress: ({ done, total }) => void (done / total) });
expectType<Same<typeof warmed, Promise<WarmResult>>>();
void user.cache.warm([[1]], { signal: new AbortController().signal });
// @ts-expect-error no such option
void user.cache.warm([[1]], { parallel: 3 });
// @ts-expect-error a number
void user.cache.warm([[1]], { concurrency: "3" });
// @ts-expect-error the result is read-only
(await warmed).loaded = 1;

// A function for many becomes one for one; an Error among the results is no result.
interface Row {
  readonly id: string;
}
const row = batch(async (ids: readonly string[]): Promise<readonly (Row | Error)[]> => ids.map((id) => ({ id })));
expectType<Same<Parameters<typeof row>, [item: string]>>();
expectType<Same<ReturnType<typeof row>, Promise<Row>>>();
const rows = row.cache.many([["a"], ["b"]]);
expectType<Same<typeof rows, Promise<Row[]>>>();
const here: boolean = row.cache.has("a");
void here;
row.cache.set(["a"], { id: "a" });
// @ts-expect-error the argument is one of the list's
row(1);
// @ts-expect-error one, and not a list
row(["a"]);
// @ts-expect-error one, and no more
row("a", "b");
// @ts-expect-error an error cannot be put in
row.cache.set(["a"], new Error("no"));

// A list that may be changed, a result at once, nothing for some.
const doubled = batch((ids: number[]) => ids.map((id) => (id > 0 ? 2 * id : undefined)), { maxBatch: 50, ttl: "1m" });
expectType<Same<ReturnType<typeof doubled>, Promise<number | undefined>>>();
const pair = batch(async (pairs: readonly [a: string, b: number][]) => pairs.map(([a, b]) => a.repeat(b)));
expectType<Same<Parameters<typeof pair>, [item: [a: string, b: number]]>>();

// Options are typed by the function for one.
batch(async (ids: number[]) => ids.map(String), {
  key: (id) => id.toFixed(),
  ttl: (text, [id]) => (text.length > id ? "5m" : 1_000),
  shouldCache: (text) => text.startsWith("1"),
});
// @ts-expect-error the result is a text
batch(async (ids: number[]) => ids.map(String), { shouldCache: (text: number) => text > 1 });
// @ts-expect-error it is maxBatch
batch(async (ids: number[]) => ids, { maxbatch: 10 });
// @ts-expect-error a number
batch(async (ids: number[]) => ids, { maxBatch: "10" });
// @ts-expect-error it takes a list
batch(async (id: number) => [id]);
// @ts-expect-error it gives a list
batch(async (ids: number[]) => ids.length);
// @ts-expect-error only acache and its kind know a batch
mcache(async (ids: number[]) => ids, { maxBatch: 10 });

// The handle is that of the engine.
declare const remote: AsyncEngine;
const far = batch(async (ids: number[]) => ids, { engine: remote, maxBatch: 5 });
expectType<Same<typeof far.cache, AsyncCacheHandle<(item: number) => Promise<number>>>>();
const onDisk = batch(async (ids: number[]) => ids, { folderName: "users", compress: true, version: 2 });
const diskHandle: AsyncCacheHandle<(item: number) => Promise<number>> = onDisk.cache;
const byEngine = batch(async (ids: number[]) => ids, { engine: "sqlite" });
expectType<Same<ReturnType<typeof byEngine.cache.has>, Promise<boolean>>>();
const near = batch(async (ids: number[]) => ids, { engine: "lru" });
const nearHandle: CacheHandle<(item: number) => Promise<number>, number | Promise<number>> = near.cache;
expectType<Same<ReturnType<typeof cacheOf<typeof near>>, typeof near.cache>>();
void [diskHandle, nearHandle];
