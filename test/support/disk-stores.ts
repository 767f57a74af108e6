/** Stores of persistent engines, opened as a decorator opens them, in directories of the test's own. */

import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { exactCodec } from "../../src/codec/index.js";
import type { AsyncStore, Engine, Place, StoreOptions, SyncStore } from "../../src/contract/index.js";
import { engines } from "../../src/engines/index.js";
import { createEntry, type Entry } from "../../src/entry.js";
import type { Key } from "../../src/keys/index.js";

export type Store = SyncStore | AsyncStore;

/** The folder, in the directory for caches, that all stores here lie in. */
export const FOLDER = "f";

/** The persistent engines that can be used here. */
export async function persistentEngines(): Promise<readonly Engine[]> {
  const known = engines.names().flatMap((name) => engines.named(name) ?? []);
  const usable: Engine[] = [];
  for (const engine of known) {
    const { persistent, location } = engine.capabilities;
    if (persistent && location !== "server" && (await engine.available()) === true) usable.push(engine);
  }
  return usable;
}

/** An engine by its name. */
export function engineNamed(name: string): Engine {
  const engine = engines.named(name);
  if (engine === undefined) throw new Error(`There is no engine ${name}.`);
  return engine;
}

/** The identity of a cache with a name. */
export function idOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

/** Opens a store below a directory. */
export async function openStore(
  engine: Engine,
  cacheDir: string,
  place: Partial<Place> = {},
  options: Partial<StoreOptions> = {},
): Promise<Store> {
  return engine.open({
    name: "test",
    maxSize: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "fifo",
    now: () => 0,
    place: {
      folderName: FOLDER,
      cacheDir,
      secure: true,
      id: idOf("test"),
      label: "test",
      codec: exactCodec,
      compress: undefined,
      secret: undefined,
      encryptionKey: undefined,
      ...place,
    },
    ...options,
  });
}

/** An entry without times. */
export function entryOf(value: unknown): Entry {
  return createEntry(value, 0, 0, undefined, 1);
}

/** The value under a key; `undefined`: none. */
export async function storedIn(store: Store, key: Key): Promise<unknown> {
  return (await store.get(key))?.value;
}

/** Bytes that there must be left in memory for the files of a test to lie there. */
const ROOM = 1_000_000_000;

/** A new directory, in memory where there is room, since thousands of files take long to write and to remove elsewhere. */
export function makeTemporary(): string {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize > ROOM) return mkdtempSync(join(memory, "twat-cache-test-"));
  } catch {
    // There is no such thing here.
  }
  return mkdtempSync(join(tmpdir(), "twat-cache-test-"));
}

export function removeTemporary(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** A directory that is removed after the work, whatever comes of it. */
export async function inTemporary<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = makeTemporary();
  try {
    return await work(directory);
  } finally {
    removeTemporary(directory);
  }
}

/** Files by their paths below a directory, with `/`. */
export type Files = ReadonlyMap<string, Buffer>;

/** The files below a directory. */
export function readFiles(directory: string): Files {
  const files = new Map<string, Buffer>();
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const path = join(directory, name);
    if (statSync(path).isFile()) files.set(name.split(sep).join("/"), readFileSync(path));
  }
  return files;
}

/** Writes files below a directory, as private as the library would. */
export function writeFiles(directory: string, files: Files): void {
  for (const [name, bytes] of files) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes, { mode: 0o600 });
  }
}
