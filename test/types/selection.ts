/** What must infer, and what must not compile, of caches that choose the engine, and of presets. Checked by tsc; never run. */

import {
  type AsyncCacheHandle,
  bcache,
  type CacheHandle,
  configureForImages,
  configureForJson,
  configureForNumpy,
  configureForTabular,
  configureForType,
  configureForTypedArrays,
  type DataSelection,
  DataSize,
  fcache,
  hybridCache,
  hybridCacheConfig,
  mcache,
  selectBackendForData,
  smartCache,
  smartCacheConfig,
  ucache,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

const square = (n: number): number => n * n;

// Both return promises, and keep the parameters.
const hybrid = hybridCache(square, { threshold: "1MB", small: { maxSize: 5, ttl: "1m" }, large: { engine: "file" } });
const smart = smartCache(square, { small: { maxBytes: "1MB" }, persistence: "session" });
expectType<Same<ReturnType<typeof hybrid>, Promise<number>>>();
expectType<Same<Parameters<typeof smart>, [n: number]>>();
const handle: AsyncCacheHandle<(n: number) => Promise<number>> = hybrid.cache;
void handle;
// @ts-expect-error it is a promise
const bare: number = smart(1);
void bare;

// With `sync: true` a function stays as it is.
const now: number = hybridCache(square, { sync: true, threshold: 5 })(1) + smartCache(square, { sync: true })(2);
const syncHandle: CacheHandle<(n: number) => number> = smartCache(square, { sync: true }).cache;
void [now, syncHandle];

// Without a function they are decorators.
const decorated = [
  hybridCache()(square),
  smartCache({ folderName: "x" })(square),
  hybridCache({ sizeThreshold: 5 })(square),
];
const promised: Promise<number> | undefined = decorated[0]?.(1);
void promised;

export class Tiles {
  @hybridCache({ name: "tile", threshold: 5 })
  async tile(n: number): Promise<number> {
    return n;
  }

  // @ts-expect-error it would return a promise where its type says a number
  @smartCache({ name: "other" })
  other(n: number): number {
    return n;
  }

  @smartCache({ name: "now", sync: true })
  now(n: number): number {
    return n;
  }
}

// @ts-expect-error the engine is what is found out
smartCache(square, { engine: "file" });
// @ts-expect-error there is a memory
hybridCache(square, { memory: true });
// @ts-expect-error a disk is no memory
hybridCache(square, { small: { engine: "sqlite" } });
// @ts-expect-error a key is not for one side
hybridCache(square, { large: { key: () => 1 } });
// @ts-expect-error no such word
smartCache(square, { persistence: "forever" });

// Presets are options as they are.
const json = ucache(square, configureForJson());
const fromJson: Promise<number> = json(1);
const images = fcache(square, configureForImages({ ttl: "1h" }));
const arrays = bcache(square, configureForTypedArrays({ folderName: "mine", maxBytes: "1GB" }));
const numpy: "mine" = configureForNumpy({ folderName: "mine" } as const).folderName;
const synced: number = ucache(square, configureForTabular({ sync: true }))(1);
void [fromJson, images, arrays, numpy, synced];
// @ts-expect-error no such option
configureForJson({ folder: "x" });

const near: number = ucache(square, configureForType("number"))(1);
const nearToo: number = mcache(square, configureForType(Map, { ttl: 5 }))(1);
const far: Promise<number> = ucache(square, configureForType(Float64Array))(1);
const own: Promise<number> = bcache(square, configureForType(Tiles, { version: 2 }))(1);
const returned: number = ucache(square, smartCacheConfig({ returns: "string", maxSize: 5 }))(1);
const filled = hybridCache(square, hybridCacheConfig({ threshold: 2_048 }));
void [near, nearToo, far, own, returned, filled];

// Selection.
const selection: DataSelection = selectBackendForData({ data: 1, size: "large", concurrency: "distributed" });
const size: DataSize = DataSize.VERY_LARGE;
const literal: "very_large" = DataSize.VERY_LARGE;
void [selection, size, literal];
// @ts-expect-error no such size
selectBackendForData({ size: "huge" });
