/** What must infer, and what must not compile, of configurations. Checked by tsc; never run. */

import {
  type AsyncCacheHandle,
  acache,
  bcache,
  type CacheHandle,
  createCacheConfig,
  extendConfig,
  getCacheConfigFromEnv,
  getEffectiveConfig,
  mcache,
  mergeConfigs,
  setDefaults,
  ucache,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}
const square = (n: number): number => n * n;

// What is written keeps its type, so that a decorator sees what is asked for.
const disk = createCacheConfig({ folderName: "reports", ttl: "1h" });
expectType<Same<typeof disk, Readonly<{ readonly folderName: "reports"; readonly ttl: "1h" }>>>();
const onDisk: Promise<number> = ucache(square, disk)(2);
void onDisk;
const inMemory: number = ucache(square, createCacheConfig({ ttl: "1h" }))(2);
void inMemory;
const atOnce: number = bcache(square, createCacheConfig({ sync: true, name: "square" }))(2);
void atOnce;
mcache(square, createCacheConfig({ maxSize: 5, onHit: ({ key }) => void key, tags: ["a"], ignore: [0] }));
// @ts-expect-error an option that there is not
createCacheConfig({ maxsize: 5 });
// @ts-expect-error a value that the option does not take
createCacheConfig({ ttl: "5 minutes" });
// @ts-expect-error it does not change
disk.ttl = "2h";
// @ts-expect-error mcache has no folder
mcache(square, createCacheConfig({ folderName: "reports" }));

// A later one goes before an earlier one; what may say nothing leaves either.
const merged = mergeConfigs({ ttl: "1h", maxSize: 5 }, { ttl: "5m", maxSize: undefined });
expectType<Same<(typeof merged)["ttl"], "5m">>();
expectType<Same<(typeof merged)["maxSize"], 5>>();
const extended = extendConfig(disk, { ttl: 5 });
expectType<Same<(typeof extended)["ttl"], 5>>();
expectType<Same<(typeof extended)["folderName"], "reports">>();
const promised: Promise<number> = ucache(square, extended)(2);
void promised;
declare const perhaps: { readonly maxSize?: number };
const either = mergeConfigs({ maxSize: 5 }, perhaps);
expectType<Same<(typeof either)["maxSize"], number>>();
// @ts-expect-error a value that the option does not take
mergeConfigs({ ttl: "1h" }, { ttl: true });

setDefaults({ ttl: "5m", engine: "memory", onError: () => undefined });
// @ts-expect-error a name is for one cache
setDefaults({ name: "all" });
// @ts-expect-error that is for the call to say
setDefaults({ sync: true });

mcache(square, getCacheConfigFromEnv({ TWAT_CACHE_TTL: "5m" }));
// @ts-expect-error variables are texts
getCacheConfigFromEnv({ TWAT_CACHE_MAXSIZE: 5 });

class Shape {
  area(): number {
    return 1;
  }
}
getEffectiveConfig(mcache(square)).options.ttl?.from satisfies string | undefined;
getEffectiveConfig(mcache(square).cache);
getEffectiveConfig(bcache(square, { name: "square" }).cache);
getEffectiveConfig(new Shape().area);
// @ts-expect-error there may be no cache of that name
getEffectiveConfig("square").options;

// Other names of engines are of the kind of the engine that they stand for.
const near: CacheHandle<(n: number) => Promise<number>>["peek"] = acache(square, { engine: "cachetools" }).cache.peek;
void near;
const far: AsyncCacheHandle<(n: number) => Promise<number>> = acache(square, { engine: "diskcache" }).cache;
void far;
const later: Promise<number> = ucache(square, { engine: "joblib" })(2);
void later;
const now: number = ucache(square, { engine: "functools" })(2);
void now;
