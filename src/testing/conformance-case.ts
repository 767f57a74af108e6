/** What the cases of the conformance suite are made of. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exactCodec } from "../codec/index.js";
import type { AsyncStore, DropReason, Engine, Place, StoreOptions, SyncStore } from "../contract/index.js";
import { createEntry, type Entry } from "../entry.js";
import type { Key } from "../keys/index.js";

/** One thing that an engine must do. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects when the engine does not do it. */
  run(): Promise<void>;
}

/** A store of either kind, awaited. */
export type AnyStore = SyncStore | AsyncStore;

/** A value that stands for itself: engines may copy it. */
export function entry(value: unknown, size: number = 1): Entry {
  return createEntry(value, 0, 0, undefined, size);
}

let opened = 0;

/** Where an engine that keeps entries on disk may do so: in a directory that is removed afterwards. */
function temporaryPlace(): Place & { readonly cacheDir: string } {
  return {
    folderName: "conformance",
    cacheDir: mkdtempSync(join(tmpdir(), "twat-cache-conformance-")),
    secure: true,
    id: createHash("sha256").update(`conformance-${opened}`).digest("hex"),
    label: "conformance",
    codec: exactCodec,
    compress: undefined,
    secret: undefined,
    encryptionKey: undefined,
  };
}

/**
 * Opens a store with a name of its own, runs a case with it, and closes it.
 *
 * @param body - The case; it is given what was dropped, and can open the same store once more, as another process would.
 */
export async function withStore(
  engine: Engine,
  options: Partial<StoreOptions>,
  body: (store: AnyStore, dropped: [Key | undefined, DropReason][], again: () => Promise<AnyStore>) => Promise<void>,
): Promise<void> {
  const { capabilities } = engine;
  const dropped: [Key | undefined, DropReason][] = [];
  opened += 1;
  const place = capabilities.persistent ? temporaryPlace() : undefined;
  const told: StoreOptions = {
    name: `conformance-${opened}`,
    maxSize: Math.min(1_000, capabilities.maxSize || Number.POSITIVE_INFINITY),
    maxBytes: Number.POSITIVE_INFINITY,
    policy: capabilities.policies[0] ?? "lru",
    now: () => 0,
    onDrop: (key, _entry, reason) => void dropped.push([key, reason]),
    place,
    ...options,
  };
  const store = await engine.open(told);
  try {
    await store.clear();
    await body(store, dropped, async () => engine.open(told));
  } finally {
    await store.close();
    if (place !== undefined) rmSync(place.cacheDir, { recursive: true, force: true });
  }
}

/** Sees to it that a store says how many entries there are, if it can. */
export async function assertSize({ capabilities }: Engine, store: AnyStore, size: number): Promise<void> {
  if (capabilities.lists !== false) assert.equal(await store.size(), size);
}

/** The keys of a store, in a list. */
export async function keysOf(store: AnyStore): Promise<Key[]> {
  return [...(await store.keys())];
}
