/** What options may be. The only file that knows zod; its verdict leaves as names of options. */

import * as z from "zod/mini";
import { isFolderName } from "../folder-name.js";
import { policyNames } from "../policy/index.js";
import { parseBytes, parseDuration } from "../quantity.js";
import { readEncryptionKey, readSecret } from "./secrets.js";

const aFunction = z.custom<unknown>((value) => typeof value === "function");
const duration = z.custom<unknown>((value) => parseDuration(value) !== undefined);
const aFunctionOr = (other: z.ZodMiniType): z.ZodMiniType => z.union([aFunction, other]);
const position = z.number().check(z.int(), z.minimum(0));

const count = z.custom<unknown>(
  (value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && Number(value) >= 1),
);

const text = z.custom<unknown>((value) => typeof value === "string" && value.length >= 1 && value.length <= 200);

/** Options that every memory decorator takes. */
const shape = {
  name: z.optional(text),
  maxSize: z.optional(count),
  maxBytes: z.optional(z.custom<unknown>((value) => parseBytes(value) !== undefined)),
  sizeOf: z.optional(aFunction),
  ttl: z.optional(aFunctionOr(duration)),
  policy: z.optional(z.enum(policyNames as [string, ...string[]])),
  engine: z.optional(z.union([text, z.looseObject({})])),
  fallback: z.optional(z.boolean()),
  key: z.optional(aFunction),
  ignore: z.optional(aFunctionOr(z.array(position))),
  thisKey: z.optional(aFunction),
  scope: z.optional(z.enum(["instance", "shared"])),
  clone: z.optional(z.enum(["none", "structured", "freeze"])),
  when: z.optional(aFunction),
  shouldCache: z.optional(aFunction),
  engineTimeout: z.optional(duration),
  clock: z.optional(z.union([z.enum(["tick", "exact"]), z.looseObject({ now: aFunction })])),
  onHit: z.optional(aFunction),
  onMiss: z.optional(aFunction),
  onSet: z.optional(aFunction),
  onEvict: z.optional(aFunction),
  onError: z.optional(aFunction),
} satisfies Record<string, z.ZodMiniType>;

const bytes = z.custom<unknown>((value) => parseBytes(value) !== undefined);
const aSecret = z.custom<unknown>((value) => readSecret(value) !== undefined);
const aKey = z.custom<unknown>((value) => readEncryptionKey(value) !== undefined);

/** Options about what lies on disk. */
const place = {
  folderName: z.optional(z.custom<unknown>((value) => isFolderName(value as string))),
  cacheDir: z.optional(z.custom<unknown>((value) => typeof value === "string" && /^[^\0]+$/.test(value))),
  compress: z.optional(
    z.union([
      z.boolean(),
      z.strictObject({
        algorithm: z.optional(z.enum(["gzip", "brotli", "zstd"])),
        level: z.optional(z.number().check(z.int(), z.minimum(0), z.maximum(22))),
        minSize: z.optional(bytes),
      }),
    ]),
  ),
  secure: z.optional(z.boolean()),
  secret: z.optional(aSecret),
  encryptionKey: z.optional(aKey),
  codec: z.optional(
    z.union([z.enum(["exact", "json"]), z.looseObject({ name: text, encode: aFunction, decode: aFunction })]),
  ),
  verifyRoundTrip: z.optional(z.boolean()),
  version: z.optional(z.union([text, z.number()])),
  deps: z.optional(z.array(z.unknown())),
  memory: z.optional(z.union([z.boolean(), z.strictObject({ maxSize: z.optional(count), ttl: z.optional(duration) })])),
} satisfies Record<string, z.ZodMiniType>;

/** Options of the decorators that keep entries on disk, or may. */
const diskShape = { ...shape, ...place, sync: z.optional(z.boolean()), useSql: z.optional(z.boolean()) };

const { key: _key, ignore: _ignore, thisKey: _thisKey, scope: _scope, when: _when, ...common } = shape;

/** Options of a block: what is not about single calls, and what it says to the calls inside it. */
const blockShape = {
  ...common,
  ...place,
  ttl: z.optional(duration),
  bypass: z.optional(z.boolean()),
  refresh: z.optional(z.boolean()),
  namespace: z.optional(text),
} satisfies Record<string, z.ZodMiniType>;

/** The sets of options that there are: those of caches in memory, of caches that may be on disk, and of blocks. */
export type OptionSet = "cache" | "disk" | "block";

const schemas = {
  cache: z.strictObject(shape),
  disk: z.strictObject(diskShape),
  block: z.strictObject(blockShape),
} satisfies Record<OptionSet, z.ZodMiniType>;

/** What is wrong: options that do not exist, and options with a value that they do not take. */
export interface Verdict {
  readonly unknown: readonly string[];
  readonly invalid: readonly string[];
}

/** Judges options; nothing is converted. */
export function judge(set: OptionSet, options: object): Verdict {
  const result = schemas[set].safeParse(options);
  const unknown = new Set<string>();
  const invalid = new Set<string>();
  for (const issue of result.error?.issues ?? []) {
    if (issue.code === "unrecognized_keys" && issue.path.length === 0) for (const key of issue.keys) unknown.add(key);
    else invalid.add(String(issue.path[0]));
  }
  return { unknown: [...unknown], invalid: [...invalid] };
}

/** The names of the options of a set. */
export function optionNames(set: OptionSet): readonly string[] {
  return Object.keys(schemas[set].shape);
}
