/// <reference lib="esnext.disposable" preserve="true" />

/** Contexts: blocks that are opened and closed by hand, or by `using`. */

import { program, type World } from "../caches/index.js";
import type { BlockOptions } from "../config/index.js";
import { checkOptions } from "../config/index.js";
import { beginBlock } from "./block.js";
import { BlockCache } from "./block-cache.js";

/**
 * A block that can be entered again and again; each time it has a new cache. `run` is `withCache` with these options.
 * Between `enter` and `exit` there is a cache, but calls do not follow the options: only `run` knows where they happen.
 *
 * @example
 * ```ts
 * import { CacheContext } from "twat-cache";
 * await using context = new CacheContext({ maxSize: 100 });
 * const cache = context.enter();
 * await cache.set("answer", 42);
 * console.log(await cache.get("answer")); // => 42
 * ```
 */
export class CacheContext {
  readonly #options: Readonly<BlockOptions>;
  #engine: BlockCache | null = null;
  /** Entered by hand: only `exit` closes the cache. */
  #entered = false;
  /** Runs that are under way; the last one closes the cache. */
  #runs = 0;

  /** @throws ConfigurationError for options that cannot work. */
  constructor(options: BlockOptions = {}) {
    this.#options = checkOptions("block", options, "CacheContext");
  }

  /** The options that the context was made with. */
  get config(): Readonly<BlockOptions> {
    return this.#options;
  }

  /** The cache between `enter` and `exit`; `null` before and after. */
  get engine(): BlockCache | null {
    return this.#engine;
  }

  /**
   * Opens the cache. Inside, the same one is returned.
   *
   * @throws EngineError for an engine that does not exist.
   */
  enter(): BlockCache {
    const cache = this.#open();
    this.#entered = true;
    return cache;
  }

  /** Closes the cache. What goes wrong is logged. Outside, it does nothing. */
  async exit(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    this.#entered = false;
    await engine?.[Symbol.asyncDispose]();
  }

  /**
   * Runs the body as a block, and closes the cache whatever happens. Runs at the same time share the cache, which the
   * last one closes; one that was entered by hand stays open until `exit`.
   */
  async run<T>(body: (cache: BlockCache) => T | Promise<T>): Promise<T> {
    const block = beginBlock(this.#options, "CacheContext");
    const cache = this.#open();
    this.#runs += 1;
    try {
      return await block.run(() => body(cache));
    } finally {
      block.end();
      this.#runs -= 1;
      if (this.#runs === 0 && !this.#entered) await this.exit();
    }
  }

  #open(): BlockCache {
    if (this.#engine === null || this.#engine.closed) this.#engine = new BlockCache(this.#options);
    return this.#engine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.exit();
  }

  /** Exits without waiting. */
  [Symbol.dispose](): void {
    void this.exit();
  }
}

/** The type of {@link engineContext}. */
export type EngineContext = (options?: BlockOptions) => BlockCache;

/** The same for caches that belong to a world. */
export function createEngineContext(world: World): EngineContext {
  return (options = {}) => new BlockCache(options, world);
}

/**
 * Opens a cache that closes itself at the end of the scope: `await using cache = engineContext({ … })`.
 *
 * @throws ConfigurationError for options that cannot work; EngineError for an engine that does not exist.
 */
export const engineContext: EngineContext = createEngineContext(program);
