/** Caches of every kind, each of a source, with options that fail at random. */

import { exactCodec } from "../../src/codec/index.js";
import type { Engine } from "../../src/contract/index.js";
import {
  acache,
  type BlockOptions,
  batch,
  bcache,
  cacheOf,
  engineContext,
  fcache,
  getEngineManager,
  hybridCache,
  mcache,
  smartCache,
  ucache,
} from "../../src/index.js";
import { thirdPartyAsync, thirdPartySync } from "./engines.js";
import { failingAsync, failingSync } from "./strict-engines.js";
import type { Harm } from "./strict-harm.js";
import { drawOptions, type Options, type Purpose } from "./strict-options.js";
import { Source } from "./strict-source.js";

/** What a handle can do; what it gives may be a promise or not. */
export type Handle = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** A cached function, its handle and its source. */
export interface Subject {
  readonly name: string;
  readonly source: Source;
  readonly options: Options;
  readonly isBatch: boolean;
  readonly handle: Handle;
  call(key: string, signal?: AbortSignal): unknown;
}

/** What makes a kind of caches differ from others. */
interface Kind extends Partial<Purpose> {
  readonly decorate: unknown;
  /** Every load settles, and so do promises that are put in. */
  readonly settles?: boolean;
  /** Options besides those that are drawn. */
  more?(harm: Harm): Options;
}

/** Options of `batch` that are not for it. */
const ONE_ARGUMENT = { signalOf: undefined, ignore: undefined, thisKey: undefined };
const unbounded = { maxSize: Number.POSITIVE_INFINITY, policy: "fifo" };

function engineNamed(name: string): Engine {
  const engine = getEngineManager().getEngine(name);
  if (engine === undefined) throw new Error(`There is no engine ${name}.`);
  return engine;
}

const failing = (harm: Harm, engine: Engine): Engine =>
  engine.kind === "sync" ? failingSync(engine, harm) : failingAsync(engine, harm);
const outside = (engine: Engine) => (harm: Harm) => ({ engine: failing(harm, engine), ...unbounded });
const brokenDisk = (name: string) => (harm: Harm) => ({ engine: failing(harm, engineNamed(name)) });
const brokenCodec = (harm: Harm): Options => ({
  codec: {
    name: "strict",
    encode: harm.spoilt("encode", (value: unknown) => exactCodec.encode(value), { isHonest: true }),
    decode: harm.spoilt("decode", (bytes: Uint8Array) => exactCodec.decode(bytes), { isHonest: true }),
  },
});

/** Time limits that are not reached. */
const patient = { settles: true, limits: ["9m", "10m"] } as const;
/** The same for loads of which some never settle, so that their timers are still there at the end. */
const ENDLESS = ["19m", "20m"] as const;
const HASTY = [2, 5] as const;

const ours = { isOurs: true };
const disk = { isDisk: true };
const syncDisk = { isDisk: true, isSync: true };

/** The kinds. */
export const kinds: Readonly<Record<string, Kind>> = {
  "lru, promises": { decorate: acache, ...ours, more: () => ({ engine: "lru", maxSize: 5 }) },
  "map, promises": { decorate: ucache, ...ours, more: () => ({ engine: "map", maxSize: 5, policy: "lfu" }) },
  "lru, at once": { decorate: mcache, ...ours, isSync: true },
  "map, at once": { decorate: ucache, ...ours, isSync: true, more: () => ({ engine: "map" }) },
  "patient, in memory": { decorate: mcache, ...ours, ...patient },
  "endless, in memory": { decorate: mcache, ...ours, limits: ENDLESS },
  "sync engine, promises": { decorate: acache, more: outside(thirdPartySync) },
  "sync engine, at once": { decorate: mcache, isSync: true, more: outside(thirdPartySync) },
  "async engine": { decorate: acache, more: outside(thirdPartyAsync) },
  "async engine by ucache": { decorate: acache, more: outside(thirdPartyAsync) },
  "patient, async engine": {
    decorate: acache,
    ...patient,
    more: () => ({ engine: thirdPartyAsync, ...unbounded }),
  },
  "endless, async engine": { decorate: acache, limits: ENDLESS, more: outside(thirdPartyAsync) },
  sqlite: { decorate: bcache, ...disk },
  "failing sqlite": { decorate: bcache, ...disk, more: brokenDisk("sqlite") },
  "memory before sqlite": { decorate: bcache, ...disk, more: () => ({ memory: { ttl: 5 } }) },
  "memory before failing sqlite": {
    decorate: bcache,
    ...disk,
    more: (harm) => ({ ...brokenDisk("sqlite")(harm), memory: true }),
  },
  "sqlite with a codec": { decorate: ucache, ...disk, more: brokenCodec },
  "better-sqlite3": { decorate: bcache, ...syncDisk, more: () => ({ sync: true }) },
  "failing better-sqlite3": {
    decorate: bcache,
    ...syncDisk,
    more: (harm) => ({ ...brokenDisk("better-sqlite3")(harm), sync: true }),
  },
  file: { decorate: fcache, ...disk },
  "failing file": { decorate: fcache, ...disk, more: brokenDisk("file") },
  hybrid: { decorate: hybridCache, ...disk, more: () => ({ threshold: 60 }) },
  "hybrid, at once": { decorate: hybridCache, ...syncDisk, more: () => ({ threshold: 60, sync: true }) },
  smart: { decorate: smartCache, ...disk },
  "batch in memory": { decorate: batch, ...ours, more: () => ONE_ARGUMENT },
  "batch, async engine": {
    decorate: batch,
    more: (harm) => ({ ...outside(thirdPartyAsync)(harm), ...ONE_ARGUMENT, maxBatch: 3 }),
  },
  "batch, sqlite": { decorate: batch, ...disk, more: () => ONE_ARGUMENT },
};

