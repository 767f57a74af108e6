/** Stores for caches that choose the engine for each result: the memory, and what is behind it. */

import type { ResolvedConfig } from "../config/index.js";
import type { AsyncStore, Engine, StoreOptions, SyncStore } from "../contract/index.js";
import { lruEngine } from "../engines/index.js";
import { createHash } from "../node/crypto.js";
import { estimateBytes } from "../size.js";
import { type DataDescription, selectBackendForData } from "./by-data.js";
import { type Selection, selectAsync, selectSync } from "./chain.js";
import { FILES_FIRST } from "./chains.js";
import { SMALL_BELOW } from "./data-size.js";
import type { NearBounds } from "./near.js";
import { paired } from "./paired.js";
import { nearAndFar } from "./routed.js";
import { nearAndFarSync } from "./routed-sync.js";
import { isolating, isolatingSync, naming, namingSync, type Sides } from "./sides.js";
import type { Surroundings } from "./surroundings.js";

/** How results find their engine. */
export interface Routing {
  readonly bounds: NearBounds;
  /** Which results are in memory. */
  readonly sides: Sides;
  /** Which of the others are in files, and not in the database; `undefined`: all are in one place. */
  readonly isForFiles: ((value: unknown) => boolean) | undefined;
}

/** Results of at most so many bytes are in memory. */
export function bySize(threshold: number): Sides {
  return (value, size) => {
    if (size > threshold) return undefined;
    const bytes = estimateBytes(value, threshold);
    return bytes > threshold ? undefined : bytes;
  };
}

/** Each result is where {@link selectBackendForData} says. */
export function byData(known: DataDescription): Pick<Routing, "sides" | "isForFiles"> {
  const engineFor = (data: unknown): string => selectBackendForData({ ...known, data }).engine;
  return {
    // What came from a record of more bytes is not small.
    sides: (value, size) => (size < SMALL_BELOW && isInMemory(engineFor(value)) ? estimateBytes(value) : undefined),
    isForFiles: (value) => engineFor(value) === FILES_FIRST[0],
  };
}

function isInMemory(engine: string): boolean {
  return engine === "lru" || engine === "map";
}

/** Selects the engines of a cache whose results find their own. */
export function selectByResult(
  config: ResolvedConfig,
  chain: readonly string[],
  { bounds, sides, isForFiles }: Routing,
  around: Surroundings,
): Selection<Promise<AsyncStore>> {
  const main = selectAsync(config, chain, around);
  const files = isForFiles && selectAsync(config, FILES_FIRST, around);
  const used = [() => bounds.engine, main.engine, ...(files === undefined ? [] : [files.engine])];
  let isMemoryInUse = true;
  return {
    engine: () => nameOf(isMemoryInUse ? used : used.slice(1)),
    skipped: () => [...main.skipped(), ...(files?.skipped() ?? [])],
    trusted: () => false,
    async open(optionsFor) {
      const first = naming(isolating(await main.open(optionsFor)), main.engine());
      const far =
        files === undefined || isForFiles === undefined
          ? first
          : paired(first, await inFiles(files, optionsFor), isForFiles);
      const store = nearAndFar(bounds, sides, far, optionsFor(lruEngine));
      isMemoryInUse = store !== far;
      return store;
    },
  };
}

/** The same of engines that answer at once. None of these keeps files. */
export function selectByResultSync(
  config: ResolvedConfig,
  chain: readonly string[],
  { bounds, sides }: Routing,
  around: Surroundings,
): Selection<SyncStore> {
  const main = selectSync(config, chain, around);
  return {
    engine: () => nameOf([() => bounds.engine, main.engine]),
    skipped: main.skipped,
    trusted: () => false,
    open(optionsFor) {
      const far = isolatingSync(main.open(optionsFor));
      return nearAndFarSync(bounds, sides, namingSync(far, main.engine()), optionsFor(lruEngine));
    },
  };
}

/** The second place, in files. */
async function inFiles(
  files: Selection<Promise<AsyncStore>>,
  optionsFor: (engine: Engine) => StoreOptions,
): Promise<AsyncStore> {
  const store = await files.open((engine) => elsewhere(optionsFor(engine)));
  return naming(isolating(store), files.engine());
}

/** The names of the engines in use, the nearest first. */
function nameOf(used: readonly (() => string)[]): string {
  return used.map((engine) => engine()).join("+");
}

/** The second place of the same cache: engines that stand in for each other must not meet there. */
function elsewhere(options: StoreOptions): StoreOptions {
  const { place } = options;
  if (place === undefined) return options;
  const id = createHash("sha256").update(`${place.id} files`).digest("hex");
  return { ...options, place: { ...place, id } };
}
