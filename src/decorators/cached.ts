/** The types of cached functions and of the decorators that make them. */

import type {
  AsyncCacheOptions,
  CacheOptions,
  DiskCacheOptions,
  DiskEngineName,
  MemoryEngineName,
  SyncDiskCacheOptions,
} from "../config/index.js";
import type { AsyncEngine, KeyvStore, SyncEngine } from "../contract/index.js";
import type { AnyFunction } from "../function.js";
import type { AsyncCacheHandle, CacheHandle } from "../wrap/index.js";

/** A function with a cache: its own type, generics and overloads included, and the handle. */
export type Cached<F extends AnyFunction> = F & { readonly cache: CacheHandle<F> };

/** A function that returns promises: itself, or one with the parameters of its last overload. */
export type Promised<F extends AnyFunction> = F extends (...args: Parameters<F>) => Promise<unknown>
  ? F
  : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>;

/** A function that returns promises, with a cache in memory. */
export type PromisedCached<F extends AnyFunction> = Promised<F> & {
  readonly cache: CacheHandle<Promised<F>, ReturnType<Promised<F>> | Awaited<ReturnType<F>>>;
};

/** Engines of `acache`, as options name them. */
export type EngineChoice = AsyncCacheOptions["engine"];

/**
 * The handle of a function on an engine that is known by its type: a name that may be any, or a type of engine that may
 * be either, makes it a handle that may be either.
 */
type HandleOn<F extends AnyFunction, E extends EngineChoice> = E extends MemoryEngineName | SyncEngine | undefined
  ? PromisedCached<F>["cache"]
  : string extends E
    ? PromisedCached<F>["cache"] | AsyncCacheHandle<Promised<F>>
    : AsyncCacheHandle<Promised<F>>;

/**
 * A function that returns promises, with a cache on an engine that does so too.
 *
 * @typeParam E - The engine, where it is not sure that it does. Default: one that does.
 */
export type AsyncCached<F extends AnyFunction, E extends EngineChoice = AsyncEngine> = Promised<F> & {
  readonly cache: HandleOn<F, E>;
};

/** The context of a standard decorator on a method or a getter. */
type MemberContext = ClassMethodDecoratorContext | ClassGetterDecoratorContext;

/** What `mcache(options)` makes: a decorator for methods and getters, and a wrapper for functions. */
export interface CacheDecorator {
  <F extends AnyFunction>(fn: F): Cached<F>;
  <F extends AnyFunction>(method: F, context: MemberContext): F;
  <T>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<T>): TypedPropertyDescriptor<T>;
}

/** A decorator whose cached functions stay as they are: synchronous ones stay synchronous. */
export interface CacheFunction {
  <F extends AnyFunction>(fn: F, options?: CacheOptions<F>): Cached<F>;
  <F extends AnyFunction>(method: F, context: MemberContext): F;
  <T>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<T>): TypedPropertyDescriptor<T>;
  (options?: CacheOptions): CacheDecorator;
}

/** A method or the value of a getter that is a promise, or a function that returns one. */
type Asynchronous = Promise<unknown> | ((...args: never) => Promise<unknown>);

/**
 * What `acache(options)` makes: a decorator for methods and getters that give promises, and a wrapper for functions.
 *
 * @typeParam E - The engine of the options. Default: none was named.
 */
export interface AsyncCacheDecorator<E extends EngineChoice = undefined> {
  <F extends AnyFunction>(fn: F): AsyncCached<F, E>;
  <F extends (...args: never) => Promise<unknown>>(method: F, context: MemberContext): F;
  <T extends Asynchronous>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>;
}

/** Options of `acache` with an engine that answers at once. */
export interface MemoryAsyncCacheOptions<F extends AnyFunction = AnyFunction> extends Omit<CacheOptions<F>, "engine"> {
  /** The engine. Default: the first of the chain that can do what is asked. */
  engine?: MemoryEngineName | SyncEngine;
}

