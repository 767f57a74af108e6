/** The decorators of a world. */

import type { World } from "../caches/index.js";
import { acacheRecipe } from "./acache.js";
import { type BatchFunction, createBatch } from "./batch.js";
import { bcacheRecipe } from "./bcache.js";
import type { AnyCacheFunction, AsyncCacheFunction, CacheFunction, DiskCacheFunction } from "./cached.js";
import { createDecorator } from "./create.js";
import { fcacheRecipe } from "./fcache.js";
import { hybridCacheRecipe } from "./hybrid.js";
import { mcacheRecipe } from "./mcache.js";
import type { HybridCacheFunction, SmartCacheFunction } from "./routed.js";
import { smartCacheRecipe } from "./smart.js";
import { ucacheRecipe } from "./ucache.js";

/** See above; each is what the decorator of that name is for the program. */
export interface Decorators {
  /** See {@link mcache}. */
  readonly mcache: CacheFunction;
  /** See {@link acache}. */
  readonly acache: AsyncCacheFunction;
  /** See {@link bcache}. */
  readonly bcache: DiskCacheFunction;
  /** See {@link fcache}. */
  readonly fcache: DiskCacheFunction;
  /** See {@link ucache}. */
  readonly ucache: AnyCacheFunction;
  /** See {@link hybridCache}. */
  readonly hybridCache: HybridCacheFunction;
  /** See {@link smartCache}. */
  readonly smartCache: SmartCacheFunction;
  /** See {@link batch}. */
  readonly batch: BatchFunction;
}

/** Decorators whose caches belong to a world. */
export function createDecorators(world: World): Decorators {
  return {
    mcache: createDecorator(mcacheRecipe, world),
    acache: createDecorator(acacheRecipe, world),
    bcache: createDecorator(bcacheRecipe, world),
    fcache: createDecorator(fcacheRecipe, world),
    ucache: createDecorator(ucacheRecipe, world),
    hybridCache: createDecorator(hybridCacheRecipe, world),
    smartCache: createDecorator(smartCacheRecipe, world),
    batch: createBatch(world),
  };
}
