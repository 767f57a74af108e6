/** What options may be. The only file that knows zod; its verdict leaves as names of options. */

import * as z from "zod/mini";
import { isFolderName } from "../folder-name.js";
import { policyNames } from "../policy/index.js";
import { parseBytes, parseDuration, parseMoment } from "../quantity.js";
import { isTag, MAX_TAGS } from "../tags/index.js";
import { engineNamed } from "./engine-names.js";
import { readEncryptionKey, readSecret } from "./secrets.js";

/** Makes the schema of an option's value. What is `undefined` counts as left out, and is not judged. */
type Schema = () => z.ZodMiniType;

const custom = (judges: (value: unknown) => boolean): z.ZodMiniType => z.custom<unknown>(judges);
const aFunction: Schema = () => custom((value) => typeof value === "function");
const aBoolean: Schema = () => z.boolean();
const duration: Schema = () => custom((value) => parseDuration(value) !== undefined);
const positive: Schema = () => custom((value) => Number(parseDuration(value)) > 0);
const moment: Schema = () => custom((value) => parseMoment(value) !== undefined);
const bytes: Schema = () => custom((value) => parseBytes(value) !== undefined);
const count: Schema = () =>
  custom((value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && Number(value) >= 1));
const text: Schema = () => custom((value) => typeof value === "string" && value.length >= 1 && value.length <= 200);
const redisPort = (): z.ZodMiniNumber => z.number().check(z.int(), z.minimum(1), z.maximum(65_535));
const wholeNumber = (): z.ZodMiniNumber => z.number().check(z.int(), z.minimum(0));

/** What the names of engines are made of: another text, such as a URL with a password, would be in messages. */
const engineName: Schema = () => custom((value) => typeof value === "string" && /^[\w.-]{1,200}$/.test(value));
const anEngine: Schema = () => z.union([engineName(), z.looseObject({})]);
const tier = (engine: Schema): z.ZodMiniType =>
  z.strictObject({ engine: engine(), maxSize: z.optional(count()), ttl: z.optional(duration()) });

/** Options that every memory decorator takes. */
const shape = {
  name: text,
  maxSize: count,
  maxBytes: bytes,
  sizeOf: aFunction,
  ttl: () => z.union([aFunction(), duration()]),
  expiresAt: () => z.union([aFunction(), moment()]),
  idle: positive,
  jitter: () => z.number().check(z.minimum(0), z.maximum(1)),
  negativeTtl: () => z.union([duration(), z.strictObject({ ttl: duration(), when: aFunction() })]),
  cacheErrors: () => z.union([duration(), z.strictObject({ ttl: duration(), when: z.optional(aFunction()) })]),
  minCost: duration,
  staleWhileRevalidate: duration,
  staleIfError: () => z.union([duration(), z.strictObject({ for: duration(), backoff: z.optional(duration()) })]),
  refreshAhead: () => z.number().check(z.gt(0), z.lt(1)),
  softTimeout: positive,
  hardTimeout: positive,
  detectCycles: aBoolean,
  waitUntil: aFunction,
  signalOf: aFunction,
  policy: () => z.enum(policyNames as [string, ...string[]]),
  engine: anEngine,
  fallback: aBoolean,
  key: aFunction,
  ignore: () => z.union([aFunction(), z.array(wholeNumber())]),
  thisKey: aFunction,
  scope: () => z.enum(["instance", "shared"]),
  clone: () => z.enum(["none", "structured", "freeze"]),
  when: aFunction,
  shouldCache: aFunction,
  tags: () => z.union([aFunction(), z.array(custom(isTag)).check(z.maxLength(MAX_TAGS))]),
  namespace: text,
  trace: () => z.number().check(z.int(), z.minimum(0), z.maximum(10_000)),
  engineTimeout: duration,
  breaker: () =>
    z.union([z.literal(false), z.strictObject({ threshold: z.optional(count()), pause: z.optional(positive()) })]),
  clock: () => z.union([z.enum(["tick", "exact"]), z.looseObject({ now: aFunction() })]),
  onHit: aFunction,
  onMiss: aFunction,
  onSet: aFunction,
  onEvict: aFunction,
  onError: aFunction,
} satisfies Record<string, Schema>;

function isRedisUrl(value: unknown): boolean {
  return typeof value === "string" && /^(rediss?|valkeys?):\/\/.+/.test(value) && URL.canParse(value);
}

/** Options of @redis/client for one server, of which what is known of all versions is judged. */
const ofServer = (): Record<string, z.ZodMiniType> => ({
  url: z.optional(custom(isRedisUrl)),
  socket: z.optional(z.looseObject({ port: z.optional(redisPort()) })),
  database: z.optional(wholeNumber()),
});

/** The same for one server, a cluster, or the server that sentinels name. */
const redisOptions = (): z.ZodMiniType => {
  const sentinel = z.looseObject({ host: z.string().check(z.minLength(1)), port: redisPort() });
  return z
    .looseObject({
      ...ofServer(),
      rootNodes: z.optional(z.array(z.looseObject(ofServer())).check(z.minLength(1))),
      sentinelRootNodes: z.optional(z.array(sentinel).check(z.minLength(1))),
    })
    .check(z.refine((options) => options.sentinelRootNodes === undefined || typeof options.name === "string"));
};

