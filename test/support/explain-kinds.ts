/** Every kind of store, for tests of `explain`: those of `everyKind`, those on disk that answer at once, and a server. */

import { basename } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type AsyncCacheOptions, acache, bcache, type Explanation, type TraceEvent } from "../../src/index.js";
import { persistentEngines } from "./disk-stores.js";
import { type Cached, everyKind, type Load, type Options } from "./every-kind.js";
import { hasRedis, RedisServer } from "./redis-server.js";
import { temporaryDirectories } from "./temporary.js";

/** A cached function whose calls can be explained. */
export interface Explained extends Cached {
  readonly cache: Omit<Cached["cache"], "stats"> & {
    readonly engine: string;
    key(key: string): unknown;
    explain(key: string): Explanation | Promise<Explanation>;
    trace(): readonly TraceEvent[];
    stats(): ReturnType<Cached["cache"]["stats"]> & { readonly engine: string | undefined };
  };
}

/** A kind of store, and what can be known there. */
export interface ExplainKind {
  readonly name: string;
  readonly engine: string;
  readonly isPersistent: boolean;
  /** `explain` answers at once. */
  readonly isSync: boolean;
  readonly hasFront: boolean;
  /** It lists the caches in it, so that it knows of earlier versions of the code. */
  readonly knowsOtherCode: boolean;
  /** A directory of its own, for what lies on disk. */
  directory(): string;
  cached(load: Load, options: Options & Pick<AsyncCacheOptions, "trace" | "namespace">): Explained;
}

const opened: Explained[] = [];
const cacheDir = temporaryDirectories();
let server: RedisServer | undefined;

beforeAll(async () => {
  if (hasRedis) server = await RedisServer.start();
});
afterAll(() => server?.remove());
afterEach(async () => {
  for (const one of opened.splice(0)) await one.cache.close();
});

function kept(one: unknown): Explained {
  opened.push(one as Explained);
  return one as Explained;
}

const patient = { name: "kind", version: 1, folderName: "kinds", engineTimeout: "30s" } as const;
const usual = everyKind({ kept: (one) => kept(one) as never, cacheDir });
const syncNames = (await persistentEngines()).filter(({ kind }) => kind === "sync").map(({ name }) => name);

const engineOf: Readonly<Record<string, string>> = {
  "a synchronous engine from outside": "third-party",
  "an asynchronous engine from outside": "third-party-async",
  "sqlite with a memory in front": "sqlite",
  "a store of Keyv": "keyv",
  "hybridCache, on both sides": "lru+sqlite",
};

/** See above. */
export const explainKinds: readonly ExplainKind[] = [
  ...usual.map(({ name, isPersistent, isAsync, cached }) => ({
    name,
    engine: engineOf[name] ?? name,
    isPersistent,
    isSync: !isAsync,
    hasFront: name.includes("in front"),
    knowsOtherCode: name.startsWith("sqlite"),
    directory: cacheDir,
    cached: cached as unknown as ExplainKind["cached"],
  })),
  ...syncNames.map((engine) => ({
    name: engine,
    engine,
    isPersistent: true,
    isSync: true,
    hasFront: false,
    knowsOtherCode: true,
    directory: cacheDir,
    cached: (load: Load, options: Options) =>
      kept(
        bcache(load, { ...patient, cacheDir: cacheDir(), ...options, sync: true, engine, fallback: false } as never),
      ),
  })),
  ...(hasRedis ? [false, true] : []).map((memory) => ({
    name: memory ? "redis with a memory in front" : "redis",
    engine: "redis",
    isPersistent: true,
    isSync: false,
    hasFront: memory,
    knowsOtherCode: false,
    directory: cacheDir,
    cached: (load: Load, options: Options & { readonly cacheDir?: string }) =>
      kept(
        acache(load, {
          ...patient,
          ...options,
          // What lies in one directory elsewhere lies in one folder here.
          folderName: basename(options.cacheDir ?? "none"),
          memory,
          redis: server?.url as string,
          fallback: false,
        } as never),
      ),
  })),
];
