/** One function cached in every kind of store: what holds for one has to hold for all. For tests without vitest too. */

import { Keyv } from "keyv";
import {
  type AsyncCacheOptions,
  acache,
  bcache,
  fcache,
  hybridCache,
  type WarmOptions,
  type WarmResult,
} from "../../src/index.js";
import { thirdPartyAsync, thirdPartySync } from "./engines.js";

export type Load = (key: string) => Promise<unknown>;
export type Options = Omit<AsyncCacheOptions<Load>, "engine" | "idle" | "policy" | "sizeOf" | "maxSize">;

/** What a handle gives, at once or as a promise. */
export interface Cached {
  (key: string): Promise<unknown>;
  readonly cache: {
    has(key: string): unknown;
    peek(key: string): unknown;
    set(args: [string], value: unknown): unknown;
    delete(key: string): unknown;
    expire(key: string): unknown;
    refresh(key: string): unknown;
    many(lists: Iterable<readonly [string]>): Promise<unknown[]>;
    warm(lists: Iterable<readonly [string]>, options?: WarmOptions): Promise<WarmResult>;
    clear(): unknown;
    invalidateTags(...tags: string[]): unknown;
    close(): unknown;
    stats(): { readonly hits: number; readonly misses: number; readonly stale: number; readonly loadFailures: number };
  };
}

/** A kind of store, and how to cache something there. */
export interface Kind {
  readonly name: string;
  readonly isPersistent: boolean;
  /** Its store answers with promises. */
  readonly isAsync: boolean;
  cached(load: Load, options: Options): Cached;
}

/** Keeps what was made, to be closed and removed later, and finds room for what is on disk. */
export interface Keeper {
  kept(one: Cached): Cached;
  cacheDir(): string;
}

const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" } as const;

export function everyKind({ kept, cacheDir }: Keeper): readonly Kind[] {
  const memory = (name: string, more: Partial<AsyncCacheOptions<Load>>): Kind => ({
    name,
    isPersistent: false,
    isAsync: more.engine === thirdPartyAsync,
    cached: (load, options) =>
      kept(acache(load, { ...options, ...more } as AsyncCacheOptions<Load>) as unknown as Cached),
  });
  const disk = (
    name: string,
    decorate: typeof bcache | typeof fcache,
    more: object,
    engineIn?: (directory: string) => object,
  ): Kind => ({
    name,
    isPersistent: true,
    isAsync: true,
    cached: (load, options) => {
      // A machine that is slow is no engine that fails.
      const usual = { name: "kind", version: 1, folderName: "kinds", engineTimeout: "30s" } as const;
      const asked = { ...usual, cacheDir: cacheDir(), ...options, ...more };
      const engine = engineIn && { engine: engineIn(asked.cacheDir) as Keyv };
      return kept((decorate as typeof bcache)(load, { ...asked, ...engine }) as unknown as Cached);
    },
  });
  const keyvs = new Map<string, Keyv>();
  /** One store for all that would lie in one directory. */
  const keyvIn = (directory: string): Keyv => {
    const keyv = keyvs.get(directory) ?? new Keyv();
    keyvs.set(directory, keyv);
    return keyv;
  };
  return [
    memory("lru", { engine: "lru" }),
    memory("map", { engine: "map" }),
    memory("a synchronous engine from outside", { engine: thirdPartySync, ...unbounded }),
    memory("an asynchronous engine from outside", { engine: thirdPartyAsync, ...unbounded }),
    disk("sqlite", bcache, { engine: "sqlite", fallback: false }),
    disk("file", fcache, { engine: "file", fallback: false }),
    disk("sqlite with a memory in front", bcache, { engine: "sqlite", fallback: false, memory: true }),
    disk("a store of Keyv", bcache, { fallback: false }, keyvIn),
    // Texts of three letters count as fourteen bytes: some values are on one side, and some on the other.
    disk("hybridCache, on both sides", hybridCache as typeof bcache, { threshold: 14, fallback: false }),
  ];
}
