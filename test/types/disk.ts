/** What must infer, and what must not compile, of caches on disk. Checked by tsc; never run. */

import {
  type AsyncCacheHandle,
  acache,
  bcache,
  type CacheHandle,
  type Codec,
  type DiskCacheOptions,
  fcache,
  mcache,
  registerType,
  ucache,
  withCache,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

// A synchronous function returns promises; its parameters stay.
const report = bcache((year: number, title?: string): { year: number } => ({ year: year + (title?.length ?? 0) }));
expectType<Same<Parameters<typeof report>, [year: number, title?: string | undefined]>>();
expectType<Same<ReturnType<typeof report>, Promise<{ year: number }>>>();
const handle: AsyncCacheHandle<(year: number, title?: string) => Promise<{ year: number }>> = report.cache;
void handle;
// @ts-expect-error it is a promise
const bare: { year: number } = report(2024);
void bare;

// An asynchronous one stays as it is, generics included.
const same = fcache(async <T>(it: T): Promise<T> => it, { folderName: "tiles", compress: { algorithm: "brotli" } });
const text: Promise<"text"> = same("text" as const);
void text;

// With `sync: true` a function stays as it is.
const area = bcache((width: number): number => width, { sync: true, folderName: "areas" });
const value: number = area(2);
void value;
const syncHandle: CacheHandle<(width: number) => number> = area.cache;
void syncHandle;

// ucache follows its options.
const near = ucache((n: number): number => n);
const number: number = near(1);
const far = ucache((n: number): number => n, { folderName: "far" });
const promised: Promise<number> = far(1);
const named = ucache((n: number): number => n, { engine: "sqlite", name: "n" });
const also: Promise<number> = named(1);
const synced = ucache((n: number): number => n, { folderName: "far", sync: true });
const again: number = synced(1);
void [number, promised, also, again];

// Processes take turns where somebody can wait.
const locked = [
  bcache((n: number): number => n, { lock: true }),
  fcache((n: number): number => n, { lock: { wait: "1s", lease: 500 } }),
  acache((n: number): number => n, { engine: "sqlite", lock: true }),
  ucache((n: number): number => n, { folderName: "far", lock: {} }),
];
void locked;
// @ts-expect-error nothing can wait with `sync: true`
bcache((n: number): number => n, { sync: true, lock: true });
// @ts-expect-error a cache in memory is one process's own
mcache((n: number): number => n, { lock: true });

// Options.
const codec: Codec = { name: "mine", encode: () => new Uint8Array(), decode: () => 1 };
const options: DiskCacheOptions<(n: number) => number> = {
  maxBytes: "1GB",
  secret: "0123456789abcdef",
  encryptionKey: new Uint8Array(32),
  memory: { maxSize: 10, ttl: "1s" },
  codec,
  version: 2,
  deps: [1, "a"],
  shouldCache: (it) => it > 0,
};
bcache((n: number) => n, options);
// @ts-expect-error evicting by use would write at every hit
bcache((n: number) => n, { policy: "lru" });
// @ts-expect-error the disk counts by itself
bcache((n: number) => n, { maxBytes: 100, sizeOf: () => 1 });
// @ts-expect-error a cache in memory has no folder
mcache((n: number) => n, { folderName: "reports" });
// @ts-expect-error no such algorithm
fcache((n: number) => n, { compress: { algorithm: "rar" } });

// Methods: only those that give promises anyway.
export class Reports {
  readonly id = 1;

  @bcache({ folderName: "reports", thisKey: (self: Reports) => self.id })
  async build(year: number): Promise<number> {
    return year;
  }

  // @ts-expect-error it would return a promise where its type says a number
  @fcache({ folderName: "reports", name: "count" })
  count(year: number): number {
    return year;
  }

  @bcache({ folderName: "reports", name: "size", sync: true })
  size(year: number): number {
    return year;
  }
}

// Classes.
class Money {
  constructor(readonly cents: number) {}
}
registerType("Money", Money, { encode: (money) => money.cents, decode: (cents: number) => new Money(cents) });
registerType("Plain", Money);
// @ts-expect-error what comes out of encode goes into decode
registerType("Money", Money, { encode: (money) => money.cents, decode: (cents: string) => new Money(Number(cents)) });

await withCache({ engine: "sqlite", folderName: "session", compress: true }, async (cache) => {
  await cache.set("k", 1);
});
