/** What must infer, and what must not compile, of caches in stores of Keyv. Checked by tsc; never run. */

import { KeyvMemcache } from "@keyv/memcache";
import { KeyvPostgres } from "@keyv/postgres";
import KeyvRedis from "@keyv/redis";
import KeyvSqlite from "@keyv/sqlite";
import { Keyv } from "keyv";
import { Keyv as Keyv6 } from "keyv6";
import {
  type AsyncCacheHandle,
  acache,
  type BlockOptions,
  batch,
  bcache,
  fcache,
  type KeyvStore,
  mcache,
  ucache,
  withCache,
} from "twat-cache";

function expectType<T extends true>(..._proof: T[]): void {}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

// Whatever is a store.
export const stores: readonly KeyvStore[] = [
  new Keyv(),
  new Keyv<string>({ namespace: "a" }),
  new Keyv6(),
  new KeyvSqlite(),
  new KeyvRedis("redis://localhost"),
  new KeyvPostgres("postgresql://localhost"),
  new KeyvMemcache(),
  new Map<string, unknown>(),
];
// @ts-expect-error it cannot remove anything
export const lame: KeyvStore = { get: () => 1, set: () => 1, clear: () => 1 };
// @ts-expect-error its keys are numbers
export const numbered: KeyvStore = new Map<number, unknown>();

const engine = new Keyv();

// Everything returns promises, and the handle does.
const user = acache((id: number): string => `user ${id}`, { engine });
const name: Promise<string> = user(1);
const handle: AsyncCacheHandle<(id: number) => Promise<string>> = user.cache;
const there: Promise<boolean> = user.cache.has(1);
const placed = acache(async (id: number) => id, {
  engine,
  folderName: "users",
  version: 2,
  secret: "0123456789abcdef",
});
const placedHandle: AsyncCacheHandle<(id: number) => Promise<number>> = placed.cache;
const report = ucache((year: number): number => year, { engine, version: 1 });
expectType<Same<ReturnType<typeof report>, Promise<number>>>();
const reports: AsyncCacheHandle<(year: number) => Promise<number>> = report.cache;
const large = fcache(async <T>(it: T): Promise<T> => it, { engine, compress: true });
const same: Promise<"text"> = large("text" as const);
const many = batch(async (ids: number[]) => ids.map(String), { engine, name: "many" });
const one: Promise<string> = many(1);
// Of a type alone, as where a function takes it.
export function cachedIn(store: KeyvStore): AsyncCacheHandle<(n: number) => Promise<number>> {
  return bcache((n: number) => n, { engine: store }).cache;
}
void [name, handle, there, placedHandle, reports, same, one];

const block: BlockOptions = { engine, folderName: "block" };
await withCache(block, (cache) => cache.set("k", 1));

// @ts-expect-error it has to answer at once
mcache((n: number) => n, { engine });
// @ts-expect-error and so does this
bcache((n: number) => n, { engine, sync: true });
// @ts-expect-error it is a promise
const bare: string = user(1);
void bare;
// @ts-expect-error there is no telling who asked last
acache((n: number) => n, { engine, folderName: "users", idle: "1s" });

export class Users {
  readonly id = 1;

  @acache({ engine, thisKey: (self: Users) => self.id })
  async find(id: number): Promise<number> {
    return id;
  }

  // @ts-expect-error it would return a promise where its type says a number
  @ucache({ engine, thisKey: (self: Users) => self.id })
  count(): number {
    return this.id;
  }
}