/** Options about what lies on disk. */
const place = {
  folderName: () => custom((value) => isFolderName(value as string)),
  cacheDir: () => custom((value) => typeof value === "string" && /^[^\0]+$/.test(value)),
  redis: () => z.union([custom(isRedisUrl), redisOptions()]),
  compress: () =>
    z.union([
      z.boolean(),
      z.strictObject({
        algorithm: z.optional(z.enum(["gzip", "brotli", "zstd"])),
        level: z.optional(wholeNumber().check(z.maximum(22))),
        minSize: z.optional(bytes()),
      }),
    ]),
  secure: aBoolean,
  secret: () => custom((value) => readSecret(value) !== undefined),
  encryptionKey: () => custom((value) => readEncryptionKey(value) !== undefined),
  codec: () =>
    z.union([z.enum(["exact", "json"]), z.looseObject({ name: text(), encode: aFunction(), decode: aFunction() })]),
  verifyRoundTrip: aBoolean,
  version: () => z.union([text(), z.number()]),
  deps: () => z.array(z.unknown()),
  tiers: () => z.array(tier(anEngine)),
  memory: () => z.union([z.boolean(), z.strictObject({ maxSize: z.optional(count()), ttl: z.optional(duration()) })]),
} satisfies Record<string, Schema>;

const lock: Schema = () =>
  z.union([z.boolean(), z.strictObject({ wait: z.optional(duration()), lease: z.optional(positive()) })]);

/** Options that say nothing about single values, or about calls of a function. */
const common = without(shape, [
  ...["key", "ignore", "thisKey", "scope", "when"],
  ...[
    "minCost",
    "cacheErrors",
    "staleWhileRevalidate",
    "staleIfError",
    "refreshAhead",
    "softTimeout",
    "hardTimeout",
    "detectCycles",
    "waitUntil",
    "signalOf",
    "tags",
    "trace",
  ],
]);

function without<T extends object>(all: T, names: readonly string[]): T {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name))) as T;
}

/** Options for all caches: not those about one function, and none that says whether it stays synchronous. */
const forAll = { ...without(shape, ["name"]), ...without(place, ["deps"]), lock };

/** The same as data, which holds no functions and no objects of other kinds than options have. */
const data = {
  ...without(
    forAll,
    Object.keys(shape).filter((name) => shape[name as keyof typeof shape] === aFunction),
  ),
  engine: engineName,
  codec: () => z.enum(["exact", "json"]),
  clock: () => z.enum(["tick", "exact"]),
  tiers: () => z.array(tier(engineName)),
} satisfies Record<string, Schema>;

/** The memory for small results, where others are on disk. */
const small: Schema = () =>
  z.strictObject({
    engine: z.optional(custom((value) => ["lru", "map"].includes(engineNamed(value) as string))),
    maxSize: z.optional(count()),
    maxBytes: z.optional(bytes()),
    ttl: z.optional(duration()),
  });

/** Options that caches do not take which choose the engine for each result. */
const SETTLED = ["memory", "tiers"];

/**
 * The sets of options that there are: those of caches in memory, of caches that may be on disk, and of blocks; those for
 * all caches, by a program and as data; those of caches that choose the engine for each result, and of the far side there.
 */
export type OptionSet = "cache" | "disk" | "block" | "default" | "data" | "hybrid" | "large" | "smart";

const disk = { ...shape, ...place, lock, sync: aBoolean, useSql: aBoolean };

const sets: Record<OptionSet, Readonly<Record<string, Schema>>> = {
  cache: shape,
  disk,
  // What is not about single calls, and what a block says to the calls inside it.
  block: { ...common, ...place, ttl: duration, bypass: aBoolean, refresh: aBoolean, scope: () => z.literal("request") },
  default: forAll,
  data,
  hybrid: {
    ...without(disk, SETTLED),
    threshold: bytes,
    sizeThreshold: bytes,
    small,
    // Judged by itself, as options of a cache on disk.
    large: () => z.looseObject({}),
  },
  large: {
    ...without(place, [...SETTLED, "version", "deps"]),
    ...{ engine: anEngine, maxSize: count, maxBytes: bytes, ttl: shape.ttl, useSql: aBoolean },
  },
  smart: {
    ...without(disk, [...SETTLED, "engine", "redis", "useSql"]),
    small,
    persistence: () => z.enum(["ephemeral", "session", "long_term"]),
    concurrency: () => z.enum(["single_thread", "multi_thread", "multi_process"]),
  },
};

/** Schemas are made when they are first used: most options are never given, and zod takes its time. */
const made = new Map<Schema, z.ZodMiniType>();

function schemaOf(option: Schema): z.ZodMiniType {
  const schema = made.get(option) ?? option();
  made.set(option, schema);
  return schema;
}

/** What is wrong: options that do not exist, and options with a value that they do not take. */
export interface Verdict {
  readonly unknown: readonly string[];
  readonly invalid: readonly string[];
}

/** Judges options; nothing is converted. */
export function judge(set: OptionSet, options: object): Verdict {
  const schemas = sets[set];
  const values = options as Readonly<Record<string, unknown>>;
  const unknown: string[] = [];
  for (const option in options) if (!Object.hasOwn(schemas, option)) unknown.push(option);
  const invalid = Object.keys(schemas).filter((option) => {
    const value = values[option];
    // Without `jitless`, zod compiles a function for each kind of object, which pays after thousands of them.
    return value !== undefined && !schemaOf(schemas[option] as Schema).safeParse(value, { jitless: true }).success;
  });
  return { unknown, invalid };
}

/** The names of the options of a set. */
export function optionNames(set: OptionSet): readonly string[] {
  return Object.keys(sets[set]);
}
