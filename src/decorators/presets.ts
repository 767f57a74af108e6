/** Options for kinds of data, ready for the decorators. */

import type {
  CacheOptions,
  DiskCacheOptions,
  HybridCacheOptions,
  LargeOptions,
  SmallOptions,
  SyncDiskCacheOptions,
  SyncHybridCacheOptions,
} from "../config/index.js";
import { getTypeBasedBackend, type TypeReference, typeNameOf } from "../select/index.js";
import { DEFAULT_THRESHOLD } from "./hybrid.js";

/** Entries of a preset for memory: those of a type are often many. */
const MAX_SIZE = 128;

/** Options for results that are kept in memory. */
export interface MemoryPreset {
  readonly engine: "lru";
  readonly maxSize: number;
  readonly policy: "lru";
}

/** Options for results that are kept on disk. */
export interface DiskPreset {
  readonly engine: "sqlite" | "file";
  readonly folderName: string;
  readonly compress: true;
}

/** What goes before what a preset for the disk says. */
export type DiskOverrides = DiskCacheOptions | SyncDiskCacheOptions;

/** A preset, with options of the program's own before it. With `sync: true` the engine is left to the decorator. */
export type Preset<P, O> = Omit<P, keyof O | (O extends { readonly sync: true } ? "engine" : never)> & O;

/** Options for `hybridCache` in which nothing is left out that says which result is where. */
export interface HybridPreset {
  readonly threshold: number;
  readonly small: SmallOptions;
  readonly large: LargeOptions;
}

/** Makes options for the disk: those of the preset or, with some of the program's own, these before them. */
export interface ConfigureForDisk {
  (): DiskPreset;
  <O extends DiskOverrides>(overrides: O): Preset<DiskPreset, O>;
}

/** Types that suit memory, by name or by class. */
export type PlainType =
  | "number"
  | "bigint"
  | "string"
  | "boolean"
  | "null"
  | "undefined"
  | "Array"
  | "Object"
  | "Map"
  | "Set"
  | "Promise"
  | NumberConstructor
  | BigIntConstructor
  | StringConstructor
  | BooleanConstructor
  | ObjectConstructor
  | (abstract new (
      ...args: never
    ) => readonly unknown[] | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | Promise<unknown>);

/** The preset for a type. Of a text that is not known before the program runs, it may be either. */
export type PresetFor<T extends TypeReference> = string extends T
  ? MemoryPreset | DiskPreset
  : T extends PlainType
    ? MemoryPreset
    : DiskPreset;

/** Makes presets for the disk. */
function onDisk(engine: DiskPreset["engine"], folderName: string): ConfigureForDisk {
  return (overrides: DiskOverrides = {}): never => {
    // Neither of the two answers at once.
    const preset = { ...(overrides.sync !== true && { engine }), folderName, compress: true, ...overrides };
    return preset as never;
  };
}

/**
 * Options for results of a type, given as its name or class, for `ucache`: plain values in memory, instances of classes in
 * a database, bytes, images and tables in files, these compressed and in a folder named after the type. What is said
 * besides goes before that.
 *
 * @example
 * ```ts
 * import { configureForType, ucache } from "twat-cache";
 * const squares = ucache((n: number) => n * n, configureForType("number", { ttl: "1h" }));
 * console.log(squares(3), squares.cache.engine); // => 9 lru
 * console.log(configureForType(Float64Array)); // => { engine: 'file', folderName: 'float64array_cache', compress: true }
 * ```
 */
export function configureForType<const T extends TypeReference>(type: T): PresetFor<T>;
export function configureForType<const T extends TypeReference, O extends CacheOptions | DiskOverrides>(
  type: T,
  overrides: O,
): Preset<PresetFor<T>, O>;
export function configureForType(type: TypeReference, overrides: CacheOptions | DiskOverrides = {}): object {
  const engine = getTypeBasedBackend(type);
  if (engine === "lru") return { engine, maxSize: MAX_SIZE, policy: "lru", ...overrides };
  const name = typeNameOf(type)
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase()
    .slice(0, 50);
  const folderName = `${name.replace(/^_+/, "") || "data"}_cache`;
  return onDisk(engine as DiskPreset["engine"], folderName)(overrides as DiskOverrides);
}

