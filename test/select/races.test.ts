/**
 * Removals win, whichever side a value is on and whichever cache of the folder removes it. Two caches of one place stand
 * for two processes. Loads begin, removals come in between, loads end, in an order by chance; then no cache has a value
 * from before the last removal.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AsyncStore } from "../../src/contract/index.js";
import { createEntry, type Entry } from "../../src/entry.js";
import { closeCaches, hybridCache, smartCache } from "../../src/index.js";
import { engineNamed } from "../support/disk-stores.js";
import { createRandom, seed } from "../support/random.js";
import { openRouted } from "../support/routed-engines.js";

let cacheDir = "";
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-races-"));
});
afterEach(async () => {
  await closeCaches();
  rmSync(cacheDir, { recursive: true, force: true });
});

interface Value {
  readonly version: number;
  readonly text: string;
}

/** Sizes that belong to different sides. */
const SIZES = [1, 30_000, 1_200_000];
const KEYS = [1, 2, 3];

/** What both caches ask: its values change, and how large they are. */
class Source {
  readonly versions = new Map<number, number>();
  readonly gates: (() => void)[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  value(key: number): Value {
    const size = SIZES[this.below(this.below(4) === 0 ? 3 : 2)] as number;
    return { version: this.versions.get(key) ?? 0, text: "x".repeat(size) };
  }

  bump(key: number): void {
    this.versions.set(key, (this.versions.get(key) ?? 0) + 1);
  }

  /** Reads the value now, and gives it when its gate is opened. */
  load(key: number): Promise<Value> {
    const value = this.value(key);
    return new Promise((resolve) => this.gates.push(() => resolve(value)));
  }

  open(): void {
    const [gate] = this.gates.splice(this.below(this.gates.length), 1);
    gate?.();
  }
}

const options = () => ({ cacheDir, folderName: "races", name: "raced", version: 1, tags: ["t"] }) as const;
const patient = { engineTimeout: "60s", breaker: false } as const;
const hasSync = engineNamed("better-sqlite3").available() === true;

const kinds = [
  ["hybridCache", (load: Source["load"]) => hybridCache(load, { ...options(), ...patient, threshold: 1_000 })],
  ["smartCache", (load: Source["load"]) => smartCache(load, { ...options(), ...patient })],
  ...(hasSync
    ? ([
        [
          "hybridCache, sync",
          (load: Source["load"]) => hybridCache(load, { ...options(), sync: true, threshold: 1_000 }),
        ],
      ] as const)
    : []),
] as const;

describe.each(kinds)("%s", (_name, make) => {
  it("nothing from before a removal is there when all have come to their end", { timeout: 120_000 }, async () => {
    const source = new Source(createRandom(seed));
    const caches = [make((key) => source.load(key)), make((key) => source.load(key))] as const;
    const floors = new Map<number, number>();
    const pick = () => caches[source.below(2)] as (typeof caches)[number];
    const counts = { calls: 0, kept: 0 };

    async function remove(key: number): Promise<void> {
      const cache = pick().cache;
      const all = source.below(6) === 0;
      for (const one of all ? KEYS : [key]) source.bump(one);
      if (all) await (source.below(3) === 0 ? cache.invalidateTags("t") : cache.clear());
      else await cache.delete(key);
      // What is put in by name is no removal: a load of another process may put its own in that place.
      if (source.below(3) === 0) await cache.set([key], Promise.resolve(source.value(key)));
      for (const one of all ? KEYS : [key]) floors.set(one, source.versions.get(one) as number);
    }

    for (let round = 0; round < 40; round += 1) {
      const calls: Promise<Value>[] = [];
      for (let step = 0; step < 12; step += 1) {
        const key = KEYS[source.below(KEYS.length)] as number;
        const what = source.below(10);
        if (what < 5) calls.push(pick()(key));
        else if (what < 7) calls.push(pick().cache.refresh(key));
        else if (what < 8) source.open();
        else await remove(key);
        // Loads get as far as they come meanwhile.
        if (source.below(3) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      let settled = false;
      const all = Promise.all(calls).then(() => {
        settled = true;
      });
      while (!settled) {
        source.open();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await all;
      counts.calls += calls.length;
      for (const cached of caches) {
        for (const key of KEYS) {
          const found = (await cached.cache.peek(key))?.version;
          if (found !== undefined) counts.kept += 1;
          expect(found ?? Number.POSITIVE_INFINITY, `round ${round}, key ${key}`).toBeGreaterThanOrEqual(
            floors.get(key) ?? 0,
          );
        }
      }
    }
    // It is no proof where nothing is kept.
    expect(counts.kept).toBeGreaterThan(40);
    for (const { cache } of caches) expect(cache.stats()).toMatchObject({ engineFailures: 0 });
  });
});

it("what was read before it was evicted took the place in memory of what was stored since", async () => {
  const [old, fresh] = [createEntry("old", 0, 0, undefined, 0), createEntry("new", 0, 0, undefined, 0)];
  let answer = (_entry: Entry): void => undefined;
  const far: AsyncStore = {
    get: () => new Promise((resolve) => (answer = resolve)),
    // By then it was evicted, for want of room.
    peek: async () => undefined,
    set: async () => true,
    delete: async () => false,
    clear: async () => undefined,
    size: async () => 0,
    keys: async () => [],
    watch: () => ({ now: () => ({}), isUnchanged: () => true, close: () => undefined }),
    close: async () => undefined,
  };
  const bounds = { maxSize: 10, maxBytes: Number.POSITIVE_INFINITY, policy: "lru", now: () => 0 } as const;
  const store = openRouted(() => 1, far, { name: "late", ...bounds });
  const reading = store.get("k");
  expect(await store.set("k", fresh, await store.fence?.("k"))).toBe(true);
  answer(old);
  expect((await reading)?.value).toBe("old");
  expect((await store.get("k"))?.value).toBe("new");
});

it("a value that was large and is small, loaded here while another process has it on disk, does not come back", async () => {
  for (const first of [30_000, 1]) {
    const source = new Source(createRandom(1));
    let size = first;
    const load = (key: number): Promise<Value> => {
      const value = { version: source.versions.get(key) ?? 0, text: "x".repeat(size) };
      return new Promise((resolve) => source.gates.push(() => resolve(value)));
    };
    const [here, there] = [kinds[0][1](load), kinds[0][1](load)];
    const theirs = there(1);
    while (source.gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    source.open();
    await theirs;
    size = 31_001 - first;
    // A load of the other size begins here, and is still under way when the other process removes the key.
    const ours = here.cache.refresh(1);
    while (source.gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    source.bump(1);
    expect(await there.cache.delete(1)).toBe(true);
    source.open();
    expect((await ours).version).toBe(0);
    expect([await here.cache.has(1), await there.cache.has(1)]).toEqual([false, false]);
    await Promise.all([here.cache.close(), there.cache.close()]);
  }
});