/** A decorator whose cached functions always return promises. */
export interface AsyncCacheFunction {
  <F extends AnyFunction>(fn: F, options?: MemoryAsyncCacheOptions<F>): PromisedCached<F>;
  <F extends AnyFunction>(fn: F, options: DiskCacheOptions<F> & AskingForDisk): DiskCached<F>;
  <F extends AnyFunction, E extends EngineChoice>(
    fn: F,
    options: AsyncCacheOptions<F> & { engine?: E },
  ): AsyncCached<F, E>;
  <F extends AnyFunction>(fn: F, options: AsyncCacheOptions<F>): AsyncCached<F, EngineChoice>;
  <F extends (...args: never) => Promise<unknown>>(method: F, context: MemberContext): F;
  <T extends Asynchronous>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>;
  (options?: MemoryAsyncCacheOptions): AsyncCacheDecorator;
  (options: DiskCacheOptions & AskingForDisk): AsyncCacheDecorator<AsyncEngine>;
  <E extends EngineChoice>(options: AsyncCacheOptions & { engine?: E }): AsyncCacheDecorator<E>;
  (options: AsyncCacheOptions): AsyncCacheDecorator<EngineChoice>;
}

/** A function with its results on disk: it returns promises. */
export type DiskCached<F extends AnyFunction> = AsyncCached<F>;

/** The forms in which a decorator is put on a method or getter that gives promises, without options. */
export interface DecoratesAsynchronous {
  <F extends (...args: never) => Promise<unknown>>(method: F, context: MemberContext): F;
  <T extends Asynchronous>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>;
}

/** A decorator whose cached functions return promises, unless `sync` is true. */
export interface DiskCacheFunction {
  <F extends AnyFunction>(fn: F, options: SyncDiskCacheOptions<F>): Cached<F>;
  <F extends AnyFunction>(fn: F, options?: DiskCacheOptions<F>): DiskCached<F>;
  <F extends (...args: never) => Promise<unknown>>(method: F, context: MemberContext): F;
  <T extends Asynchronous>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): TypedPropertyDescriptor<T>;
  (options: SyncDiskCacheOptions): CacheDecorator;
  (options?: DiskCacheOptions): AsyncCacheDecorator<AsyncEngine>;
}

/** Options of `ucache` and `batch` that ask for results on disk. */
export type AskingForDisk =
  | { readonly folderName: string }
  | { readonly cacheDir: string }
  | { readonly compress: Exclude<DiskCacheOptions["compress"], false | undefined> }
  | { readonly useSql: true }
  | { readonly tiers: NonNullable<DiskCacheOptions["tiers"]> }
  | { readonly redis: NonNullable<DiskCacheOptions["redis"]> }
  | { readonly engine: DiskEngineName | "redis" | KeyvStore };

/** Options of `ucache` that do not. */
type NotAskingForDisk = {
  readonly folderName?: undefined;
  readonly cacheDir?: undefined;
  readonly redis?: undefined;
  readonly tiers?: undefined;
  readonly compress?: false | undefined;
  readonly useSql?: false | undefined;
};

/** A decorator whose cached functions stay as they are, unless the options ask for results on disk. */
export interface AnyCacheFunction {
  <F extends AnyFunction>(fn: F, options: SyncDiskCacheOptions<F>): Cached<F>;
  <F extends AnyFunction>(fn: F, options: DiskCacheOptions<F> & AskingForDisk): DiskCached<F>;
  <F extends AnyFunction>(fn: F, options?: CacheOptions<F> & NotAskingForDisk): Cached<F>;
  <F extends AnyFunction>(method: F, context: MemberContext): F;
  <T>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<T>): TypedPropertyDescriptor<T>;
  (options: SyncDiskCacheOptions): CacheDecorator;
  (options: DiskCacheOptions & AskingForDisk): AsyncCacheDecorator<AsyncEngine>;
  (options?: CacheOptions & NotAskingForDisk): CacheDecorator;
}