function pickLimits(harm: Harm): Purpose["limits"] {
  return harm.chance(0.7) ? HASTY : [];
}

let made = 0;

/** A new cache of a kind, which hooks act upon too. */
export function createSubject(kind: string, harm: Harm, cacheDir: string, act: (subject: Subject) => void): Subject {
  const found = kinds[kind] as Kind;
  const {
    decorate,
    more,
    isDisk = false,
    isOurs = false,
    isSync = false,
    settles = false,
    limits = pickLimits(harm),
  } = found;
  made += 1;
  const name = `${kind} ${made}`;
  const source = new Source(name, harm, { isSync, settles });
  const isBatch = decorate === batch;
  const purpose = { isDisk, isOurs, isSync: isSync && isDisk, limits };
  const options: Options = {
    name,
    ...drawOptions(harm, purpose, () => act(subject)),
    ...(isDisk && { cacheDir, folderName: "strict", version: made }),
    ...more?.(harm),
  };
  const wrap = decorate as (fn: unknown, options: object) => ((...args: unknown[]) => unknown) & { cache: Handle };
  const cached = wrap(isBatch ? source.loadMany : source.load, options);
  const handle = new Proxy(cached.cache, { get: (target, property) => bound(target, property) });
  const subject: Subject = {
    name,
    source,
    options,
    isBatch,
    handle,
    call: (key, signal) => (signal === undefined || isBatch ? cached(key) : cached(key, signal)),
  };
  return subject;
}

/** The method of an instance that has a cache of its own. */
export function createMethod(harm: Harm, act: (subject: Subject) => void): Subject {
  made += 1;
  const name = `method ${made}`;
  const source = new Source(name, harm, { isSync: false, settles: false });
  const purpose = { isDisk: false, isOurs: true, isSync: false, limits: HASTY };
  const options = { ...drawOptions(harm, purpose, () => act(subject)), name, thisKey: undefined };
  class Repository {
    @ucache(options as object)
    async find(key: string, signal?: AbortSignal): Promise<unknown> {
      return source.load(key, signal);
    }
  }
  const repository = new Repository();
  const handle = cacheOf(repository, "find") as unknown as Handle;
  const call: Subject["call"] = (key, signal) => repository.find(key, signal);
  const subject: Subject = { name, source, options, isBatch: false, handle: bindAll(handle), call };
  return subject;
}

/** The cache of a block. */
export function createBlock(harm: Harm, act: (subject: Subject) => void): Subject {
  made += 1;
  const name = `block ${made}`;
  const source = new Source(name, harm, { isSync: false, settles: false });
  const purpose = { isDisk: false, isOurs: false, isSync: false, limits: HASTY };
  const drawn = drawOptions(harm, purpose, () => act(subject));
  const names = ["onHit", "onMiss", "onSet", "onEvict", "onError", "shouldCache", "clone", "jitter", "clock"];
  const options: Options = {
    name,
    ...Object.fromEntries(names.map((option) => [option, drawn[option]])),
    ...outside(thirdPartyAsync)(harm),
  };
  const block = engineContext(options as BlockOptions);
  const load = block.wrap(source.load);
  const handle: Handle = {
    has: (key) => block.has(key),
    peek: (key) => block.get(key),
    set: (args, value) => block.set((args as unknown[])[0], value),
    delete: (key) => block.delete(key),
    clear: () => block.clear(),
    close: () => block.close(),
    refresh: (key) => block.getOrSet(key, () => source.load(key as string)),
    stats: () => block.stats(),
  };
  const call: Subject["call"] = (key) => (harm.chance(0.5) ? load(key) : block.getOrSet(key, () => source.load(key)));
  const subject: Subject = { name, source, options, isBatch: false, handle, call };
  return subject;
}

function bound(target: Handle, property: string | symbol): unknown {
  const member: unknown = target[property as string];
  return typeof member === "function" ? member.bind(target) : member;
}

function bindAll(handle: Handle): Handle {
  return new Proxy(handle, { get: (target, property) => bound(target, property) });
}