/**
 * Options for results that are much JSON: in a database, compressed.
 *
 * @example
 * ```ts
 * import { configureForJson, ucache } from "twat-cache";
 * const page = ucache(async (n: number) => ({ n, text: "lorem ".repeat(1_000) }), configureForJson({ name: "page", ttl: "1h" }));
 * await page(1);
 * console.log((await page(1)).n, page.cache.engine); // => 1 sqlite
 * await page.cache.close();
 * ```
 */
export const configureForJson: ConfigureForDisk = onDisk("sqlite", "json_cache");

/** Options for results that are images: in files. See {@link configureForJson}. */
export const configureForImages: ConfigureForDisk = onDisk("file", "image_cache");

/** Options for results that are typed arrays, tensors and the like: in files, compressed. See {@link configureForJson}. */
export const configureForTypedArrays: ConfigureForDisk = onDisk("file", "typed_array_cache");

/** Options for results that are tables: in files, compressed. See {@link configureForJson}. */
export const configureForTabular: ConfigureForDisk = onDisk("file", "tabular_cache");

/** {@link configureForTypedArrays}, by the name that it has in Python. */
export const configureForNumpy: ConfigureForDisk = configureForTypedArrays;

/** {@link configureForTabular}, by the name that it has in Python. */
export const configureForPandas: ConfigureForDisk = configureForTabular;

/**
 * Options for `hybridCache`, with what is left out filled in: the engines of both sides and the threshold.
 *
 * @example
 * ```ts
 * import { hybridCacheConfig } from "twat-cache";
 * const { threshold, small, large } = hybridCacheConfig({ small: { engine: "map" } });
 * console.log(threshold, small, large); // => 1048576 { engine: 'map' } { engine: 'sqlite' }
 * ```
 */
export function hybridCacheConfig(): HybridPreset;
export function hybridCacheConfig<O extends HybridCacheOptions | SyncHybridCacheOptions>(
  overrides: O,
): Preset<HybridPreset, O>;
export function hybridCacheConfig(overrides: HybridCacheOptions | SyncHybridCacheOptions = {}): object {
  const { threshold, sizeThreshold, small, large, ...rest } = overrides;
  const isOpen = rest.engine === undefined && rest.redis === undefined && rest.sync !== true;
  return {
    ...rest,
    threshold: threshold ?? sizeThreshold ?? DEFAULT_THRESHOLD,
    small: { engine: "lru", ...small },
    large: { ...(isOpen && { engine: "sqlite" }), ...large },
  };
}

/**
 * Options for a function of which it is known what it returns: those of {@link configureForType} for `returns`. Without
 * it, what was said and nothing besides; `smartCache` finds out by itself.
 *
 * @example
 * ```ts
 * import { smartCacheConfig, ucache } from "twat-cache";
 * const options = smartCacheConfig({ returns: "string", maxSize: 10 });
 * const upper = ucache((text: string) => text.toUpperCase(), options);
 * console.log(upper("a"), upper.cache.engine, options.maxSize); // => A lru 10
 * ```
 */
export function smartCacheConfig<const T extends TypeReference, O extends CacheOptions | DiskOverrides>(
  overrides: O & { readonly returns: T },
): Preset<PresetFor<T>, Omit<O, "returns">>;
export function smartCacheConfig<O extends CacheOptions | DiskOverrides>(overrides: O): O;
export function smartCacheConfig({ returns, ...rest }: { readonly returns?: TypeReference } = {}): object {
  return returns === undefined ? rest : configureForType(returns, rest);
}
