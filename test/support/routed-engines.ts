/** Stores of several sides, as engines: memory and disk, database and files, at once and with promises. */

import type { AsyncEngine, AsyncStore, StoreOptions, SyncEngine } from "../../src/contract/index.js";
import { toldStore, toldSyncStore } from "../../src/disk/index.js";
import { paired } from "../../src/select/paired.js";
import { nearAndFar } from "../../src/select/routed.js";
import { nearAndFarSync } from "../../src/select/routed-sync.js";
import type { Sides } from "../../src/select/sides.js";
import { engineNamed } from "./disk-stores.js";

const capabilities = {
  persistent: true,
  policies: ["fifo"],
  maxSize: 0,
  unbounded: true,
  maxBytes: false,
} as const;
/** A memory that has room for everything. */
const bounds = { engine: "map", maxSize: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY } as const;

/** Which values are in memory: all, none, or some, so that entries change sides when they are replaced. */
export const sidesOf: Readonly<Record<string, Sides>> = {
  all: () => 1,
  numbers: (value) => (typeof value === "number" ? 1 : undefined),
};

async function open(name: string, options: StoreOptions, id?: string): Promise<AsyncStore> {
  const place = options.place as NonNullable<StoreOptions["place"]>;
  const own = id === undefined ? place : { ...place, id };
  return toldStore(await (engineNamed(name) as AsyncEngine).open({ ...options, place: own }), own);
}

/** A database, and files for texts. */
export async function openPair(options: StoreOptions): Promise<AsyncStore> {
  const id = options.place?.id.replaceAll(/./g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
  const [database, files] = await Promise.all([open("sqlite", options), open("file", options, id)]);
  return paired(database, files, (value) => typeof value === "string");
}

/** Memory in front of something. */
export function openRouted(sides: Sides, far: AsyncStore, options: StoreOptions): AsyncStore {
  return nearAndFar(bounds, sides, far, options);
}

/** An engine whose stores answer with promises. */
export function asyncEngine(name: string, openStore: (options: StoreOptions) => Promise<AsyncStore>): AsyncEngine {
  return { name, kind: "async", capabilities, available: () => true, open: openStore };
}

/** Memory in front of one. */
function nearSqlite(which: string): AsyncEngine {
  const sides = sidesOf[which] as Sides;
  return asyncEngine(`near-${which}-sqlite`, async (options) =>
    openRouted(sides, await open("sqlite", options), options),
  );
}

/** Memory in front of two. */
function nearPair(which: string): AsyncEngine {
  const sides = sidesOf[which] as Sides;
  return asyncEngine(`near-${which}-pair`, async (options) => openRouted(sides, await openPair(options), options));
}

/** Engines whose stores answer with promises, by what they are made of. */
export const routedEngines: readonly AsyncEngine[] = [
  asyncEngine("pair", openPair),
  nearSqlite("all"),
  nearSqlite("numbers"),
  nearPair("numbers"),
];

/** The same of engines whose stores answer at once. */
export function syncEngines(name: string): readonly SyncEngine[] {
  return Object.entries(sidesOf).map(([which, sides]) => ({
    name: `near-${which}-${name}`,
    kind: "sync",
    capabilities,
    available: () => true,
    open(options) {
      const place = options.place as NonNullable<StoreOptions["place"]>;
      const far = toldSyncStore((engineNamed(name) as SyncEngine).open(options), place);
      return nearAndFarSync(bounds, sides, far, options);
    },
  }));
}
